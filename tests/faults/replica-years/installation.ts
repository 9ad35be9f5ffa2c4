import { createMemoryStore } from '../../support/memory-store.ts'
import { INSTANCE } from '../../support/claims.ts'
import { createSeededRandom } from '../../support/random.ts'
import { START } from '../../support/simulated-clock.ts'
import { createFate } from './fate.ts'
import { createHappenings } from './happenings.ts'
import type { Machine } from './happenings.ts'
import { createJudge } from './judge.ts'
import { createMachineClock, startProcess } from './process.ts'
import { createTimeline } from './timeline.ts'
import { createVendor } from './vendor.ts'
import type { License } from './vendor.ts'
import type { Defects, World } from './world.ts'

/* One installation, for one year, from one seed. */

const DAY = 86_400_000
const YEAR = 365 * DAY
const LAST_LINES = 60
const NOT_STORED = 300_000

/** Check-in intervals and grace periods, s: now and then the real ones, and mostly longer ones, in whose years more befalls each check-in. */
const REAL = { every: 21_600, grace: 604_800 }
const RHYTHMS = [REAL, ...[3, 7, 7, 14, 14].flatMap(days => Array.from({ length: 6 }, () => ({ every: days * 86_400, grace: 604_800 })))]

export interface Year {
  seed: number
  /** What went wrong, with the end of the trace, or null. */
  violation: string | null
  story: readonly string[]
  /** Stands for the whole trace. */
  fingerprint: string
  events: number
  calls: number
  extraCalls: number
  states: ReadonlyMap<string, number>
}

/** Lives through a year, or until something is wrong. `wholeStory` keeps the whole trace instead of its end. */
export async function liveYear(seed: number, defects: Defects = {}, wholeStory = false): Promise<Year> {
  const fate = createFate(seed)
  const timeline = createTimeline(START)
  const trace = createTrace(() => timeline.now, wholeStory)
  const random = createSeededRandom(seed)
  const database = createDatabase(() => timeline.now, fate.between(-50, 50) * 1e-6)
  const { store } = database
  await store.installation({ instanceId: INSTANCE, sessionSecret: 'secret', createdAt: START })
  const rhythm = fate.pick(RHYTHMS)
  const licenses = ['lic_one', 'lic_two'].map((sub): License => ({
    sub, key: `nc_key_of_${sub}_0123456789`, seq: 0, exp: Math.floor(START / 1000) + fate.between(60, 400) * 86_400, ...rhythm, verdict: null,
  }))
  const vendor = createVendor({ licenses, instanceId: INSTANCE, ...(defects.noGrace ? { signedGrace: () => 0 } : {}) })
  const troubles = createTroubles(() => timeline.now)
  let disturbedAt = START
  const machines: Machine[] = []
  const judge = createJudge({ vendor, now: () => timeline.now, calmSince: troubles.since, misled: database.misled })
  const world: World = {
    timeline, fate, random, database, vendor, vendorUp: true, judge, defects, instanceId: INSTANCE,
    tell: trace.tell,
    strike: (process, point) => happenings.strike(process, point),
    disturb() {
      disturbedAt = timeline.now
      for (const { process } of machines) process?.wake()
    },
    isCalm: since => disturbedAt < since,
  }
  const isWatched = () => machines.some(({ process, line }) => process?.service && !process.frozen && line) && database.up
  const happenings = createHappenings({
    world, machines, clockJumps: fate.chance(0.3), every: fate.around(2 * DAY, 20 * DAY), trouble: troubles.begin,
    moveClock: by => database.move(by, isWatched()),
  })
  const replicas = fate.between(2, 5)
  for (let n = 0; n < replicas; n++) {
    const clock = createMachineClock(() => timeline.now, { rate: 1 + fate.between(-100, 100) * 1e-6, wallAhead: fate.between(-5, 5) * 60_000 }, n)
    const machine: Machine = { n, clock, line: true, route: true, process: null, starts: 0 }
    machines.push(machine)
    startProcess(world, machine)
  }
  timeline.at(START + 10_000, happenings.begin)
  let events = 0
  let [watched, watchedAt] = [false, START]
  await timeline.run(START + YEAR, () => {
    events++
    if (!watched) database.wasUnwatched(watchedAt)
    watched = isWatched()
    watchedAt = timeline.now
    for (const { process } of machines) {
      if (!process?.touched) continue
      process.touched = false
      judge.look(process)
    }
  }, () => judge.violation !== null)
  const { violation, calls, extraCalls, states } = judge
  return { seed, violation, story: trace.lines(), fingerprint: trace.fingerprint(), events, calls, extraCalls, states }
}

function createDatabase(now: () => number, drift: number) {
  let ahead = 0
  const jumps: { at: number, by: number, seen: boolean }[] = []
  const unwatched: { from: number, to: number }[] = []
  const time = () => now() + ahead + (now() - START) * drift
  return {
    store: createMemoryStore({ databaseTime: time }), up: true, time,
    get movedAt() { return jumps.at(-1)?.at ?? -Infinity },
    /** Nobody has seen its clock since then. */
    wasUnwatched(from: number) {
      const last = unwatched.at(-1)
      if (last?.to === from) last.to = now()
      else unwatched.push({ from, to: now() })
    },
    move(by: number, seen: boolean) {
      ahead += by
      jumps.push({ at: now(), by, seen })
    },
    /**
     * A jump that nobody saw is believed until the license server has answered. A clock that was set back gains the time during which
     * nobody watched it, and at a start what was not stored yet; one that has been behind all along, no more than it is behind.
     */
    misled(since: number) {
      const after = jumps.filter(({ at }) => at >= since)
      const sum = (sign: number) => after.reduce((all, { by, seen }) => all + (seen ? 0 : Math.max(0, sign * by)), 0)
      const setBack = after.some(({ by }) => by < 0)
      const gained = unwatched.reduce((all, { from, to }) => all + Math.max(0, to - Math.max(from, since)), 0)
      const most = setBack ? Infinity : Math.max(0, now() - time())
      return { ahead: sum(1), behind: sum(-1) + Math.min(most, gained + NOT_STORED) }
    },
  }
}

/** Since when nothing is wrong anywhere. */
function createTroubles(now: () => number) {
  let open = 0
  let since = START
  return {
    since: () => open > 0 ? Infinity : since,
    begin() {
      open++
      return () => {
        open--
        since = now()
      }
    },
  }
}

function createTrace(now: () => number, whole: boolean) {
  const lines: string[] = []
  let hash = 0x811c9dc5
  return {
    tell(who: string, what: string) {
      const line = `${((now() - START) / 1000).toFixed(3)} s, ${who}: ${what}`
      for (let at = 0; at < line.length; at++) hash = Math.imul(hash ^ line.charCodeAt(at), 0x01000193)
      lines.push(line)
      if (!whole && lines.length > 2 * LAST_LINES) lines.splice(0, LAST_LINES)
    },
    lines: () => whole ? lines : lines.slice(-LAST_LINES),
    fingerprint: () => (hash >>> 0).toString(16).padStart(8, '0'),
  }
}
