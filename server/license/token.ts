import type { LeaseClaims, VerdictClaims } from '../../shared/lease.ts'
import { leaseSchema, TYP, verdictSchema } from '../../shared/lease.ts'
import { LicenseError } from './errors.ts'
import type { Keyring } from './jws.ts'
import { verifyJws } from './jws.ts'

/** A signed statement whose signature, kind and claims have been checked, with the text that was checked. */
export interface Lease { jws: string, claims: LeaseClaims }
export interface Verdict { jws: string, claims: VerdictClaims }

interface ClaimsSchema<T> {
  safeParse(value: unknown): { success: true, data: T } | { success: false, error: { issues: { path: PropertyKey[] }[] } }
}

/** Takes a pasted token; returns it as a lease. Throws LicenseError as verifyJws does, or TOKEN_WRONG_KIND, TOKEN_CLAIMS_INVALID. */
export async function verifyOfflineToken(token: string, keyring: Keyring): Promise<Lease> {
  const claims = await verifyClaims(token, TYP.offline, leaseSchema, keyring)
  if (claims.method !== 'offline') throw new LicenseError('TOKEN_WRONG_KIND')
  return { jws: token, claims }
}

/** Takes a lease from the license server; returns it. Throws LicenseError as verifyOfflineToken does. */
export async function verifyServerLease(token: string, keyring: Keyring): Promise<Lease> {
  const claims = await verifyClaims(token, TYP.lease, leaseSchema, keyring)
  if (claims.method === 'offline') throw new LicenseError('TOKEN_WRONG_KIND')
  return { jws: token, claims }
}

/** Takes a verdict from the license server; returns it. Throws LicenseError as verifyOfflineToken does. */
export async function verifyVerdict(token: string, keyring: Keyring): Promise<Verdict> {
  return { jws: token, claims: await verifyClaims(token, TYP.verdict, verdictSchema, keyring) }
}

async function verifyClaims<T>(token: string, typ: string, schema: ClaimsSchema<T>, keyring: Keyring): Promise<T> {
  const verified = await verifyJws(token, keyring)
  if (verified.typ !== typ) throw new LicenseError('TOKEN_WRONG_KIND')
  const parsed = schema.safeParse(verified.payload)
  if (!parsed.success) {
    // The claim's name helps support; its value never leaves (validators like to echo).
    const claim = parsed.error.issues[0]?.path.map(String).join('.')
    throw new LicenseError('TOKEN_CLAIMS_INVALID', { details: { claim: claim || null } })
  }
  return parsed.data
}
