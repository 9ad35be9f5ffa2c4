import type { LeaseClaims, VerdictClaims } from './claims.ts'
import { leaseSchema, TYP, verdictSchema } from './claims.ts'
import type { MethodRules } from '../../shared/method-rules.ts'
import { METHOD_RULES } from '../../shared/method-rules.ts'
import { LicenseError } from './errors.ts'
import { foreignText } from './foreign-text.ts'
import type { Keyring } from './jws.ts'
import { verifyJws } from './jws.ts'

/** A signed statement whose signature, kind and claims have been verified, and the compact JWS it came as. */
export interface Lease { jws: string, claims: LeaseClaims }
export interface Verdict { jws: string, claims: VerdictClaims }

interface ClaimsSchema<T> {
  safeParse(value: unknown): { success: true, data: T } | { success: false, error: { issues: { path: PropertyKey[] }[] } }
}

/**
 * Verifies a lease of the given kind; its method must be of that kind too. Throws what verifyJws does, TOKEN_WRONG_KIND,
 * TOKEN_CLAIMS_INVALID.
 */
export async function verifyLease(token: string, kind: MethodRules['statement'], keyring: Keyring): Promise<Lease> {
  const claims = await verifyClaims(token, TYP[kind], leaseSchema, keyring)
  if (METHOD_RULES[claims.method].statement !== kind) throw new LicenseError('TOKEN_WRONG_KIND')
  return { jws: token, claims }
}

/** Verifies a pasted token. Throws what verifyLease does. */
export function verifyOfflineToken(token: string, keyring: Keyring): Promise<Lease> {
  return verifyLease(token, 'offline', keyring)
}

/** Verifies a lease from the license server. Throws what verifyLease does. */
export function verifyServerLease(token: string, keyring: Keyring): Promise<Lease> {
  return verifyLease(token, 'lease', keyring)
}

/** Verifies a verdict from the license server. Throws what verifyLease does. */
export async function verifyVerdict(token: string, keyring: Keyring): Promise<Verdict> {
  return { jws: token, claims: await verifyClaims(token, TYP.verdict, verdictSchema, keyring) }
}

async function verifyClaims<T>(token: string, typ: string, schema: ClaimsSchema<T>, keyring: Keyring): Promise<T> {
  const verified = await verifyJws(token, keyring)
  if (verified.typ !== typ) throw new LicenseError('TOKEN_WRONG_KIND')
  const parsed = schema.safeParse(verified.payload)
  if (!parsed.success) {
    // The claim's name helps support, and may be anything that was signed. Its value stays here, though validators like to echo it.
    const claim = parsed.error.issues[0]?.path.map(String).join('.')
    throw new LicenseError('TOKEN_CLAIMS_INVALID', { details: { claim: claim ? foreignText(claim) : null } })
  }
  return parsed.data
}
