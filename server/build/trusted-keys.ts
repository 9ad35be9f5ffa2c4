import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { addTypeTemplate, defineNuxtModule } from 'nuxt/kit'
import type { Jwks } from '../../shared/jwks.ts'
import { jwksSchema, publicKeySchema } from '../../shared/jwks.ts'

const sandboxKeyFile = fileURLToPath(new URL('../../tests/license-server/keys/sandbox.jwk.json', import.meta.url))
const packageFile = fileURLToPath(new URL('../../package.json', import.meta.url))

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'))
}

function sandboxKey() {
  const { kty, crv, x, kid } = Object(readJson(sandboxKeyFile))
  return publicKeySchema.parse({ kty, crv, x, kid })
}

/** Takes the path of the vendor's JWKS; returns it, or a sentence that says why it cannot be built in. */
function vendorKeys(path: string | undefined): Jwks | string {
  if (!path) {
    return 'Set NC_LICENSE_JWKS_FILE to the vendor\'s JWKS file: a build trusts exactly the keys in it (for a trial, use `npm run build:sandbox`).'
  }
  let content: unknown
  try {
    content = readJson(path)
  }
  catch {
    return `NC_LICENSE_JWKS_FILE: ${path} cannot be read as JSON.`
  }
  const parsed = jwksSchema.safeParse(content)
  if (!parsed.success) {
    return `NC_LICENSE_JWKS_FILE: ${path} must be a JWKS of public Ed25519 keys (kty OKP, crv Ed25519, x, kid; no d), each with its own kid.`
  }
  const sandbox = sandboxKey()
  if (parsed.data.keys.some(key => key.x === sandbox.x || key.kid === sandbox.kid)) {
    return `NC_LICENSE_JWKS_FILE: ${path} holds the sandbox key, whose private half is public; a production build must not trust it.`
  }
  return parsed.data
}

const DECLARATIONS = `/** True in a build that trusts the sandbox key; replaced at build time. */
declare const __SANDBOX_BUILD__: boolean

declare module '#license-build' {
  /** The vendor's public keys this build trusts; the only ones, ever. */
  export const jwks: { keys: { kty: 'OKP', crv: 'Ed25519', x: string, kid: string }[] }
  /** True when the trusted key is the sandbox key, whose private half is public. */
  export const sandbox: boolean
  export const version: string
}

declare module 'proxy-from-env' {
  /** Takes a URL; returns the proxy URL that the environment names for it, or ''. */
  export function getProxyForUrl(url: string): string
}
`

/**
 * Compiles the trusted keys into the server as `#license-build`. They come from the sandbox key pair in a sandbox build
 * and from NC_LICENSE_JWKS_FILE otherwise; nothing at run time can add one.
 */
export default defineNuxtModule<{ sandbox: boolean }>({
  meta: { name: 'trusted-keys' },
  setup({ sandbox }, nuxt) {
    const keys = nuxt.options._prepare
      ? { keys: [] }
      : sandbox ? { keys: [sandboxKey()] } : vendorKeys(process.env.NC_LICENSE_JWKS_FILE)
    if (typeof keys === 'string') {
      process.stderr.write(`${keys}\n`)
      process.exit(1)
    }
    addTypeTemplate({ filename: 'types/license-build.d.ts', getContents: () => DECLARATIONS }, { nitro: true, nuxt: true, node: true })
    const version = String(Object(readJson(packageFile)).version)
    nuxt.options.nitro.virtual = {
      ...nuxt.options.nitro.virtual,
      '#license-build': `export const jwks = ${JSON.stringify(keys)}
export const sandbox = ${JSON.stringify(sandbox)}
export const version = ${JSON.stringify(version)}`,
    }
  },
})
