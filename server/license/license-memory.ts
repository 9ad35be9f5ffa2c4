import { METHOD_RULES } from '../../shared/method-rules.ts'
import type { LicenseState } from '../../shared/contracts.ts'
import type { LeaseClaims } from './claims.ts'
import type { Doubt } from './doubt.ts'
import { judgeDoubt } from './doubt.ts'
import type { ClockReading } from './ports.ts'
import { runOf } from './record.ts'
import type { HeldAnchor, Uptime } from './shared-anchor.ts'
import { followAnchor, leaningBy, timeBy, withAnchor } from './shared-anchor.ts'
import type { Anchor, Snapshot, StoredLicense, TrustedTimeRecord } from './stored-records.ts'
import type { Holding } from './state.ts'
import { isEntitled, stateOf } from './state.ts'
import type { Lease, Verdict } from './token.ts'
import type { TimeJudgement } from './trusted-time.ts'
import { advance, anchor as anchorAt, judgeTime, raise } from './trusted-time.ts'
import type { StoredStatement } from './verify-stored.ts'
import { isOutdated } from './verify-stored.ts'

/* What a process remembers about the license, as one value, and how it changes. Pure: the holder keeps the value. */

export interface Memory {
  readonly instanceId: string
  /** As it was last read or written. */
  readonly stored: Snapshot
  /** What stands in for the stored row while it cannot be written. */
  readonly unstored: Unstored | null
  readonly holding: Holding
  /** The stored statement that `holding` was verified from; null if it came from an answer. */
  readonly verified: StoredStatement | null
  readonly trusted: TrustedTimeRecord | null
  /** When the newest lease was issued that this process has held, ms; null before the first. */
  readonly newestAt: number | null
  /** This process has received a lease that answered its nonce, so trusted time alone decides. */
  readonly anchored: boolean
  /** Where replicas share a clock, what takes the place of `anchored` for all of them. */
  readonly anchor: HeldAnchor | null
  /** When `stored` was last found to be what is stored. */
  readonly lookedAt: Uptime
  readonly doubt: Doubt
}

/** What could not be written. */
export interface Unstored {
  /** The row as it would be, but with the stored `jti`, which the next commit is going to name. */
  readonly license: StoredLicense
  /** The row holds a lease or verdict that the stored one does not. */
  readonly statement: boolean
  /** The last failed attempt that could not be recorded. */
  readonly attempt: StoredLicense | null
}

/** Time and state, judged by one reading of the clocks. */
export interface Moment extends TimeJudgement {
  reading: ClockReading
  /** Trusted time as it should be stored. */
  record: TrustedTimeRecord | null
  /** False after a gap of unknown length in trusted time. */
  continuous: boolean
  state: LicenseState
  entitled: boolean
  /** The last state is being held, because a wrong clock may be to blame for the new one; a check-in will tell. */
  inDoubt: boolean
}

/** The stored snapshot, with the row that could not be written in place of the stored one. */
export function snapshotOf({ stored, unstored }: Memory): Snapshot {
  return unstored ? { ...stored, license: unstored.license } : stored
}

/** Judges time and state by a reading of the clocks, and remembers what the next judgement needs. */
export function observe(memory: Memory, reading: ClockReading): { memory: Memory, moment: Moment } {
  const { holding, instanceId } = memory
  const advanced = memory.trusted && advance(memory.trusted, leaningBy(memory.anchor, reading))
  const anchor = memory.anchor && followAnchor(memory.anchor, reading, advanced?.at ?? null)
  const shared = anchor && !anchor.broken ? anchorAt(timeBy(anchor, reading), reading) : null
  const trusted = shared ?? advanced
  const anchored = isAnchored({ anchored: memory.anchored, anchor }, reading)
  const time = judgeTime(trusted, anchored, reading.wall)
  const computed = stateOf(holding, instanceId, time.effective)
  const lastState = snapshotOf(memory).license?.lastState ?? null
  const { doubt, inDoubt } = judgeDoubt(memory.doubt, { holding, instanceId, computed, time, reading, anchored, lastState })
  const state = inDoubt ? lastState ?? computed : computed
  return {
    memory: { ...memory, trusted, doubt, anchor },
    moment: { ...time, reading, record: trusted, continuous: trusted?.continuous ?? false, state, entitled: isEntitled(state), inDoubt },
  }
}

/** Whether trusted time alone decides: for this process, or, where a clock is shared, for every replica. */
export function isAnchored({ anchored, anchor }: Pick<Memory, 'anchored' | 'anchor'>, { shared }: ClockReading): boolean {
  return shared ? anchor !== null && !anchor.broken : anchored
}

/** A lease was accepted and written; `stored` is what its commit resolved to. */
export function withStoredLease(
  memory: Memory, lease: Lease, trusted: TrustedTimeRecord, stored: Snapshot, reading: ClockReading,
): Memory {
  const held = holdingLease(memory, lease, trusted, stored.anchor, reading)
  return isSuperseded(memory, stored) ? { ...memory, trusted, anchored: held.anchored } : { ...held, stored, unstored: null }
}

/** What has been read since that commit is newer, and includes it. */
function isSuperseded(memory: Memory, stored: Snapshot): boolean {
  return memory.stored.version > stored.version
}

/** A lease was accepted; `license` is the row that could not be written. */
export function withUnstoredLease(
  memory: Memory, lease: Lease, trusted: TrustedTimeRecord, license: StoredLicense, reading: ClockReading,
): Memory {
  return { ...holdingLease(memory, lease, trusted, anchorAfter(lease, reading), reading), unstored: unstoredStatement(memory, license) }
}

/** Trusted time to be stored with this lease, whether it answered our nonce or was pasted. */
export function trustedAfter({ trusted }: Memory, { claims }: Lease, reading: ClockReading): TrustedTimeRecord {
  const signedAt = claims.iat * 1000
  return METHOD_RULES[claims.method].setsTrustedTime ? anchorAt(signedAt, reading) : raise(trusted, signedAt, reading)
}

/** What every replica is to go by, if they share a clock, once this lease that answered our nonce is stored. */
export function anchorAfter({ claims }: Lease, reading: ClockReading): Anchor | null {
  if (!reading.shared || !METHOD_RULES[claims.method].setsTrustedTime) return null
  return { jti: claims.jti, at: claims.iat * 1000, wall: reading.wall }
}

/** The stored anchor. Beside a lease that answers nothing, which never makes one, a row that was edited is not believed. */
export function anchorIn({ anchor }: Snapshot, claims: LeaseClaims | null): Anchor | null {
  return claims && METHOD_RULES[claims.method].setsTrustedTime ? anchor : null
}

function holdingLease(memory: Memory, lease: Lease, trusted: TrustedTimeRecord, anchor: Anchor | null, reading: ClockReading): Memory {
  const anchored = memory.anchored || METHOD_RULES[lease.claims.method].setsTrustedTime
  return {
    ...memory, holding: { kind: 'lease', lease, verdict: null }, verified: null, trusted, anchored, newestAt: newestWith(memory, lease),
    anchor: withAnchor(memory.anchor, anchor, lease.claims.jti, reading, trusted),
  }
}

/** A verdict was accepted and written, possibly beside an older lease than the unstored one in use. */
export function withStoredVerdict(memory: Memory, verdict: Verdict, stored: Snapshot): Memory {
  if (isSuperseded(memory, stored)) return memory
  const unstored = memory.unstored?.statement
    ? { ...memory.unstored, license: judged(memory.unstored.license, verdict) }
    : null
  return { ...holdingVerdict(memory, verdict), stored, unstored }
}

export function withUnstoredVerdict(memory: Memory, verdict: Verdict, license: StoredLicense): Memory {
  return { ...holdingVerdict(memory, verdict), unstored: unstoredStatement(memory, license) }
}

function judged(license: StoredLicense, verdict: Verdict): StoredLicense {
  return { ...license, verdict: verdict.jws, verdictRun: runOf(license.verdictRun, verdict) }
}

function holdingVerdict(memory: Memory, verdict: Verdict): Memory {
  const { holding } = memory
  return { ...memory, holding: holding.kind === 'lease' ? { ...holding, verdict } : holding, verified: null }
}

function unstoredStatement(memory: Memory, license: StoredLicense): Unstored {
  return { license: withStoredJti(memory, license), statement: true, attempt: memory.unstored?.attempt ?? null }
}

/**
 * A license was put back; `stored` is what that commit resolved to. Its lease was no answer to a question of now, so time is judged as
 * before.
 */
export function withLeasePutBack(memory: Memory, lease: Lease, stored: Snapshot): Memory {
  if (isSuperseded(memory, stored)) return memory
  return { ...memory, stored, unstored: null, holding: { kind: 'lease', lease, verdict: null }, verified: stored }
}

/** The license was removed; `stored` is what that commit resolved to. */
export function withoutLicense(memory: Memory, stored: Snapshot): Memory {
  if (isSuperseded(memory, stored)) return memory
  return { ...memory, stored, unstored: null, holding: { kind: 'none' }, verified: stored }
}

/** A failed attempt could not be recorded; the next one that can be takes its place. */
export function withUnstoredAttempt(memory: Memory, license: StoredLicense): Memory {
  const attempt = withStoredJti(memory, license)
  return { ...memory, unstored: { license: attempt, statement: memory.unstored?.statement ?? false, attempt } }
}

function withStoredJti({ stored }: Memory, license: StoredLicense): StoredLicense {
  return { ...license, jti: stored.license?.jti ?? license.jti }
}

/** Whether the row read is still the one beneath our unstored statement. If another replica has written since, its word stands. */
export function isBeneathUnstored({ stored, unstored, holding }: Memory, { license, marks }: Snapshot): boolean {
  return unstored?.statement === true && license !== null
    && license.jti === stored.license?.jti && license.verdict === stored.license.verdict
    && holding.kind === 'lease' && !isOutdated(holding.verdict ?? holding.lease, marks)
}

/** Keeps our unstored statement on top of a fresh reading of the row beneath it. */
export function overRead(memory: Memory, read: Snapshot): Memory {
  const { unstored } = memory
  const license = unstored && read.license && putOver(read.license, unstored.license)
  return { ...memory, stored: read, unstored: license && { ...unstored, license } }
}

/** Adopts what was read, and what verifying it found. */
export function withRead(memory: Memory, read: Snapshot, holding: Holding, reading: ClockReading): Memory {
  const lease = holding.kind === 'lease' ? holding.lease : null
  const anchor = withAnchor(memory.anchor, anchorIn(read, lease?.claims ?? null), lease?.claims.jti ?? null, reading, memory.lookedAt)
  const trusted = lease && holding !== memory.holding ? trustedAfterRead(memory, lease, anchor, reading) : memory.trusted
  const newestAt = lease ? newestWith(memory, lease) : memory.newestAt
  return { ...memory, stored: read, unstored: stillUnstored(memory, read), holding, verified: read, trusted, newestAt, anchor }
}

/**
 * Where replicas share a clock, a lease that answered another of them sets the time here too, even backwards. Only one that is newer than
 * all before: an old row that is put back sets nothing back.
 */
function trustedAfterRead(memory: Memory, lease: Lease, anchor: HeldAnchor | null, reading: ClockReading): TrustedTimeRecord {
  const signedAt = lease.claims.iat * 1000
  const isNews = memory.newestAt !== null && signedAt > memory.newestAt
  const sets = isNews && anchor !== null && !followAnchor(anchor, reading, signedAt).broken
  return sets ? anchorAt(signedAt, reading) : raise(memory.trusted, signedAt, reading)
}

function newestWith({ newestAt }: Memory, { claims: { iat } }: Lease): number {
  return Math.max(newestAt ?? -Infinity, iat * 1000)
}

/** Back-off and `Retry-After` apply even while the database can be read but not written. */
function stillUnstored({ unstored }: Memory, { license: stored }: Snapshot): Unstored | null {
  const attempt = unstored?.attempt
  if (!attempt || stored?.jti !== attempt.jti || (stored.lastAttemptAt ?? 0) >= (attempt.lastAttemptAt ?? 0)) return null
  const { lastAttemptAt, nextAt, consecutiveFailures, failingSince, lastError, lastFinding } = attempt
  const license = { ...stored, lastAttemptAt, nextAt, consecutiveFailures, failingSince, lastError, lastFinding }
  return { license, statement: false, attempt }
}

/** The unwritten lease and verdict, with the bookkeeping of whichever row saw the later attempt. */
function putOver(stored: StoredLicense, { lease, verdict, verdictRun, ...kept }: StoredLicense): StoredLicense {
  const later = (stored.lastAttemptAt ?? 0) > (kept.lastAttemptAt ?? 0) ? stored : kept
  const lastSuccessAt = Math.max(stored.lastSuccessAt ?? 0, kept.lastSuccessAt ?? 0)
  return { ...later, lease, verdict, verdictRun, lastState: stored.lastState, lastSuccessAt }
}
