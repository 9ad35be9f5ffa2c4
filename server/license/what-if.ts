import type { LicenseState, Rehearsal, RehearsedState, Supposition } from '../../shared/contracts.ts'
import { findingOf, seen } from '../../shared/findings.ts'
import { METHOD_RULES } from '../../shared/method-rules.ts'
import { nextAfterLease, retryOf } from './check-in-policy.ts'
import { endHold } from './doubt.ts'
import type { Due } from './due.ts'
import { dueDuringAttempt, followDue } from './due.ts'
import type { Memory, Moment } from './license-memory.ts'
import { anchorAfter, isAnchored, observe, snapshotOf, trustedAfter, withStoredLease } from './license-memory.ts'
import type { ClockReading } from './ports.ts'
import { recordState, withFailure, withLease } from './record.ts'
import { bordersOf, expiryOf, pausesAt, stateOf } from './state.ts'
import type { Snapshot, StoredLicense } from './stored-records.ts'
import type { Lease } from './token.ts'
import { judgeTime, MAX_DRIFT } from './trusted-time.ts'
import { isoTime } from './warnings.ts'

/*
 * What would become of the license without internet access or with a wrong clock. The functions that run it for real are run
 * ahead on what is in memory, on readings of clocks that are yet to come. Pure: nothing is called, stored or remembered.
 */

const DAY = 86_400_000
const FARTHEST = 400 * DAY
/** How far beyond the end of an outage it looks; a license that is back at all is back long before. */
const AFTERWARDS = DAY
/** Of all that chance could choose. */
const UNIT = 0.5
/** Attempts that will go on as the last two did are passed over if there are more of them than this. */
const MANY = 200
const MOST_STEPS = 20_000
/** A lease signed so shortly before the end of the term, ms, would come and go with the seconds by which clocks differ. */
const LAST_SECONDS = 5000
/** Nothing is told about it; the row just needs one. */
const NO_ANSWER = seen('NET_CONNECT', 'refused', { host: '' })

/** Where a process is: what it remembers, when its next check-in is due, and how many have failed since it started. */
export interface Present {
  memory: Memory
  reading: ClockReading
  due: Due | null
  failuresSinceStart: number | null
}

/** A state to come, without its sentence. */
export type Foreseen = Omit<RehearsedState, 'sentence'>
export interface Outlook extends Omit<Rehearsal, 'states'> { states: Foreseen[] }

/** What is supposed; ms since the beginning, but `offset`, which is added to the wall clock, and `begin`, the true time now. */
interface Plan { reading: ClockReading, begin: number, offlineFrom: number, offlineUntil: number, offset: number, length: number }

interface Run {
  memory: Memory
  moment: Moment
  due: Due | null
  failuresSinceStart: number | null
  /** Since the beginning, ms. */
  elapsed: number
  /** How the last attempt ended, the wait that it left, ms, and whether both are as before. */
  last: { succeeded: boolean, wait: number, asBefore: boolean } | null
  /** A check-in succeeded at this very moment. */
  checkedIn: boolean
}

/** The states to come under a supposition: the present one, and every change. */
export function rehearse(present: Present, supposition: Supposition): Outlook {
  let run = beginRun(present)
  const plan = planOf(present.reading, run.moment, supposition)
  const states = [foreseen(run, plan, 'now')]
  run = look(run, plan, 0)
  for (let step = 0; step < MOST_STEPS; step++) {
    if (isDue(run)) run = attempt(run, plan)
    if (run.moment.state !== states.at(-1)?.state) states.push(foreseen(run, plan, becauseOf(run, plan)))
    run = tellState(run)
    if (run.elapsed >= plan.length || isFinal(run, plan)) break
    if (!isDue(run)) run = look(run, plan, Math.min(plan.length, run.elapsed + untilNext(run)))
  }
  return { from: isoTime(plan.begin), until: isoTime(plan.begin + plan.length), states }
}

function beginRun({ memory: remembered, reading, due, failuresSinceStart }: Present): Run {
  const folded = { ...remembered, stored: snapshotOf(remembered), unstored: null }
  const { memory, moment } = observe(folded, reading)
  return { memory, moment, due, failuresSinceStart, elapsed: 0, last: null, checkedIn: false }
}

function planOf(reading: ClockReading, { effective: begin }: Moment, supposition: Supposition): Plan {
  const { offlineFrom, offlineUntil, clockOffsetSeconds = 0 } = supposition
  const since = (iso: string | undefined) => iso === undefined ? null : Math.max(0, Date.parse(iso) - begin)
  const [from, until] = [since(offlineFrom), since(offlineUntil)]
  return {
    reading, begin, offset: clockOffsetSeconds * 1000,
    offlineFrom: from ?? (until === null ? Infinity : 0), offlineUntil: until ?? Infinity,
    length: until === null ? FARTHEST : Math.min(FARTHEST, until + AFTERWARDS),
  }
}

/** Lets the clocks advance to a later moment, and judges time and state by them. */
function look(run: Run, plan: Plan, elapsed: number): Run {
  const { memory, moment } = observe(run.memory, readingAt(plan, elapsed))
  return { ...run, memory, moment, due: followDue(run.due, nextAtOf(memory), moment), elapsed, checkedIn: false }
}

function readingAt({ reading, offset }: Plan, elapsed: number): ClockReading {
  return { ...reading, wall: reading.wall + elapsed + offset, uptime: reading.uptime + elapsed }
}

/** The license if it were checked in; what the license server would say to a verdict or an edited row, nobody knows. */
function checkedInOf({ holding, instanceId, stored: { license } }: Memory): { license: StoredLicense, lease: Lease } | null {
  if (holding.kind !== 'lease' || !license || !METHOD_RULES[license.method].checksIn) return null
  const { lease, verdict } = holding
  return verdict || lease.claims.instance_id !== instanceId ? null : { license, lease }
}

function isDue({ memory, moment, due }: Run): boolean {
  return checkedInOf(memory) !== null && (moment.inDoubt || (due !== null && due.uptime <= moment.reading.uptime))
}

function attempt(run: Run, plan: Plan): Run {
  const held = checkedInOf(run.memory)
  if (!held) return run
  const elapsed = run.elapsed + passedOver(run, plan, held.lease)
  const isOffline = elapsed >= plan.offlineFrom && elapsed < plan.offlineUntil
  // After the end of the term the license server has no lease to give.
  const isAnswered = !isOffline && plan.begin + elapsed < expiryOf(held.lease.claims) - LAST_SECONDS
  const after = isAnswered ? succeed(run, plan, held, elapsed) : fail(run, held)
  const due = dueDuringAttempt(nextAtOf(run.memory), run.moment)
  const next = look({ ...after, memory: { ...after.memory, doubt: endHold(after.memory.doubt) }, due }, plan, after.elapsed)
  const wait = (next.due?.uptime ?? Infinity) - next.moment.reading.uptime
  const asBefore = run.last?.succeeded === isAnswered && Math.abs(run.last.wait - wait) < 1
  return putOff({ ...next, last: { succeeded: isAnswered, wait, asBefore }, checkedIn: isAnswered }, plan)
}

function succeed(run: Run, plan: Plan, { license, lease }: { license: StoredLicense, lease: Lease }, elapsed: number): Run {
  // In whole ms, as clocks have it: a fraction less would be a second less.
  const iat = Math.floor(Math.round(plan.begin + elapsed) / 1000)
  const fresh: Lease = { ...lease, claims: { ...lease.claims, iat } }
  const reading = readingAt(plan, elapsed)
  const trusted = trustedAfter(run.memory, fresh, reading)
  const made = { at: trusted.at, nextAt: nextAfterLease(fresh.claims, trusted.at, UNIT) }
  const stored = { ...written(run.memory, withLease(license, fresh, made)), anchor: anchorAfter(fresh, reading) }
  const memory = withStoredLease(run.memory, fresh, trusted, stored, reading)
  return { ...run, memory, failuresSinceStart: null, elapsed }
}

function fail(run: Run, { license }: { license: StoredLicense }): Run {
  const now = run.moment.effective
  const failuresSinceStart = run.failuresSinceStart === null ? null : run.failuresSinceStart + 1
  const nextAt = retryOf(license, run.memory.holding, {
    now, promised: null, sinceStart: failuresSinceStart, retryAfterMs: null, unit: UNIT,
  })
  const stored = written(run.memory, withFailure(license, findingOf(NO_ANSWER, now), { at: now, nextAt }))
  return { ...run, memory: { ...run.memory, stored }, failuresSinceStart }
}

function written({ stored }: Memory, license: StoredLicense): Snapshot {
  return { ...stored, version: stored.version + 1, license }
}

function nextAtOf(memory: Memory): number | null {
  return memory.stored.license?.nextAt ?? null
}

/** As the scheduler records a new state; a doubt depends on the last one. */
function tellState(run: Run): Run {
  const { memory, moment } = run
  const change = recordState(moment.state)(memory.stored.license)
  if (change === 'stale' || !change.license) return run
  return { ...run, memory: { ...memory, stored: written(memory, change.license) } }
}

/** How long regular check-ins go on as they did, all of them answered, ms: the next one worth a look is that much later. */
function passedOver({ elapsed, last }: Run, plan: Plan, { claims }: Lease): number {
  if (!last?.succeeded || !last.asBefore || elapsed >= plan.offlineFrom && elapsed < plan.offlineUntil) return 0
  const down = plan.offlineFrom > elapsed ? plan.offlineFrom : Infinity
  return wholeWaits(Math.min(down, expiryOf(claims) - plan.begin, plan.length) - elapsed, last.wait)
}

/** Puts the next attempt off for as long as attempts go on failing at equal intervals. */
function putOff(next: Run, plan: Plan): Run {
  const { holding } = next.memory
  const { last, due, elapsed, moment: { effective } } = next
  if (!last || last.succeeded || !last.asBefore || !due || holding.kind !== 'lease') return next
  const pauses = pausesAt(holding.lease.claims) - effective
  // Whoever is paused tries more often.
  const changes = pauses > 0 ? elapsed + pauses / (1 + MAX_DRIFT) - last.wait : Infinity
  const end = Math.min(changes, plan.offlineUntil > elapsed ? plan.offlineUntil : Infinity, plan.length)
  return { ...next, due: { ...due, uptime: due.uptime + wholeWaits(end - elapsed - last.wait, last.wait) } }
}

/** As many whole waits as there is time for, less one, ms; none if they are few enough to be gone through. */
function wholeWaits(time: number, wait: number): number {
  const count = Math.floor(time / wait)
  return count > MANY && Number.isFinite(count) ? (count - 1) * wait : 0
}

/** How long until anything can come, ms: never too long, whichever way trusted time leans. */
function untilNext({ memory: { holding }, moment: { effective, reading }, due }: Run): number {
  const borders = holding.kind === 'lease' ? bordersOf(holding.lease.claims).map(at => at - effective).filter(left => left > 0) : []
  return Math.max(1, Math.min(...borders, due ? due.uptime - reading.uptime : Infinity) / (1 + MAX_DRIFT))
}

/** Only somebody's doing can change this state. */
function isFinal({ memory: { holding }, moment: { state }, elapsed }: Run, { begin }: Plan): boolean {
  if (holding.kind !== 'lease') return true
  return state === 'expired' ? begin + elapsed >= expiryOf(holding.lease.claims) : !BECAUSE.has(state)
}

/** Why states come about that come with time alone. */
const BECAUSE: ReadonlyMap<LicenseState, Foreseen['because']> = new Map<LicenseState, Foreseen['because']>([
  ['active', 'checked_in'], ['grace', 'check_in_missed'], ['paused', 'grace_over'], ['expired', 'term_over'],
])

function becauseOf({ memory, moment, checkedIn }: Run, { offset }: Plan): Foreseen['because'] {
  if (checkedIn) return 'checked_in'
  const { effective } = judgeTime(memory.trusted, isAnchored(memory, moment.reading), moment.wall - offset)
  const byRightClock = stateOf(memory.holding, memory.instanceId, effective)
  return byRightClock === moment.state ? BECAUSE.get(moment.state) ?? 'clock' : 'clock'
}

function foreseen({ moment: { state, entitled }, elapsed }: Run, plan: Plan, because: Foreseen['because']): Foreseen {
  return { at: isoTime(plan.begin + elapsed), state, entitled, clock: isoTime(readingAt(plan, elapsed).wall), because }
}
