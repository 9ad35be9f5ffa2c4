import { METHOD_RULES } from '../../shared/method-rules.ts'
import type { Keyring } from './jws.ts'
import { LicenseError } from './errors.ts'
import type { SeqMark, Snapshot } from './stored-records.ts'
import { markIn, mayFollow, seqMarkOf } from './record.ts'
import type { Holding } from './state.ts'
import type { Lease, Verdict } from './token.ts'
import { verifyLease, verifyVerdict } from './token.ts'

export type StoredStatement = Pick<Snapshot, 'license' | 'marks'>

/** Verifies the stored row: its signatures, and that no later statement was ever accepted. */
export async function verifyStored({ license, marks }: StoredStatement, keyring: Keyring): Promise<Holding> {
  if (!license) return { kind: 'none' }
  let lease: Lease | null = null
  try {
    lease = await verifyLease(license.lease, METHOD_RULES[license.method].statement, keyring)
    if (lease.claims.method !== license.method) return { kind: 'invalid', code: 'TOKEN_WRONG_KIND', lease }
    const verdict = license.verdict === null ? null : await verifyVerdict(license.verdict, keyring)
    if (verdict !== null && verdict.claims.sub !== lease.claims.sub) return { kind: 'invalid', code: 'TOKEN_CLAIMS_INVALID', lease }
    const outdated = isOutdated(verdict ?? lease, marks)
    return outdated ? { kind: 'invalid', code: 'TOKEN_OLDER_THAN_CURRENT', lease } : { kind: 'lease', lease, verdict }
  }
  catch (error) {
    if (!(error instanceof LicenseError)) throw error
    // It was well-formed when it was stored: somebody has edited it.
    return { kind: 'invalid', code: error.code === 'CREDENTIAL_MALFORMED' ? 'TOKEN_SIGNATURE_INVALID' : error.code, lease }
  }
}

/** Whether a newer statement of this license was once accepted, which somebody must have erased. */
export function isOutdated(statement: Lease | Verdict, marks: readonly SeqMark[]): boolean {
  return !mayFollow(markIn(marks, statement.claims.sub), seqMarkOf(statement))
}

/** Whether both rows say the same, so that what was verified of one holds for the other. */
export function isSameStatement(one: StoredStatement, other: StoredStatement): boolean {
  const identity = ({ license, marks }: StoredStatement) => JSON.stringify([
    license?.lease, license?.verdict, license?.method, marks.map(({ sub, seq, jti }) => [sub, seq, jti]).toSorted(),
  ])
  return identity(one) === identity(other)
}
