import { METHOD_RULES } from '../../shared/method-rules.ts'
import { beginDoubt, endHold } from './doubt.ts'
import { LicenseError } from './errors.ts'
import { claimHold } from './held-state.ts'
import type { Keyring } from './jws.ts'
import type { Memory, Moment } from './license-memory.ts'
import {
  anchorAfter, anchorIn, isBeneathUnstored, observe, overRead, snapshotOf, trustedAfter, withLeasePutBack, withoutLicense, withRead,
  withStoredLease, withStoredVerdict, withUnstoredAttempt, withUnstoredLease, withUnstoredVerdict,
} from './license-memory.ts'
import type { Clock, ClockReading, HeldStates, LicenseStore } from './ports.ts'
import type { HeldAnchor } from './shared-anchor.ts'
import { leaningBy, movedAnchor, timeBy, withAnchor } from './shared-anchor.ts'
import type { Anchor, Snapshot, StoredLicense, TrustedTimeRecord } from './stored-records.ts'
import type { Holding } from './state.ts'
import { isByTime, isEntitled, stateOf } from './state.ts'
import type { Lease, Verdict } from './token.ts'
import { advance, judgeTime, raise } from './trusted-time.ts'
import { isSameStatement, verifyStored } from './verify-stored.ts'

/** What this process knows about the license: the stored row, verified, and the time. Carries on without storage. */
export interface LicenseHolder {
  readonly instanceId: string
  readonly snapshot: Snapshot
  readonly holding: Holding
  /** All of it as one value, as of the last judgement. */
  readonly memory: Memory
  /** Reads the store and verifies what it holds. Rejects with STORAGE_UNAVAILABLE, leaving all as it was. */
  reload(): Promise<Snapshot>
  /** Reads it only if it may have changed since. */
  refresh(): Promise<void>
  /** Reads the clocks, and judges time and state by them. A decision takes one moment and sticks to it. */
  observe(): Moment
  /** What is to be stored with this lease, whether it answered our nonce or was pasted. */
  timeAfter(lease: Lease): Promise<TimeToStore>
  /** The same for the lease that is held already, as time has gone on; null before the first. */
  timeNow(): Promise<TimeToStore | null>
  /** Adopts a lease together with the snapshot its commit resolved to, lest anyone see the new lease with the old row. */
  adoptLease(lease: Lease, trusted: TrustedTimeRecord, stored: Snapshot): void
  adoptVerdict(verdict: Verdict, stored: Snapshot): void
  adoptPutBack(lease: Lease, stored: Snapshot): void
  adoptRemoval(stored: Snapshot): void
  /** Adopts a lease whose row could not be written. */
  adoptUnstoredLease(lease: Lease, trusted: TrustedTimeRecord, license: StoredLicense): void
  adoptUnstoredVerdict(verdict: Verdict, license: StoredLicense): void
  /** Keeps the record of a failed attempt that could not be written. */
  noteUnstoredAttempt(license: StoredLicense): void
  /** Gives up what could not be written: the next reading of the store decides. */
  forgetUnstored(): void
  /** Stops holding a state: the check-in it was held for was answered or failed. */
  endHold(): void
}

/** Trusted time, and what every replica is to go by where they share a clock. */
export interface TimeToStore { trusted: TrustedTimeRecord, anchor?: Anchor }

export interface LicenseHolderOptions {
  store: Pick<LicenseStore, 'read' | 'changedSince'> & HeldStates
  keyring: Keyring
  clock: Clock
  instanceId: string
}

/** Reads the store and verifies what it holds. Rejects with STORAGE_UNAVAILABLE. */
export async function createLicenseHolder({ store, keyring, clock, instanceId }: LicenseHolderOptions): Promise<LicenseHolder> {
  const startedAt = clock.read()
  const stored = await store.read()
  let memory = await recall(stored, await verifyStored(stored, keyring))
  let lastRead: Promise<unknown> = Promise.resolve()

  async function recall(read: Snapshot, holding: Holding): Promise<Memory> {
    const claims = holding.kind === 'lease' ? holding.lease.claims : null
    const anchor = anchorAtStart(withAnchor(null, anchorIn(read, claims), claims?.jti ?? null, clock.read(), null), holding)
    const trusted = restore(read.trusted, holding, leaningBy(anchor, clock.read()))
    const hold = anchor && !anchor.broken ? null : await holdAtStart(read, holding, trusted)
    return {
      instanceId, stored: read, unstored: null, holding, verified: read, trusted, newestAt: claims && claims.iat * 1000, anchored: false,
      anchor, lookedAt: startedAt, doubt: beginDoubt(hold),
    }
  }

  /** At a start nobody has seen whether the shared clock has jumped: it is not believed where it takes features away. */
  function anchorAtStart(anchor: HeldAnchor | null, holding: Holding): HeldAnchor | null {
    return anchor && isByTime(stateOf(holding, instanceId, timeBy(anchor, clock.read()))) ? { ...anchor, broken: true } : anchor
  }

  /** What this start may use of the lease's interval, if nothing but a clock seems to have taken its features. */
  async function holdAtStart({ license }: Snapshot, holding: Holding, trusted: TrustedTimeRecord | null) {
    const reading = clock.read()
    if (holding.kind !== 'lease' || !license || !METHOD_RULES[license.method].checksIn || !isEntitled(license.lastState)) return null
    const { effective } = judgeTime(trusted, false, reading.wall)
    return isByTime(stateOf(holding, instanceId, effective)) ? claimHold(store, holding.lease.claims.jti, reading) : null
  }

  /** Runs one at a time, so that an older reading cannot overwrite a newer one. */
  function reload(): Promise<Snapshot> {
    const next = lastRead.then(readStore)
    lastRead = next.catch(() => undefined)
    return next
  }

  async function readStore(): Promise<Snapshot> {
    const before = memory
    const lookedAt = clock.read()
    const read = await store.read()
    if (isBeneathUnstored(memory, read)) memory = { ...overRead(memory, read), lookedAt }
    else {
      const known = memory.verified !== null && isSameStatement(read, memory.verified)
      const holding = known ? memory.holding : await verifyStored(read, keyring)
      if (read.anchor && read.anchor.wall !== before.anchor?.anchor.wall) await sample()
      // What was adopted meanwhile is newer than what was read.
      if (memory.stored !== before.stored || memory.holding !== before.holding) return readStore()
      memory = { ...withRead(memory, read, holding, clock.read()), lookedAt }
    }
    return snapshotOf(memory)
  }

  /** What two processes know of a shared clock can be compared only if both have just read it. Without the database, this one cannot. */
  async function sample(): Promise<void> {
    try {
      await clock.sample()
    }
    catch (error) {
      if (!(error instanceof LicenseError)) throw error
    }
  }

  function look(): Moment {
    const observed = observe(memory, clock.read())
    memory = observed.memory
    return observed.moment
  }

  return {
    instanceId,
    get snapshot() { return snapshotOf(memory) },
    get holding() { return memory.holding },
    get memory() { return memory },
    reload,
    async refresh() {
      const lookedAt = clock.read()
      if (await store.changedSince(memory.stored.version)) await reload()
      else memory = { ...memory, lookedAt }
    },
    observe: look,
    async timeAfter(lease) {
      await sample()
      const reading = clock.read()
      return toStore(trustedAfter(memory, lease, reading), anchorAfter(lease, reading))
    },
    async timeNow() {
      await sample()
      const { record, reading } = look()
      return record && toStore(record, movedAnchor(memory.anchor, reading))
    },
    adoptLease(lease, trusted, snapshot) { memory = withStoredLease(memory, lease, trusted, snapshot, clock.read()) },
    adoptVerdict(verdict, snapshot) { memory = withStoredVerdict(memory, verdict, snapshot) },
    adoptPutBack(lease, snapshot) { memory = withLeasePutBack(memory, lease, snapshot) },
    adoptRemoval(snapshot) { memory = withoutLicense(memory, snapshot) },
    adoptUnstoredLease(lease, trusted, license) { memory = withUnstoredLease(memory, lease, trusted, license, clock.read()) },
    adoptUnstoredVerdict(verdict, license) { memory = withUnstoredVerdict(memory, verdict, license) },
    noteUnstoredAttempt(license) { memory = withUnstoredAttempt(memory, license) },
    forgetUnstored() { memory = { ...memory, unstored: null, verified: null } },
    endHold() { memory = { ...memory, doubt: endHold(memory.doubt) } },
  }
}

function toStore(trusted: TrustedTimeRecord, anchor: Anchor | null): TimeToStore {
  return anchor ? { trusted, anchor } : { trusted }
}

/** The lease sets a lower bound on the time, even if the stored trusted time was lost or edited. */
function restore(record: TrustedTimeRecord | null, holding: Holding, reading: ClockReading): TrustedTimeRecord | null {
  const restored = record && advance(record, reading)
  return holding.kind === 'lease' ? raise(restored, holding.lease.claims.iat * 1000, reading) : restored
}
