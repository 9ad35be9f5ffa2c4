import type { NetworkErrorCode } from '../../shared/errors.ts'
import { ERRORS, isErrorCode } from '../../shared/errors.ts'
import type { Finding } from '../../shared/findings.ts'
import type { CheckInResult } from './check-in.ts'
import type { StoredLicense } from './stored-records.ts'

/**
 * How the check-in ended that another process has made between two readings of the row, for whoever wanted one at the same time. Null
 * if there was none.
 */
export function resultSince(before: StoredLicense | null, now: StoredLicense | null): CheckInResult | null {
  if (!before || !now || now.activatedAt !== before.activatedAt) return before === now ? null : { kind: 'dropped' }
  if (now.lastAttemptAt === before.lastAttemptAt) return null
  const { lastFinding: finding } = now
  if (!finding || !isOfNetwork(finding)) return { kind: 'fresh' }
  return { kind: 'failed', finding, failure: { ok: false, seen: finding, refusal: null, answered: true, retryAfterMs: null } }
}

function isOfNetwork(finding: Finding): finding is Finding & { code: NetworkErrorCode } {
  return isErrorCode(finding.code) && ERRORS[finding.code].group === 'network'
}
