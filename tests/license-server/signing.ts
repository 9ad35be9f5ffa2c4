import { createHmac, createPrivateKey, sign, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { CompactSign, compactVerify, importJWK } from 'jose'
import { z } from 'zod'
import { TYP, leaseSchema } from '../../server/license/claims.ts'
import type { LeaseClaims, TokenKind, VerdictClaims } from '../../server/license/claims.ts'
import type { Signer } from '../support/vendor/control-protocol.ts'

const privateKeySchema = z.object({
  kid: z.string().min(1),
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string().regex(/^[\w-]{43}$/),
  d: z.string().regex(/^[\w-]{43}$/),
})

async function loadKey(signer: Signer) {
  const file = new URL(`./keys/${signer}.jwk.json`, import.meta.url)
  const jwk = privateKeySchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  const { d, ...publicJwk } = jwk
  return {
    kid: jwk.kid,
    d,
    signing: await importJWK(jwk, 'EdDSA'),
    verifying: await importJWK(publicJwk, 'EdDSA'),
    raw: createPrivateKey({ key: jwk, format: 'jwk' }),
  }
}

const KEYS = { sandbox: await loadKey('sandbox'), stranger: await loadKey('stranger') }

export function kidOf(signer: Signer): string {
  return KEYS[signer].kid
}

/** A statement about to be signed; `Draft.header` and `.claims` are open so that a fault can spoil them. */
export interface Draft {
  header: Record<string, unknown>
  claims: Record<string, unknown>
  signer: Signer
}

/** The draft of a statement with these claims and the header that the vendor really sends. */
export function draftOf(kind: TokenKind, claims: LeaseClaims | VerdictClaims, signer: Signer = 'sandbox'): Draft {
  return { header: { alg: 'EdDSA', kid: KEYS[signer].kid, typ: TYP[kind] }, claims: { ...claims }, signer }
}

/** Signs an honest draft; returns a compact JWS (RFC 7515 §7.1, RFC 8037). */
export async function signDraft({ header, claims, signer }: Draft): Promise<string> {
  return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader({ ...header, alg: 'EdDSA' })
    .sign(KEYS[signer].signing)
}

/** Signs any two texts as header and payload, also those that jose rightly refuses; returns a compact JWS. */
export function forge(headerText: string, payloadText: string, signer: Signer): string {
  const input = [headerText, payloadText].map(text => Buffer.from(text).toString('base64url')).join('.')
  return `${input}.${sign(null, Buffer.from(input), KEYS[signer].raw).toString('base64url')}`
}

/** Signs a spoilt draft as it stands; returns a compact JWS. */
export function forgeDraft({ header, claims, signer }: Draft): string {
  return forge(JSON.stringify(header), JSON.stringify(claims), signer)
}

/** The claims of what a client presents as its lease; undefined unless we signed it as one. */
export async function readOwnLease(token: string): Promise<LeaseClaims | undefined> {
  try {
    const { payload, protectedHeader } = await compactVerify(token, KEYS.sandbox.verifying, { algorithms: ['EdDSA'] })
    if (protectedHeader.typ !== TYP.lease) return undefined
    return leaseSchema.safeParse(JSON.parse(new TextDecoder().decode(payload))).data
  }
  catch {
    return undefined
  }
}

/** The secret of one license on one installation: derived, so that it outlives a restart without a store. */
export function secretFor(licenseId: string, instanceId: string): string {
  return createHmac('sha256', KEYS.sandbox.d).update(`secret\n${licenseId}\n${instanceId}`).digest('base64url')
}

/** Compares the secret of an `Authorization` header with the one that activation issued, in constant time. */
export function isSecretOf(licenseId: string, instanceId: string, presented: string): boolean {
  const expected = Buffer.from(secretFor(licenseId, instanceId))
  const actual = Buffer.from(presented)
  return actual.length === expected.length && timingSafeEqual(actual, expected)
}
