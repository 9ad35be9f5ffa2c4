import { generateKeyPairSync, KeyObject, sign, verify } from 'node:crypto'
import { CompactSign, importJWK } from 'jose'
import { vi } from 'vitest'
import type { Jwks } from '../../server/license/jwks.ts'
import { jwksSchema } from '../../server/license/jwks.ts'
import { createKeyring } from '../../server/license/jws.ts'
import type { Keyring } from '../../server/license/jws.ts'

/** Signs as the vendor does: once with jose, once by hand, so that neither is judged by its own twin. */
export interface Signer {
  kid: string
  jwks: Jwks
  /** Signs any two texts by hand (RFC 7515 §7.1, RFC 8037 §3.1), also those that jose rightly refuses. */
  byHand(header: string, payload: string | Uint8Array): string
  withJose(header: Record<string, unknown>, claims: unknown): Promise<string>
}

export function createSigner(kid: string): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const jwks = jwksSchema.parse({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid }] })
  return {
    kid,
    jwks,
    byHand(header, payload) {
      const input = [header, payload].map(part => Buffer.from(part).toString('base64url')).join('.')
      return `${input}.${sign(null, Buffer.from(input), privateKey).toString('base64url')}`
    },
    async withJose(header, claims) {
      const alg = typeof header.alg === 'string' ? header.alg : 'EdDSA'
      const key = await importJWK({ ...privateKey.export({ format: 'jwk' }) }, alg)
      return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
        .setProtectedHeader({ ...header, alg }).sign(key)
    },
  }
}

export const vendorSigner = createSigner('vendor-1')
export const strangerSigner = createSigner('stranger-1')

/** The keyring of a build that trusts the vendor alone. */
export const keyring: Keyring = await createKeyring(vendorSigner.jwks)

/**
 * Lets Node verify at once instead of in the thread pool: the same proof by another implementation, and a simulation
 * then has settled as soon as its microtasks have run.
 */
export function verifySynchronously(): void {
  vi.spyOn(crypto.subtle, 'verify').mockImplementation(async (_algorithm, key, signature, data) =>
    verify(null, bytesOf(data), KeyObject.from(key), bytesOf(signature)))
}

function bytesOf(source: BufferSource): Uint8Array {
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source)
}
