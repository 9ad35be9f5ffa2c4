import type { LicenseState } from '../../shared/contracts.ts'
import { METHOD_RULES } from '../../shared/method-rules.ts'
import { createDoubt } from './doubt.ts'
import { claimHold } from './held-state.ts'
import type { Keyring } from './jws.ts'
import type { Clock, ClockReading, LicenseStore, SeqMark, Snapshot, StoredLicense, TrustedTimeRecord } from './ports.ts'
import type { Holding } from './state.ts'
import { isByTime, isEntitled, stateOf } from './state.ts'
import { isOutdated, isSameStatement, verifyStored } from './verify-stored.ts'
import type { Lease, Verdict } from './token.ts'
import type { TimeJudgement } from './trusted-time.ts'
import { advance, anchor, judgeTime, raise } from './trusted-time.ts'

export interface Moment extends TimeJudgement {
  reading: ClockReading
  /** False while a stretch of unknown length lies behind trusted time. */
  continuous: boolean
  state: LicenseState
  entitled: boolean
  /** A wrong clock may have brought about what the state would be; a check-in is to tell. */
  inDoubt: boolean
}

/** What this process knows of the license: the stored row, verified, with the time. Goes on while storage is away. */
export interface LicenseHolder {
  readonly instanceId: string
  readonly snapshot: Snapshot
  readonly holding: Holding
  /** Reads the store and verifies what it holds. Rejects STORAGE_UNAVAILABLE; then everything stays as it was. */
  reload(): Promise<Snapshot>
  /** The time and the state, now. */
  now(): Moment
  /** Trusted time as to be stored along with a lease that answered our nonce, or with a token that was pasted. */
  trustedAfter(lease: Lease): TrustedTimeRecord
  /** Takes over what has just been accepted, with its row as it was stored, or as it would have been if storage were not away. */
  adopt(lease: Lease, trusted: TrustedTimeRecord, license: StoredLicense, stored: boolean): void
  adoptVerdict(verdict: Verdict, unstored: StoredLicense | null): void
  /** Goes on with the bookkeeping of an attempt that could not be written; the next that can be replaces it. */
  noteUnstored(license: StoredLicense): void
  /** A check-in has answered or failed: a state that was held for it is held no longer. */
  settle(): void
  trustedRecord(): TrustedTimeRecord | null
}

export interface LicenseHolderOptions { store: LicenseStore, keyring: Keyring, clock: Clock, instanceId: string }

/** Takes the store, the keyring, the clock and our Instance ID; returns a holder that has read the store once. */
export async function createLicenseHolder({ store, keyring, clock, instanceId }: LicenseHolderOptions): Promise<LicenseHolder> {
  let snapshot = await store.read()
  let holding = await verifyStored(snapshot, keyring)
  let trusted = restore(snapshot.trusted, holding, clock.read())
  let anchored = false
  const doubt = createDoubt(await holdAtStart())
  /** The stored lease on top of which this process holds a newer lease or verdict that could not be written. */
  let unstoredOver: string | null = null
  /** The verdict in the row, as this process last read or wrote it; in `snapshot` it may be one that could not be written. */
  let verdictInRow = snapshot.license?.verdict ?? null
  /** Bookkeeping of a failed attempt that could not be written. */
  let unstoredAttempt: StoredLicense | null = null
  let lastRead: Promise<unknown> = Promise.resolve()

  /** What this start may use of the lease's interval, if a clock alone seems to have taken its features. */
  async function holdAtStart() {
    const reading = clock.read()
    const { license } = snapshot
    if (holding.kind !== 'lease' || !license || !METHOD_RULES[license.method].checksIn || !isEntitled(license.lastState)) return null
    const { effective } = judgeTime(trusted, false, reading.wall)
    return isByTime(stateOf(holding, instanceId, effective)) ? claimHold(store, holding.lease.claims.jti, reading) : null
  }

  function judge(): Moment {
    const reading = clock.read()
    if (trusted) trusted = advance(trusted, reading)
    const time = judgeTime(trusted, anchored, reading.wall)
    const computed = stateOf(holding, instanceId, time.effective)
    const lastState = snapshot.license?.lastState ?? null
    const inDoubt = doubt.judge({ holding, instanceId, computed, time, reading, anchored, lastState })
    const state = inDoubt ? lastState ?? computed : computed
    return { ...time, reading, continuous: trusted?.continuous ?? false, state, entitled: isEntitled(state), inDoubt }
  }

  /** One after the other: an older reading must not end up over a newer one. */
  function reload(): Promise<Snapshot> {
    const next = lastRead.then(readStore)
    lastRead = next.catch(() => undefined)
    return next
  }

  async function readStore(): Promise<Snapshot> {
    const read = await store.read()
    if (snapshot.license && read.license && isBeneathUnstored(read.license, read.marks)) {
      snapshot = { ...read, license: putOver(read.license, snapshot.license) }
      return snapshot
    }
    unstoredOver = null
    verdictInRow = read.license?.verdict ?? null
    if (!isSameStatement(read, snapshot)) {
      holding = await verifyStored(read, keyring)
      if (holding.kind === 'lease') trusted = raise(trusted, holding.lease.claims.iat * 1000, clock.read())
    }
    snapshot = { ...read, license: withUnstoredAttempt(read.license) }
    return snapshot
  }

  /** Whether nobody has written a statement since ours could not be: otherwise two replicas would go on with different ones. */
  function isBeneathUnstored({ jti, verdict }: StoredLicense, marks: readonly SeqMark[]): boolean {
    return jti === unstoredOver && verdict === verdictInRow
      && holding.kind === 'lease' && !isOutdated(holding.verdict ?? holding.lease, marks)
  }

  /** Back-off and `Retry-After` hold also while the database can be read but not written. */
  function withUnstoredAttempt(stored: StoredLicense | null): StoredLicense | null {
    const attempt = unstoredAttempt
    if (!attempt || !stored || stored.jti !== attempt.jti || (stored.lastAttemptAt ?? 0) >= (attempt.lastAttemptAt ?? 0)) {
      unstoredAttempt = null
      return stored
    }
    const { lastAttemptAt, nextAt, consecutiveFailures, failingSince, lastError } = attempt
    return { ...stored, lastAttemptAt, nextAt, consecutiveFailures, failingSince, lastError }
  }

  function noteUnstored(license: StoredLicense): void {
    // The stored jti stays: it is what the next write will be compared with.
    snapshot = { ...snapshot, license: { ...license, jti: snapshot.license?.jti ?? license.jti } }
  }

  function holdUnstored(license: StoredLicense): void {
    noteUnstored(license)
    unstoredOver = snapshot.license?.jti ?? null
  }

  return {
    instanceId,
    get snapshot() { return snapshot },
    get holding() { return holding },
    reload,
    now: judge,
    trustedRecord: () => trusted && advance(trusted, clock.read()),
    trustedAfter(lease) {
      const reading = clock.read()
      const signedAt = lease.claims.iat * 1000
      return METHOD_RULES[lease.claims.method].setsTrustedTime ? anchor(signedAt, reading) : raise(trusted, signedAt, reading)
    },
    adopt(lease, record, license, stored) {
      holding = { kind: 'lease', lease, verdict: null }
      trusted = advance(record, clock.read())
      anchored ||= METHOD_RULES[lease.claims.method].setsTrustedTime
      // At once: nobody may see the new lease with the old row.
      if (!stored) return holdUnstored(license)
      snapshot = { ...snapshot, license }
      verdictInRow = license.verdict
    },
    adoptVerdict(verdict, unstored) {
      if (holding.kind === 'lease') holding = { ...holding, verdict }
      if (unstored) return holdUnstored(unstored)
      verdictInRow = verdict.jws
      if (unstoredOver !== null && snapshot.license) noteUnstored({ ...snapshot.license, verdict: verdict.jws })
    },
    noteUnstored(license) {
      noteUnstored(license)
      unstoredAttempt = snapshot.license
    },
    settle: () => doubt.settle(),
  }
}

/** A lease that is accepted says what time it is at least, also when the stored trusted time was lost or edited. */
function restore(record: TrustedTimeRecord | null, holding: Holding, reading: ClockReading): TrustedTimeRecord | null {
  const restored = record && advance(record, reading)
  return holding.kind === 'lease' ? raise(restored, holding.lease.claims.iat * 1000, reading) : restored
}

/** The stored row, as far as it is the later one, with the lease and verdict that could not be written over it. */
function putOver(stored: StoredLicense, { lease, verdict, ...kept }: StoredLicense): StoredLicense {
  const later = (stored.lastAttemptAt ?? 0) > (kept.lastAttemptAt ?? 0) ? stored : kept
  const lastSuccessAt = Math.max(stored.lastSuccessAt ?? 0, kept.lastSuccessAt ?? 0)
  return { ...later, lease, verdict, lastState: stored.lastState, lastSuccessAt }
}
