import type { LeaseClaims, CheckedInLease, TokenKind, VerdictClaims } from '../../server/license/claims.ts'
import { AUDIENCE, ISSUER, TYP } from '../../server/license/claims.ts'
import type { Lease, Verdict } from '../../server/license/token.ts'
import { START } from './simulated-clock.ts'
import { vendorSigner } from './signing.ts'

export const INSTANCE = 'a1'.repeat(16)
export const OTHER_INSTANCE = 'b2'.repeat(16)
export const HOUR = 3_600_000
export const DAY = 24 * HOUR
export const EMAIL = 'canary@licensee.example'

const common = { iss: ISSUER, aud: AUDIENCE, sub: 'lic_1', jti: 'jti-1', iat: START / 1000, seq: 1, instance_id: INSTANCE } as const
const terms = {
  exp: START / 1000 + 365 * 86_400, plan: 'enterprise', licensee: { organization: 'Acme', email: EMAIL },
  features: ['sso', 'scim'], seats: 25,
}

type Changes<T> = Partial<T>

export function standardClaims(changes: Changes<CheckedInLease> = {}): CheckedInLease {
  return {
    ...common, ...terms, method: 'standard', check_in: { every: 21_600, grace: 604_800 }, renews: true, nonce: 'n'.repeat(32), ...changes,
  }
}

export function airgappedClaims(changes: Changes<Extract<LeaseClaims, { method: 'airgapped' }>> = {}): LeaseClaims {
  return { ...common, ...terms, method: 'airgapped', nonce: 'n'.repeat(32), ...changes }
}

export function offlineClaims(changes: Changes<Extract<LeaseClaims, { method: 'offline' }>> = {}): LeaseClaims {
  return { ...common, ...terms, method: 'offline', ...changes }
}

export function verdictClaims(changes: Changes<VerdictClaims> = {}): VerdictClaims {
  return { ...common, jti: 'verdict-1', seq: 2, nonce: 'n'.repeat(32), verdict: 'revoked', ...changes }
}

export function headerOf(kind: TokenKind, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return { alg: 'EdDSA', kid: vendorSigner.kid, typ: TYP[kind], ...changes }
}

/** Signs claims as the vendor would. */
export function signed(kind: TokenKind, claims: object, header: Record<string, unknown> = {}): string {
  return vendorSigner.byHand(JSON.stringify(headerOf(kind, header)), JSON.stringify(claims))
}

export function offlineToken(changes: Changes<Extract<LeaseClaims, { method: 'offline' }>> = {}): string {
  return signed('offline', offlineClaims(changes))
}

export function leaseOf(claims: LeaseClaims): Lease {
  return { jws: signed(claims.method === 'offline' ? 'offline' : 'lease', claims), claims }
}

export function verdictOf(changes: Changes<VerdictClaims> = {}): Verdict {
  const claims = verdictClaims(changes)
  return { jws: signed('verdict', claims), claims }
}
