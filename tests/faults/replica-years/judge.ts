import type { Snapshot, StoredLicense } from '../../../server/license/stored-records.ts'
import { CALL_NEEDS, CLAIM_LENGTH } from '../../../server/license/check-in-claim.ts'
import type { Process } from './place.ts'
import type { Issued, Vendor } from './vendor.ts'

/* What must be true of an installation, whatever happens to it. */

const SECOND = 1000
/** Trusted time may lean, and a shared clock drift, by so much. */
const LEAN = 500e-6
/** An answer takes up to ten seconds, and a jump of the shared clock by five is none: for each process that has not seen the one before. */
const UNCERTAIN = 60 * SECOND
/** A start that finds a lease over holds its state until the check-in has answered: for ten seconds, once per lease. */
const HELD = 11 * SECOND
const LONGEST_CALL = 10 * SECOND
/** Within this time after the last trouble everything is as it should be, also if one call or another fails and is answered with a long wait. */
const RECOVERS_WITHIN = 26 * 3600 * SECOND

export interface Judge {
  readonly violation: string | null
  readonly calls: number
  readonly extraCalls: number
  readonly states: ReadonlyMap<string, number>
  /** A check-in goes out that presents this lease. */
  sent(process: Process, lease: string): void
  /** It has arrived. */
  seenByVendor(): void
  /** A call has gone wrong of itself: the way to the next may be long. */
  failed(): void
  /** A commit of this process was written. */
  stored(process: Process, snapshot: Snapshot): void
  /** Something happened to this process that it may not be able to tell from storing what it was about to store. */
  excuse(process: Process): void
  /** The database's clock has jumped ahead: by it, a claim may have run out whose holder is at work. */
  excuseAll(): void
  /** Compares what a process says with what is true. */
  look(process: Process): void
  complain(what: string): void
}

export interface Facts {
  vendor: Vendor
  now(): number
  /** Since when nothing is wrong anywhere, ms; Infinity while something is. */
  calmSince(): number
  /** By how much a clock that jumped may mislead about a lease issued then, ms. */
  misled(since: number): { ahead: number, behind: number }
}

interface Call { process: Process, excused: boolean }

export function createJudge({ vendor, now, calmSince, misled }: Facts): Judge {
  let stored: Snapshot | null = null
  let callsForRow: Call[] = []
  let [installedAt, replacedAt, failedAt, jumpedAheadAt] = [0, 0, 0, -Infinity]
  const heldSince = new Map<string, number>()
  const highest = new Map<string, number>()
  const states = new Map<string, number>()

  let violation: string | null = null
  const made = { calls: 0, extraCalls: 0 }

  const judge: Judge = {
    states,
    get violation() { return violation },
    get calls() { return made.calls },
    get extraCalls() { return made.extraCalls },
    complain(what) { violation ??= what },
    sent(process, lease) {
      made.calls++
      if (lease !== stored?.license?.lease) {
        // A person may replace the license while a call about it is on its way.
        if (now() - replacedAt > LONGEST_CALL) judge.complain(`${process.name} presents ${vendor.find(lease)?.jti}, which is not what is stored`)
        return
      }
      if (callsForRow.length > 0) made.extraCalls++
      const before = callsForRow.find(({ excused }) => !excused)
      if (before) judge.complain(`one due time was called for twice: by ${before.process.name}, which was well, and by ${process.name}`)
      // The claim that it goes out under may have been taken before the jump.
      const isOfBefore = now() - jumpedAheadAt <= CLAIM_LENGTH - CALL_NEEDS
      callsForRow.push({ process, excused: isOfBefore || process.frozen || !process.alive || !process.place.line })
    },
    seenByVendor() {
      const [fork] = vendor.forks
      if (fork !== undefined) judge.complain(`the vendor saw a fork: ${fork}`)
    },
    failed() { failedAt = now() },
    stored(process, snapshot) {
      if (stored && snapshot.revision < stored.revision) judge.complain(`${process.name} set the revision back`)
      for (const { sub, seq } of snapshot.marks) raise(process, `the mark of ${sub}`, seq)
      const lease = snapshot.license && vendor.find(snapshot.license.lease)
      if (lease) raise(process, `the lease of ${lease.sub}`, lease.seq)
      if (snapshot.license?.activatedAt !== stored?.license?.activatedAt) replacedAt = now()
      if (!stored?.license) installedAt = now()
      if (rowOf(snapshot.license) !== rowOf(stored?.license ?? null)) callsForRow = []
      stored = snapshot
    },
    excuse(process) {
      for (const call of callsForRow) if (call.process === process) call.excused = true
    },
    excuseAll() {
      jumpedAheadAt = now()
      for (const call of callsForRow) call.excused = true
    },
    look(process) {
      const { service } = process
      if (!service || process.frozen || !process.alive) return
      const { state, entitled, lease } = service.entitlements(true)
      states.set(state, (states.get(state) ?? 0) + 1)
      if (entitled) mayBeEntitled(process, state, lease === null ? undefined : vendor.find(lease))
      else if (state === 'paused' || state === 'expired') mustBeOver(process, state)
      const lasts = now() - Math.max(calmSince(), installedAt, failedAt)
      if (!entitled && isGood() && lasts > RECOVERS_WITHIN + untilAsked()) judge.complain(`${process.name} is ${state} though nothing is wrong`)
    },
  }

  function raise(process: Process, what: string, seq: number): void {
    if (seq < (highest.get(what) ?? 0)) judge.complain(`${process.name} set ${what} back from ${highest.get(what)} to ${seq}`)
    highest.set(what, seq)
  }

  /** What is stored is a license that the vendor answers for, and whose term is not so near its end that clocks may differ about it. */
  function isGood(): boolean {
    const lease = stored?.license && vendor.find(stored.license.lease)
    const license = lease && vendor.licenses.find(({ sub }) => sub === lease.sub)
    return license ? license.verdict === null && license.exp * SECOND > now() + UNCERTAIN : false
  }

  /** A subscription that was renewed after its end is noticed by the next regular check-in. */
  function untilAsked(): number {
    const lease = stored?.license && vendor.find(stored.license.lease)
    const license = lease && vendor.licenses.find(({ sub }) => sub === lease.sub)
    return license && lease.endsAt <= now() ? license.every * SECOND : 0
  }

  function mayBeEntitled(process: Process, state: string, lease: Issued | undefined): void {
    if (!lease) return judge.complain(`${process.name} is ${state} by a lease that was never issued`)
    const over = now() - Math.min(lease.pausesAt, lease.endsAt)
    if (over <= UNCERTAIN) return
    const late = UNCERTAIN + LEAN * (now() - lease.at) + misled(lease.at).behind
    if (over <= late) return
    const since = heldSince.get(lease.jti) ?? now()
    heldSince.set(lease.jti, since)
    if (now() - since > HELD) judge.complain(`${process.name} is ${state} ${Math.round(over / SECOND)} s after ${lease.jti} was over`)
  }

  /** By the true time, or at least by the clock that this process sees. */
  function mustBeOver(process: Process, state: 'paused' | 'expired'): void {
    const { licenseId, issuedAt } = process.service?.view('admin') ?? {}
    const lease = licenseId && issuedAt ? vendor.findIssued(licenseId, Date.parse(issuedAt)) : undefined
    if (!lease) return judge.complain(`${process.name} is ${state} by a lease that was never issued`)
    const early = UNCERTAIN + LEAN * Math.max(0, now() - lease.at) + misled(lease.at).ahead
    const left = (state === 'paused' ? lease.pausesAt : lease.endsAt) - Math.max(now(), process.clock.read().wall)
    if (left > early) judge.complain(`${process.name} is ${state} ${Math.round(left / SECOND)} s before ${lease.jti} is over`)
  }

  return judge
}

/** What tells one due time from the next. */
function rowOf(license: StoredLicense | null): string {
  return license ? `${license.jti} ${license.lastAttemptAt} ${license.nextAt} ${license.consecutiveFailures}` : ''
}
