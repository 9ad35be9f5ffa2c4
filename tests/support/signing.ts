import { generateKeyPairSync, KeyObject, sign, verify } from 'node:crypto'
import { CompactSign, importJWK } from 'jose'
import { vi } from 'vitest'
import type { Jwks } from '../../server/license/jwks.ts'
import { jwksSchema } from '../../server/license/jwks.ts'
import { createKeyring } from '../../server/license/jws.ts'
import type { Keyring } from '../../server/license/jws.ts'

/** Signs as the vendor does, with jose and by hand, so that neither is checked only against itself. */
export interface Signer {
  kid: string
  jwks: Jwks
  /** Signs any two texts by hand (RFC 7515 §7.1, RFC 8037 §3.1), including those that jose rightly refuses. */
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

/** The keyring of a build that trusts only the vendor. */
export const keyring: Keyring = await createKeyring(vendorSigner.jwks)

/**
 * Verifies signatures synchronously instead of in the thread pool: the same check by another implementation, after which a
 * simulation is idle as soon as its microtasks have run.
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
