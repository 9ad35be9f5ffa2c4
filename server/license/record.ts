import { METHOD_RULES } from '../../shared/method-rules.ts'
import { isErrorCode } from '../../shared/errors.ts'
import type { Finding } from '../../shared/findings.ts'
import type { LicenseState } from '../../shared/contracts.ts'
import type {
  Change, Decide, NewDeactivation, PendingDeactivation, PreviousLicense, SeqMark, StoredLicense, VerdictRun,
} from './stored-records.ts'
import type { Holding } from './state.ts'
import { isCheckedIn, renewsByItself, stateOf } from './state.ts'
import type { Lease, Verdict } from './token.ts'

/*
 * What becomes of the stored license. Every rule about that is here and nowhere else: stores run these decisions inside
 * their transactions, and without a database the process carries on with the rows they make.
 */

/** When something was attempted, and when the next attempt is due; ms. */
export interface Attempt { at: number, nextAt: number | null }

/** A verified credential. Only one that a call was made for has a secret. */
export interface Accepted { lease: Lease, secret: string | null, maskedKey: string | null }

/** As much of a signed statement as goes into the row. */
type Statement = { jws: string, claims: { jti: string } }
type VerdictStatement = { jws: string, claims: Pick<Verdict['claims'], 'verdict' | 'iat'> }

/** The row of a license just activated on this installation. */
export function activated({ lease, secret, maskedKey }: Accepted, instanceId: string, { at, nextAt }: Attempt): StoredLicense {
  const contactAt = secret === null ? null : at
  return {
    method: lease.claims.method, lease: lease.jws, jti: lease.claims.jti, verdict: null, verdictRun: null, secret, maskedKey,
    activatedAt: at, lastState: stateOf({ kind: 'lease', lease, verdict: null }, instanceId, at),
    lastSuccessAt: contactAt, lastAttemptAt: contactAt, nextAt, consecutiveFailures: 0, failingSince: null,
    lastError: null, lastFinding: null,
  }
}

/** The row of a license that was replaced, as it was: in force, and free of anything against it. */
export function restored({ method, lease, jti, secret, maskedKey, activatedAt, lastSuccessAt }: PreviousLicense): StoredLicense {
  return {
    method, lease, jti, secret, maskedKey, activatedAt, lastSuccessAt, verdict: null, verdictRun: null, lastState: 'active',
    lastAttemptAt: lastSuccessAt, nextAt: null, consecutiveFailures: 0, failingSince: null, lastError: null, lastFinding: null,
  }
}

/** A fresh lease lifts the verdict on the previous one. */
export function withLease(stored: StoredLicense, { jws, claims: { jti } }: Statement, attempt: Attempt): StoredLicense {
  return { ...stored, lease: jws, jti, verdict: null, verdictRun: null, ...succeeded(attempt) }
}

/** `held`: the run so far as this process knows it, for a row that does not say. */
export function withVerdict(stored: StoredLicense, verdict: VerdictStatement, attempt: Attempt, held: VerdictRun | null): StoredLicense {
  return { ...stored, verdict: verdict.jws, verdictRun: runOf(stored.verdictRun ?? held, verdict), ...succeeded(attempt) }
}

/** The run that a verdict belongs to: it continues one of the same kind, and begins anew otherwise. */
export function runOf(before: VerdictRun | null, { claims: { verdict, iat } }: Pick<VerdictStatement, 'claims'>): VerdictRun {
  return before?.verdict === verdict ? before : { verdict, since: iat * 1000 }
}

/** The run of the verdict in force, or null if there is none. Where the row does not say, it began with this very statement. */
export function runInForce(holding: Holding, stored: StoredLicense | null): VerdictRun | null {
  const verdict = holding.kind === 'lease' ? holding.verdict : null
  return verdict && runOf(stored?.verdictRun ?? null, verdict)
}

export function withFailure(stored: StoredLicense, finding: Finding, { at, nextAt }: Attempt): StoredLicense {
  return {
    ...stored, lastAttemptAt: at, nextAt, consecutiveFailures: stored.consecutiveFailures + 1,
    failingSince: stored.failingSince ?? at, lastError: isErrorCode(finding.code) ? finding.code : null, lastFinding: finding,
  }
}

/** Any signed answer counts as contact, even a verdict. */
function succeeded({ at, nextAt }: Attempt) {
  return {
    lastSuccessAt: at, lastAttemptAt: at, nextAt, consecutiveFailures: 0, failingSince: null, lastError: null, lastFinding: null,
  }
}

/** Puts a license in place of whatever is stored. `previous`: what is kept of that, so that it can be put back. */
export function activate(
  license: StoredLicense, licenseId: string, deactivate: NewDeactivation | null, previous: PreviousLicense | null = null,
): Decide {
  return () => ({ license, visible: true, deactivate, previous, cancels: pending => isCancelledBy(licenseId, pending) })
}

/** Puts a license back in place of the one that replaced it. It takes no seat, so that no deactivation is cancelled by it. */
export function putBack(license: StoredLicense, deactivate: NewDeactivation | null): Decide {
  return ofStored(() => ({ license, visible: true, deactivate, previous: null }))
}

export function remove(deactivate: NewDeactivation | null): Decide {
  return ofStored(() => ({ license: null, visible: true, deactivate, previous: null }))
}

export function replaceLease(lease: Statement, attempt: Attempt, visible: boolean): Decide {
  return ofStored(stored => ({ license: withLease(stored, lease, attempt), visible, ...counted(stored, attempt, 'good') }))
}

export function recordVerdict(verdict: VerdictStatement, attempt: Attempt, held: VerdictRun | null): Decide {
  return ofStored(stored => ({ license: withVerdict(stored, verdict, attempt, held), visible: true, ...counted(stored, attempt, 'good') }))
}

export function recordFailure(finding: Finding, attempt: Attempt): Decide {
  return ofStored(stored => ({ license: withFailure(stored, finding, attempt), visible: false, ...counted(stored, attempt, 'failed') }))
}

/** Several replicas may notice a new state; the first to record it does so for all, and the others come too late. */
export function recordState(state: LicenseState): Decide {
  return ofStored(stored => stored.lastState === state ? 'stale' : { license: { ...stored, lastState: state }, visible: false })
}

function ofStored(decide: (stored: StoredLicense) => ReturnType<Decide>): Decide {
  return stored => stored ? decide(stored) : 'stale'
}

/** Only check-ins are counted; a renewal on request is not one. */
function counted({ method }: StoredLicense, { at }: Attempt, result: 'good' | 'failed'): Pick<Change, 'checkIn'> {
  return METHOD_RULES[method].checksIn ? { checkIn: { at, result } } : {}
}

/** The UTC day as `YYYY-MM-DD`, which sorts as text. */
export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}

/**
 * Whether a statement may follow the highest one ever accepted for its license: a newer one may, and so may that very one
 * again, but no other of the same number.
 */
export function mayFollow(highest: SeqMark | null, next: SeqMark): boolean {
  return highest === null || next.seq > highest.seq || (next.seq === highest.seq && next.jti === highest.jti)
}

/** The mark of one license among all of them, or null. */
export function markIn(marks: readonly SeqMark[], sub: string): SeqMark | null {
  return marks.find(mark => mark.sub === sub) ?? null
}

export function seqMarkOf({ claims: { sub, seq, jti } }: Lease | Verdict): SeqMark {
  return { sub, seq, jti }
}

/** Whether a person would notice that this lease has replaced what was held. */
export function isNoticed(before: Holding, lease: Lease): boolean {
  return before.kind !== 'lease' || before.verdict !== null || termsOf(before.lease) !== termsOf(lease)
}

function termsOf({ claims }: Lease): string {
  const { exp, plan, licensee, features, seats, limits } = claims
  const checkIn = isCheckedIn(claims) ? claims.check_in : null
  const limitsByName = Object.entries(limits ?? {}).toSorted()
  return JSON.stringify([exp, plan, licensee, features, seats, limitsByName, checkIn, renewsByItself(claims)])
}

/**
 * What to tell the vendor about a license that is removed, or replaced by `next`, so that its seat becomes free. Null if it
 * occupies no seat (not standard), or if `next` is the same license again.
 */
export function deactivationOf(license: StoredLicense | null, holding: Holding, now: number, next: Lease | null): NewDeactivation | null {
  if (!license || !METHOD_RULES[license.method].tellsRemovals || license.secret === null) return null
  // Even of an edited row: telling the vendor would free the seat that its license has just taken again.
  const held = holding.kind === 'none' ? null : holding.lease
  if (next && held?.claims.sub === next.claims.sub) return null
  return {
    sub: held?.claims.sub ?? null, lease: held?.jws ?? license.lease, secret: license.secret, createdAt: now, nextAt: now,
  }
}

/** An activation takes a seat; the deactivation of the same license, or of an unknown one, would free it again. */
function isCancelledBy(licenseId: string, { sub }: Pick<PendingDeactivation, 'sub'>): boolean {
  return sub === null || sub === licenseId
}
