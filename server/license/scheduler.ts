import type { LicenseState } from '../../shared/contracts.ts'
import { METHOD_RULES, rulesOf } from '../../shared/method-rules.ts'
import type { CheckIn, CheckInResult } from './check-in.ts'
import { LicenseError } from './errors.ts'
import type { Provisioning } from './provisioning.ts'
import { eventOf } from './events.ts'
import type { LicenseHolder } from './license-holder.ts'
import type { Actor, LicenseStore, Log } from './ports.ts'
import type { Deactivation } from './deactivation.ts'
import { nextAtStart, renewsAtStart } from './check-in-policy.ts'
import { bordersOf, isCheckedIn } from './state.ts'

const SECOND = 1000
/** Well below the minute within which trusted time must have been stored. */
const STORE_TIME_EVERY = 30 * SECOND
const PRUNE_EVERY = 6 * 3600 * SECOND
const LONGEST_TICK = SECOND
const SHORTEST_TICK = 20

export interface Scheduler {
  /** Decides what is due at a start. */
  start(): void
  /** Does all that is due; never rejects. Returns how long to wait for the next, ms. */
  tick(): Promise<number>
  /** Joins a check-in that is under way, else makes one. */
  checkIn(actor: Actor): Promise<CheckInResult>
  /**
   * Runs a save while the vendor is told nothing: word of a removed license that arrives after its new activation would
   * free the seat again.
   */
  whileTellingNothing<T>(save: () => Promise<T>): Promise<T>
  /** Ends what is under way and stores the time. */
  stop(): Promise<void>
}

export interface SchedulerOptions {
  holder: LicenseHolder
  store: LicenseStore
  checkIn: CheckIn
  deactivation: Deactivation
  provisioning: Provisioning
  log: Log
  eventsKeepDays: number
  stopping: AbortController
}

/** Takes the domain's parts; returns what makes time pass for them. */
export function createScheduler(options: SchedulerOptions): Scheduler {
  const { holder, store, checkIn, deactivation, provisioning, log, eventsKeepDays, stopping } = options
  let inFlight: Promise<CheckInResult> | null = null
  let telling: Promise<void> | null = null
  let applying: Promise<unknown> | null = null
  let saves = 0
  /** When the next check-in is due, and by how much effective time was ahead of the uptime when that was found. */
  let due: { forNextAt: number | null, uptime: number, lead: number } | null = null
  let timeStoredAt = -Infinity
  let prunedAt = -Infinity
  let logged: LicenseState | null = null

  /**
   * The stored schedule is in effective time; waiting is done in uptime, so that a clock set back does not put it off. One
   * that has gone ahead brings it forward: by that clock, grace may be about to end.
   */
  function dueUptime(): number {
    const nextAt = holder.snapshot.license?.nextAt ?? null
    const { reading, effective } = holder.now()
    const lead = effective - reading.uptime
    if (!due || due.forNextAt !== nextAt) setDue(nextAt === null ? Infinity : reading.uptime + Math.max(0, nextAt - effective))
    else if (lead > due.lead) due = { ...due, uptime: due.uptime - (lead - due.lead), lead }
    return due?.uptime ?? Infinity
  }

  function setDue(uptime: number): void {
    const { reading, effective } = holder.now()
    due = { forNextAt: holder.snapshot.license?.nextAt ?? null, uptime, lead: effective - reading.uptime }
  }

  function run(actor: Actor, quiet = false): Promise<CheckInResult> {
    inFlight ??= checkIn.attempt(actor, { quiet, signal: stopping.signal }).finally(() => {
      inFlight = null
      timeStoredAt = -Infinity
    })
    return inFlight
  }

  async function runQuietly(quiet: boolean): Promise<void> {
    try {
      await run({ kind: 'system' }, quiet)
    }
    catch (error) {
      if (!(error instanceof LicenseError)) log.error('check-in ended unexpectedly', { cause: String(error) })
    }
  }

  async function renewAtStart(): Promise<void> {
    const { effective } = holder.now()
    const result = await run({ kind: 'system' }, true)
    // Only an attempt that was seen counts for the day: a restart once the network is there again must try.
    const seen = result.kind !== 'failed' || result.failure.answered
    if (seen) await store.saveRenewalAttempt(effective)
  }

  async function tellState(): Promise<void> {
    const license = holder.snapshot.license
    const { state, effective } = holder.now()
    if (!license || license.lastState === state) {
      logged = null
      return
    }
    const change = { from: license.lastState, to: state }
    const event = eventOf('state_changed', effective, { kind: 'system' }, change)
    try {
      await store.recordState({ jti: license.jti, state, event: logged === state ? { ...event, told: true } : event })
    }
    catch (error) {
      // While storage is away the change cannot be recorded, and is tried again at every tick; it is said once.
      if (logged !== state) log.warn('license state changed', { ...change, recorded: false })
      logged = state
      throw error
    }
    await holder.reload()
  }

  async function housekeep(uptime: number): Promise<void> {
    const trusted = holder.trustedRecord()
    if (trusted && uptime - timeStoredAt >= STORE_TIME_EVERY) {
      await store.saveTrustedTime(trusted)
      timeStoredAt = uptime
    }
    const { trusted: known, wall } = holder.now()
    // By the earlier clock: one that runs ahead must not empty the log.
    if (known !== null && uptime - prunedAt >= PRUNE_EVERY) {
      await store.pruneEvents(Math.min(known, wall) - eventsKeepDays * 86_400 * SECOND)
      prunedAt = uptime
    }
  }

  async function work(): Promise<void> {
    if (await store.readVersion() !== holder.snapshot.version) await holder.reload()
    await tellState()
    await housekeep(holder.now().reading.uptime)
    // A license that promises silence keeps it, also about the one it replaced.
    const rules = rulesOf(holder.snapshot.license?.method)
    if (rules?.tellsRemovals === false || saves > 0) return
    telling ??= deactivation.tellVendor(stopping.signal).catch(logStorage).finally(() => { telling = null })
  }

  async function whileTellingNothing<T>(save: () => Promise<T>): Promise<T> {
    saves++
    try {
      await telling
      return await save()
    }
    finally {
      saves--
    }
  }

  function logStorage(error: unknown): void {
    if (!(error instanceof LicenseError)) log.error('a background step failed', { cause: String(error) })
  }

  function nextTick(): number {
    const { effective, reading, inDoubt } = holder.now()
    if (inDoubt && !inFlight) return SHORTEST_TICK
    const { holding } = holder
    const borders = holding.kind === 'lease' ? bordersOf(holding.lease.claims).map(at => at - effective).filter(left => left > 0) : []
    const waits = [LONGEST_TICK, ...borders, ...(inFlight ? [] : [dueUptime() - reading.uptime])]
    return Math.max(SHORTEST_TICK, Math.min(...waits))
  }

  return {
    start() {
      const { snapshot, holding } = holder
      const { effective, reading } = holder.now()
      const license = snapshot.license
      if (license && METHOD_RULES[license.method].checksIn) {
        const claims = holding.kind === 'lease' ? holding.lease.claims : null
        const at = claims && isCheckedIn(claims)
          ? nextAtStart(claims, license.nextAt, license.verdict !== null, effective)
          : effective
        setDue(reading.uptime + (at - effective))
      }
      if (holding.kind === 'lease' && renewsAtStart(holding.lease.claims, snapshot.renewalAttemptAt, effective)) {
        void renewAtStart().catch(logStorage)
      }
    },
    async tick() {
      const { inDoubt, reading } = holder.now()
      if (inDoubt && !inFlight) setDue(-Infinity)
      if (rulesOf(holder.snapshot.license?.method)?.checksIn && !inFlight && reading.uptime >= dueUptime()) {
        // The next one is due when this one says so; until then only a doubt can call for another.
        setDue(reading.uptime + 60 * SECOND)
        void runQuietly(false)
      }
      applying ??= whileTellingNothing(() => provisioning.apply()).catch(logStorage).finally(() => { applying = null })
      await work().catch(logStorage)
      return nextTick()
    },
    checkIn: actor => run(actor),
    whileTellingNothing,
    async stop() {
      stopping.abort()
      const trusted = holder.trustedRecord()
      if (trusted) await store.saveTrustedTime(trusted).catch(logStorage)
      await Promise.allSettled([inFlight, telling, applying])
    },
  }
}

