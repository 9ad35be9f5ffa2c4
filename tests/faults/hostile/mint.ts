import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSigner } from 'fast-jwt'
import { z } from 'zod'
import type { Jwks } from '../../../server/license/jwks.ts'
import { jwksSchema } from '../../../server/license/jwks.ts'

/*
 * The attacker's workshop: a second JOSE implementation (fast-jwt) beside the one the product verifies with, and compact
 * serialisation by hand over node:crypto for all that a library rightly refuses to make.
 */

const jwkSchema = z.object({ kid: z.string(), kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string(), d: z.string() })
type PrivateJwk = z.infer<typeof jwkSchema>

export interface SigningKey { kid: string, jwk: PrivateJwk, key: KeyObject, pem: string, publicPem: string, publicBytes: Buffer, jwks: Jwks }

function keyOf(jwk: PrivateJwk): SigningKey {
  const key = createPrivateKey({ key: jwk, format: 'jwk' })
  return {
    kid: jwk.kid, jwk, key,
    pem: key.export({ format: 'pem', type: 'pkcs8' }).toString(),
    publicPem: createPublicKey(key).export({ format: 'pem', type: 'spki' }).toString(),
    publicBytes: Buffer.from(jwk.x, 'base64url'),
    jwks: jwksSchema.parse({ keys: [{ kty: jwk.kty, crv: jwk.crv, x: jwk.x, kid: jwk.kid }] }),
  }
}

function keyFromFile(name: string): SigningKey {
  return keyOf(jwkSchema.parse(JSON.parse(readFileSync(new URL(`../../license-server/keys/${name}.jwk.json`, import.meta.url), 'utf8'))))
}

/** What a sandbox build trusts. */
export const sandboxKey = keyFromFile('sandbox')
/** What no build trusts, although it looks alike. */
export const strangerKey = keyFromFile('stranger')

/** A key of the attacker's own under somebody else's `kid`. */
export function ownKey(kid: string): SigningKey {
  return keyOf(jwkSchema.parse({ ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }), kid }))
}

export const encode = (part: string | Uint8Array): string => Buffer.from(part).toString('base64url')

/** Signs claims with fast-jwt, which is made to keep their `iat`. */
export function mintWithFastJwt(claims: Record<string, unknown>, typ: string, key: SigningKey = sandboxKey): string {
  return createSigner({ key: key.pem, algorithm: 'EdDSA', kid: key.kid, header: { alg: 'EdDSA', typ } })(claims)
}

/** Signs header and payload, whatever they are (RFC 7515 §7.1, RFC 8037 §3.1). */
export function mintByHand(header: object | string | Uint8Array, payload: object | string | Uint8Array, key: SigningKey = sandboxKey): string {
  const text = (part: object | string | Uint8Array) => typeof part === 'string' || part instanceof Uint8Array ? part : JSON.stringify(part)
  return signInput(`${encode(text(header))}.${encode(text(payload))}`, key)
}

export function signInput(input: string, key: SigningKey = sandboxKey): string {
  return `${input}.${encode(sign(null, Buffer.from(input), key.key))}`
}
