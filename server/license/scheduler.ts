import type { LicenseState } from '../../shared/contracts.ts'
import { METHOD_RULES, rulesOf } from '../../shared/method-rules.ts'
import type { CheckIn, CheckInResult } from './check-in.ts'
import type { CheckInClaim, Grant } from './claim-holder.ts'
import { CLAIM_LENGTH } from './check-in-claim.ts'
import { LicenseError } from './errors.ts'
import type { Provisioning } from './provisioning.ts'
import type { Actor } from './events.ts'
import { eventOf } from './events.ts'
import { resultSince } from './joined-check-in.ts'
import type { LicenseHolder } from './license-holder.ts'
import type { Moment } from './license-memory.ts'
import type { History, LicenseStore, Log, Notes } from './ports.ts'
import type { Deactivation } from './deactivation.ts'
import { nextAtStart, renewsAtStart } from './check-in-policy.ts'
import type { Due } from './due.ts'
import { dueAt, dueDuringAttempt, followDue } from './due.ts'
import { putBackUntil } from './previous.ts'
import { recordState } from './record.ts'
import { isOfLicenseServer } from './refusal.ts'
import { bordersOf, isCheckedIn } from './state.ts'

const SECOND = 1000
/** Within the minute that trusted time may go unstored. */
const STORE_TIME_EVERY = 55 * SECOND
const PRUNE_EVERY = 6 * 3600 * SECOND
const LONGEST_TICK = SECOND
const SHORTEST_TICK = 20
/** How soon to ask again for a claim that another replica has, and for how long somebody who asked for a check-in waits for it. */
const ASK_AGAIN_AFTER = 500
const PATIENCE = 6 * SECOND
/** For how long a start goes on wanting to renew, if another replica has the claim. */
const START_LASTS = 60 * SECOND

export interface Scheduler {
  /** Decides what is due at a start. */
  start(): void
  /** Does everything that is due. Resolves to the wait before the next tick, at most `longest` ms; never rejects. */
  tick(longest?: number): Promise<number>
  /** Resolves once no call is under way, to whether a check-in or a renewal was; never rejects. */
  whenIdle(): Promise<boolean>
  /** Joins the check-in under way, or makes one. */
  checkIn(actor: Actor): Promise<CheckInResult>
  /** When the next check-in is due; at once if one is under way. Null before the first tick. */
  readonly due: Due | null
  /** Aborts what is under way and stores trusted time. */
  stop(): Promise<void>
}

export interface SchedulerOptions {
  holder: LicenseHolder
  store: LicenseStore & Pick<Notes, 'saveTrustedTime' | 'dropAnchor' | 'saveRenewalAttempt' | 'forgetPrevious'> & Pick<History, 'pruneEvents'>
  checkIn: CheckIn
  claim: CheckInClaim
  /** Lets time pass. */
  pause: (ms: number) => Promise<void>
  deactivation: Deactivation
  provisioning: Provisioning
  log: Log
  eventsKeepDays: number
  stopping: AbortController
}

/** Lets time pass for the rest of the domain. */
export function createScheduler(options: SchedulerOptions): Scheduler {
  const { holder, store, checkIn, claim, pause, deactivation, provisioning, log, eventsKeepDays, stopping } = options
  let inFlight: Promise<CheckInResult> | null = null
  let applying: Promise<unknown> | null = null
  /** A scheduled attempt under way, from the moment the claim is asked for. */
  let asking: Promise<unknown> | null = null
  /** Uptimes (ms): until when a start wants to renew, and before which the claim is not asked for again. */
  let renewingUntil = -Infinity
  let askAgainAt = -Infinity
  let due: Due | null = null
  let timeStoredAt = -Infinity
  let prunedAt = -Infinity
  /** The state that this process last told, and for which revision it was recorded; null if it could only be logged. */
  let told: { state: LicenseState, revision: number | null } | null = null

  const nextAt = () => holder.snapshot.license?.nextAt ?? null

  function setDue(uptime: number, moment: Moment): void {
    due = dueAt(uptime, nextAt(), moment)
  }

  /** Brings `due` in line with the stored schedule. How long until then, ms. */
  function untilDue(moment: Moment): number {
    due = followDue(due, nextAt(), moment)
    return due.uptime - moment.reading.uptime
  }

  function run(actor: Actor, grant: Grant, quiet = false): Promise<CheckInResult> {
    inFlight ??= checkIn.attempt(actor, { grant, quiet, signal: stopping.signal }).finally(() => {
      inFlight = null
      timeStoredAt = -Infinity
    })
    return inFlight
  }

  /**
   * Under the claim, the store is read again: what was due may have been done by whoever had the claim until now. What this process
   * has yet to write goes first, as nothing may be asked on top of it.
   */
  async function underClaim<T>(work: (grant: Grant) => Promise<T>): Promise<{ result: T } | null> {
    const ran = await claim.run(async (grant) => {
      if (grant.term !== null) {
        await checkIn.writeUnwritten()
        await holder.reload()
      }
      return work(grant)
    })
    if (!ran) askAgainAt = holder.observe().reading.uptime + ASK_AGAIN_AFTER
    return ran
  }

  function ask(work: () => Promise<unknown>): void {
    asking ??= work().catch((error: unknown) => {
      askAgainAt = holder.observe().reading.uptime + ASK_AGAIN_AFTER
      if (!(error instanceof LicenseError)) log.error('check-in ended unexpectedly', { cause: String(error) })
    }).finally(() => { asking = null })
  }

  const isChecking = () => inFlight !== null || asking !== null || checkIn.unwritten

  async function checkInWhenDue(): Promise<void> {
    await underClaim(async (grant) => {
      const moment = holder.observe()
      if (untilDue(moment) > 0) return
      due = dueDuringAttempt(nextAt(), moment)
      await run({ kind: 'system' }, grant)
    })
  }

  async function renewAtStart(): Promise<void> {
    const ran = await underClaim(async (grant) => {
      const { effective } = holder.observe()
      if (!wantsRenewal(effective)) return
      // One call a start, even if it cannot be noted.
      renewingUntil = -Infinity
      const result = await run({ kind: 'system' }, grant, true)
      // Only an attempt that the license server saw counts for the day: a restart once the way is open must try again.
      const seen = result.kind === 'failed' ? isOfLicenseServer(result.failure) : result.kind !== 'dropped'
      if (seen) await store.saveRenewalAttempt(effective)
    })
    if (ran) renewingUntil = -Infinity
  }

  function wantsRenewal(effective: number): boolean {
    const { snapshot, holding } = holder
    return holding.kind === 'lease' && renewsAtStart(holding.lease.claims, snapshot.renewalAttemptAt, effective)
  }

  /** Takes the claim as any scheduled attempt does, and waits for it a little. What another replica brings meanwhile is the result. */
  async function checkInNow(actor: Actor): Promise<CheckInResult> {
    const before = holder.snapshot.license
    for (let waited = 0; ; waited += ASK_AGAIN_AFTER) {
      const ran = await underClaim(async grant => resultSince(before, holder.snapshot.license) ?? await run(actor, grant))
      if (ran) return ran.result
      if (waited >= PATIENCE || stopping.signal.aborted) throw new LicenseError('RATE_LIMITED', { details: { retryAfterSeconds: CLAIM_LENGTH / SECOND } })
      await pause(ASK_AGAIN_AFTER)
    }
  }

  async function tellState({ state, effective }: Moment): Promise<void> {
    const { license, revision } = holder.snapshot
    if (!license || license.lastState === state) {
      told = license && { state, revision }
      return
    }
    const before = told?.state === state ? told : null
    // Another process judges the same license differently, like a version that does not know its key: they must not tell it in turns.
    if (before?.revision === revision) return
    const event = eventOf('state_changed', effective, { kind: 'system' }, { from: license.lastState, to: state })
    try {
      const written = await store.commit({
        if: { jti: license.jti }, change: recordState(state), event: before?.revision === null ? { ...event, told: true } : event,
      })
      if (written !== 'stale') told = { state, revision }
    }
    catch (error) {
      tellUnrecorded(state)
      throw error
    }
    await holder.reload()
  }

  /** Without storage a change cannot be recorded. That is retried at every tick, but logged once. */
  function tellUnrecorded(state: LicenseState): void {
    const { license } = holder.snapshot
    const from = told?.state ?? license?.lastState ?? state
    if (!license || from === state) return
    log.warn('license state changed', { from, to: state, recorded: false })
    told = { state, revision: null }
  }

  async function housekeep({ record, trusted, wall, effective, reading: { uptime } }: Moment): Promise<void> {
    const { previous } = holder.snapshot
    if (previous && effective >= putBackUntil(previous)) await store.forgetPrevious(previous.replacedAt)
    const { anchor } = holder.memory
    if (anchor?.broken && holder.snapshot.anchor?.jti === anchor.anchor.jti) await store.dropAnchor(anchor.anchor.jti)
    if (record && uptime - timeStoredAt >= STORE_TIME_EVERY) {
      await store.saveTrustedTime(record)
      timeStoredAt = uptime
    }
    // By the earlier clock: one that runs ahead must not empty the log.
    if (trusted !== null && uptime - prunedAt >= PRUNE_EVERY) {
      const olderThan = Math.min(trusted, wall) - eventsKeepDays * 86_400 * SECOND
      if (await claim.run(() => store.pruneEvents(olderThan))) prunedAt = uptime
    }
  }

  async function catchUp(): Promise<void> {
    try {
      await checkIn.writeUnwritten()
      await holder.refresh()
    }
    catch (error) {
      tellUnrecorded(holder.observe().state)
      throw error
    }
  }

  async function work(): Promise<void> {
    await catchUp()
    await tellState(holder.observe())
    await housekeep(holder.observe())
    // A license that promises silence keeps it, even about the one it replaced.
    if (rulesOf(holder.snapshot.license?.method)?.tellsRemovals !== false) void deactivation.tellVendor(stopping.signal)?.catch(logStorage)
  }

  function logStorage(error: unknown): void {
    if (!(error instanceof LicenseError)) log.error('a background step failed', { cause: String(error) })
  }

  function nextTick(moment: Moment, longest: number): number {
    const wait = askAgainAt - moment.reading.uptime
    if (moment.inDoubt && !isChecking()) return Math.max(SHORTEST_TICK, wait)
    const { holding } = holder
    const borders = holding.kind === 'lease' ? bordersOf(holding.lease.claims).map(at => at - moment.effective).filter(left => left > 0) : []
    const waits = [longest, ...borders, ...(isChecking() ? [] : [Math.max(untilDue(moment), wait)])]
    return Math.max(SHORTEST_TICK, Math.min(...waits))
  }

  return {
    start() {
      const { snapshot, holding } = holder
      const moment = holder.observe()
      const { effective, reading } = moment
      const license = snapshot.license
      if (license && METHOD_RULES[license.method].checksIn) {
        const claims = holding.kind === 'lease' ? holding.lease.claims : null
        const at = claims && isCheckedIn(claims)
          ? nextAtStart(claims, license.nextAt, license.verdict !== null, effective)
          : effective
        setDue(reading.uptime + (at - effective), moment)
      }
      if (wantsRenewal(effective)) {
        renewingUntil = reading.uptime + START_LASTS
        ask(renewAtStart)
      }
    },
    async tick(longest = LONGEST_TICK) {
      const moment = holder.observe()
      const { uptime } = moment.reading
      if (moment.inDoubt && !isChecking()) setDue(-Infinity, moment)
      if (!isChecking() && uptime >= askAgainAt) {
        if (rulesOf(holder.snapshot.license?.method)?.checksIn && untilDue(moment) <= 0) ask(checkInWhenDue)
        else if (uptime < renewingUntil) ask(renewAtStart)
      }
      applying ??= deactivation.whileTellingNothing(() => provisioning.apply()).catch(logStorage).finally(() => { applying = null })
      await work().catch(logStorage)
      return nextTick(holder.observe(), longest)
    },
    async whenIdle() {
      const wasBusy = inFlight !== null || asking !== null
      await Promise.allSettled([inFlight, asking, deactivation.whenTold(), applying])
      return wasBusy
    },
    checkIn: actor => inFlight ?? checkInNow(actor),
    get due() { return due && inFlight ? { ...due, uptime: -Infinity } : due },
    async stop() {
      stopping.abort()
      const { record } = holder.observe()
      if (record) await store.saveTrustedTime(record).catch(logStorage)
      await Promise.allSettled([inFlight, asking, deactivation.whenTold(), applying])
    },
  }
}
