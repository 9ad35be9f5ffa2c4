/** Made by server/build/trusted-keys.ts. */
declare module '#license-build' {
  import type { Jwks } from '../../shared/jwks.ts'

  /** The vendor's public keys this build trusts; the only ones, ever. */
  export const jwks: Jwks
  /** True when the trusted key is the sandbox key, whose private half is public. */
  export const sandbox: boolean
  export const version: string
}
