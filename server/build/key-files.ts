import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { z } from 'zod'
import type { Jwks } from '../license/jwks.ts'
import { jwksSchema, publicKeySchema } from '../license/jwks.ts'
import { isPublicKey } from './ed25519-point.ts'

const sandboxKeyFile = fileURLToPath(new URL('sandbox-key.jwk.json', import.meta.url))

/** Throws if the file cannot be read or is not JSON. */
export function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'))
}

/** The key that sandbox builds trust. Its private half is public: the sandbox license server signs with it. */
export function sandboxKey(): z.infer<typeof publicKeySchema> {
  return publicKeySchema.parse(readJson(sandboxKeyFile))
}

/** The vendor's JWKS, or a sentence that says why it cannot be built in. */
export function vendorKeys(path: string | undefined): Jwks | string {
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
  const problem = keysOf(content).map(keyProblem).find(each => each !== null)
  if (problem) return `NC_LICENSE_JWKS_FILE: ${path} ${problem}.`
  const sandbox = sandboxKey()
  if (parsed.data.keys.some(key => key.x === sandbox.x || key.kid === sandbox.kid)) {
    return `NC_LICENSE_JWKS_FILE: ${path} holds the sandbox key, whose private half is public; a production build must not trust it.`
  }
  return parsed.data
}

function keysOf(content: unknown): Record<string, unknown>[] {
  const keys: unknown = Object(content).keys
  return Array.isArray(keys) ? keys.map(Object) : []
}

/** Why a key must not be built in; null if it may. Nothing looks at its alg, use or key_ops after this. */
function keyProblem({ kid, alg, use, key_ops: operations, x }: Record<string, unknown>): string | null {
  const name = `holds the key ${JSON.stringify(kid)}, whose`
  if (alg !== undefined && alg !== 'EdDSA' && alg !== 'Ed25519') return `${name} alg is not EdDSA or Ed25519`
  if (use !== undefined && use !== 'sig') return `${name} use is not sig`
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) return `${name} key_ops do not include verify`
  return isPublicKey(String(x)) ? null : `${name} x is not a point on the curve that can be trusted`
}
