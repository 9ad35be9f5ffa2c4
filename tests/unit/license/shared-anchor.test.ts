import { beforeEach, describe, expect, it } from 'vitest'
import { createDatabaseClock } from '../../../server/runtime/system-clock.ts'
import { MAX_DRIFT } from '../../../server/license/trusted-time.ts'
import { followAnchor, leaningBy, movedAnchor, timeBy, withAnchor } from '../../../server/license/shared-anchor.ts'
import type { ClockReading } from '../../../server/license/ports.ts'
import { DAY, HOUR } from '../../support/claims.ts'
import { createReplicas } from '../../support/replicas.ts'
import { verifySynchronously } from '../../support/signing.ts'
import { START } from '../../support/simulated-clock.ts'
import { failCommits } from '../../support/holding.ts'
import { failure, KEY, licenseAt } from '../../support/simulated-vendor.ts'
import { ADMIN } from '../../support/world.ts'

beforeEach(verifySynchronously)

const at = (elapsed: number, ahead = 0): ClockReading => ({ wall: START + elapsed + ahead, uptime: 5000 + elapsed, boot: 'a', shared: true })
const anchor = { jti: 'jti-1', at: START - 300_000, wall: START }

describe('the anchor that replicas share', () => {
  it('tells the time by the shared clock, from what the vendor signed', () => {
    const held = withAnchor(null, anchor, 'jti-1', at(0), null)
    expect(held && timeBy(held, at(HOUR))).toBe(START - 300_000 + HOUR)
  })

  it('belongs to one lease', () => {
    expect(withAnchor(null, anchor, 'jti-2', at(0), null)).toBeNull()
    expect(withAnchor(null, null, 'jti-1', at(0), null)).toBeNull()
  })

  it.each([
    ['goes on', HOUR, 0, false], ['drifts by half a second', HOUR, 500, false], ['jumps ahead', 1000, DAY, true], ['jumps back', 1000, -DAY, true],
    ['is steered in small steps', HOUR, 9000, true],
  ])('when the clock %s', (_, elapsed, ahead, broken) => {
    const held = withAnchor(null, anchor, 'jti-1', at(0), null)
    expect(held && followAnchor(held, at(elapsed, ahead), null).broken).toBe(broken)
  })

  it('is broken by a clock that was set back while nobody was looking', () => {
    const held = withAnchor(null, anchor, 'jti-1', at(0, -DAY), null)
    expect(held && followAnchor(held, at(0, -DAY), START - 300_000).broken).toBe(true)
  })

  it.each([
    ['a moment ago', 1000, 0, false], ['by a replica that took half a minute to store it', 1000, 29_000, false],
    ['an hour ago, as far as this process knows', HOUR, HOUR, false], ['a day ago by the clock, and a moment ago by uptime', 1000, DAY, true],
  ])('is believed by another replica if it was made %s', (_, sinceLook, sinceMade, broken) => {
    const read = { ...at(0), uptime: 5000 + sinceLook, wall: START + sinceMade }
    expect(withAnchor(null, anchor, 'jti-1', read, at(0))?.broken).toBe(broken)
    expect(withAnchor(null, anchor, 'jti-1', read, { ...at(0), boot: 'b' })?.broken).toBe(false)
  })

  it('is not believed where a reading is of this machine\'s own clock', () => {
    const held = withAnchor(null, anchor, 'jti-1', at(0), null)
    const { shared: _, ...own } = at(1000)
    expect(held && followAnchor(held, own, null).broken).toBe(true)
  })

  it('is followed as before when it is read again, and anew when another begins', () => {
    const held = withAnchor(null, anchor, 'jti-1', at(0), null)
    const broken = held && { ...held, broken: true }
    expect(withAnchor(broken, { ...anchor }, 'jti-1', at(HOUR), at(HOUR))).toBe(broken)
    expect(withAnchor(broken, { ...anchor, wall: START + 1 }, 'jti-1', at(HOUR), null)).toEqual({ anchor: { ...anchor, wall: START + 1 }, since: at(HOUR), broken: false })
  })

  it('may be as old as the time since nobody had it, and half a minute, allowing for a clock that runs a little fast', () => {
    const judgedAt = (age: number) => withAnchor(null, { ...anchor, at: START, wall: START }, 'jti-1', { ...at(HOUR), wall: START + age }, at(0))?.broken
    const longest = (HOUR + 30_000) * (1 + MAX_DRIFT)
    expect([HOUR + 30_000, longest, longest + 1].map(judgedAt)).toEqual([false, false, true])
  })

  it('survives a difference of five seconds, from trusted time or from uptime, and not of more', () => {
    const held = withAnchor(null, anchor, 'jti-1', at(0), null)
    const brokenBy = (reading: ClockReading, atLeast: number | null = null) => held && followAnchor(held, reading, atLeast).broken
    expect([5000, 5001].map(behind => brokenBy(at(0), START - 300_000 + behind))).toEqual([false, true])
    expect([5000, 5001, -5000, -5001].map(ahead => brokenBy(at(0, ahead)))).toEqual([false, true, false, true])
    expect(brokenBy({ ...at(0, DAY), boot: 'b' })).toBe(false)
  })

  it('goes on from a later reading, or not at all once it is broken', () => {
    const held = withAnchor(null, anchor, 'jti-1', at(0), null)
    expect(movedAnchor(held, at(HOUR))).toEqual({ jti: 'jti-1', at: START - 300_000 + HOUR, wall: START + HOUR })
    expect(movedAnchor(held && { ...held, broken: true }, at(HOUR))).toBeNull()
    expect(movedAnchor(null, at(HOUR))).toBeNull()
  })

  it('is what trusted time leans towards while it holds', () => {
    const held = withAnchor(null, anchor, 'jti-1', at(0), null)
    expect(leaningBy(held, at(HOUR))).toEqual({ ...at(HOUR), wall: START - 300_000 + HOUR })
    expect(leaningBy(held && { ...held, broken: true }, at(HOUR))).toEqual(at(HOUR))
    expect(leaningBy(null, at(HOUR))).toEqual(at(HOUR))
  })
})

/** Replicas on machines whose own clocks are wrong, each in its way, and a database whose clock a test can move. */
async function household(databaseAhead = 0) {
  const database = { ahead: databaseAhead }
  const wrong = [0, 7 * 60_000, -40 * 60_000, 9 * DAY]
  const samples: (() => Promise<void>)[] = []
  const replicas = await createReplicas(4, {
    databaseAhead: () => database.ahead,
    clockOf(shared, n, now) {
      const machine = { read: () => ({ ...shared.read(), wall: shared.read().wall + (wrong[n % 4] ?? 0), boot: `boot-${n}` }), passedSince: () => null, sample: async () => undefined }
      const clock = createDatabaseClock(machine, async () => now())
      samples.push(clock.sample)
      return clock
    },
  })
  const license = licenseAt(replicas.clock, 'lic_short', { every: 300, grace: 900 })
  replicas.vendor.licenses.set(KEY, license)
  const sample = async () => { for (const each of samples) await each() }
  await sample()
  await replicas.all[0]?.service.save({ credential: KEY, actor: ADMIN })
  await replicas.run(1000)
  const states = () => replicas.all.map(({ service }) => service.view('admin').state)
  const flapped = () => replicas.store.events.filter(({ kind }) => kind === 'state_changed')
  const run = async (ms: number, watch?: () => void) => {
    for (let passed = 0; passed < ms; passed += 2000) {
      await sample()
      await replicas.run(Math.min(2000, ms - passed), watch)
    }
  }
  /** Nothing is sampled but what the replicas themselves ask for. */
  const runUnsampled = replicas.run
  return { ...replicas, database, samples, sample, run, runUnsampled, states, flapped }
}

describe('replicas whose clocks differ', () => {
  it('F55: by minutes and days, decide as one, and nothing flaps', async () => {
    const { run, states, flapped, vendor, all } = await household()
    await run(310_000)
    expect(vendor.callsOf('checkIn')).toHaveLength(1)
    vendor.failing = failure('NET_DNS')
    await run(400_000, () => expect(new Set(states()).size).toBe(1))
    expect(states()).toEqual(['grace', 'grace', 'grace', 'grace'])
    expect(flapped().map(({ details }) => details.to)).toEqual(['grace'])
    const times = all.map(({ service }) => service.moment().effective)
    expect(Math.max(...times) - Math.min(...times)).toBeLessThan(1000)
  })

  it('F55: a database whose clock is eight days ahead pauses nobody, not even one that is started later', async () => {
    const { run, states, start, sample, all } = await household(8 * DAY)
    await start()
    await sample()
    await run(30_000, () => expect(new Set(states())).toEqual(new Set(['active'])))
    expect(all).toHaveLength(5)
  })

  it('F55: when the database\'s clock jumps ahead, all check with the vendor at once, by one call, and go on', async () => {
    const { run, states, database, vendor, flapped } = await household()
    await run(60_000)
    database.ahead = 8 * DAY
    await run(60_000, () => expect(new Set(states())).toEqual(new Set(['active'])))
    expect(vendor.callsOf('checkIn')).toHaveLength(1)
    await run(100_000, () => expect(new Set(states())).toEqual(new Set(['active'])))
    expect(vendor.callsOf('checkIn')).toHaveLength(1)
    expect(flapped()).toEqual([])
  })

  it.each([['ahead', 8 * DAY], ['back', -8 * DAY]])('F55: when it jumps %s and the vendor does not answer, no anchor is left for one that starts', async (_, jump) => {
    const { run, database, vendor, store } = await household()
    await run(10_000)
    expect((await store.read()).anchor).not.toBeNull()
    vendor.failing = failure('NET_DNS')
    database.ahead = jump
    await run(10_000)
    expect((await store.read()).anchor).toBeNull()
  })

  it('F55: when it is set back, nothing is gained', async () => {
    const { run, states, database, vendor } = await household()
    await run(60_000)
    vendor.failing = failure('NET_DNS')
    database.ahead = -8 * DAY
    await run(1_250_000)
    expect(new Set(states())).toEqual(new Set(['paused']))
  })
})

describe('replicas that have not seen yet that the database\'s clock has jumped', () => {
  type Household = Awaited<ReturnType<typeof household>>
  /** How far the times of all replicas are from the real one at most, ms. */
  const furthest = ({ all, clock }: Household) => Math.max(...all.map(({ service }) => Math.abs((service.moment().trusted ?? 0) - clock.real())))
  const checkIn = ({ all }: Household, n: number) => all[n]?.service.checkIn(ADMIN)

  it('F55: go by an answer of one that has, and not by how far its clock is from theirs', async () => {
    const home = await household(8 * DAY)
    home.database.ahead = 0
    await home.start()
    await home.samples.at(-1)?.()
    await checkIn(home, 4)
    await home.runUnsampled(1000)
    expect(home.states()).toEqual(['active', 'active', 'active', 'active', 'active'])
    expect(furthest(home)).toBeLessThan(5000)
  })

  it('F55: mislead nobody when they answer', async () => {
    const home = await household()
    home.database.ahead = 8 * DAY
    for (const sample of home.samples.slice(1)) await sample()
    await checkIn(home, 0)
    await home.runUnsampled(1000)
    expect(home.states()).toEqual(['active', 'active', 'active', 'active'])
    expect(furthest(home)).toBeLessThan(5000)
  })

  it.each([['at once, by days', 0, 8 * DAY], ['after minutes of quiet, by as much', 200_000, 190_000]])(
    'F55: mislead nobody when it jumps at the moment in which their answer is stored: %s', async (_, quiet, jump) => {
      const home = await household()
      await home.run(quiet)
      const { store, database } = home
      const { commit } = store
      store.commit = (input) => {
        database.ahead = jump
        return commit(input)
      }
      await checkIn(home, 3)
      store.commit = commit
      await home.run(4000, () => expect(furthest(home)).toBeLessThan(5000))
      expect(home.states()).toEqual(['active', 'active', 'active', 'active'])
    })

  /** The answer of one cannot be stored for four minutes. */
  async function storedLate() {
    const home = await household()
    const restore = failCommits(home.store, 'check_in_succeeded')
    await checkIn(home, 3)
    await home.run(250_000)
    restore()
    return home
  }

  it('F62: mislead nobody when it jumps before their answer is stored', async () => {
    const home = await storedLate()
    home.database.ahead = 8 * DAY
    await home.run(4000, () => expect(furthest(home)).toBeLessThan(5000))
    expect(home.states()).toEqual(['active', 'active', 'active', 'active'])
  })

  it('F62: leave behind no anchor to a clock that has jumped before their answer is stored, for others to start by', async () => {
    const home = await storedLate()
    const { store, database } = home
    const { commit } = store
    const anchors: unknown[] = []
    store.commit = (input) => {
      if (input.trusted) anchors.push(input.anchor)
      return commit(input)
    }
    database.ahead = DAY
    await home.run(4000)
    expect(anchors.length).toBeGreaterThan(0)
    expect(anchors[0]).toBeUndefined()
  })

  it('F62: all go by an answer that is stored late', async () => {
    const home = await storedLate()
    await home.run(4000, () => expect(furthest(home)).toBeLessThan(5000))
    const { anchor: stored, license } = await home.store.read()
    expect(stored?.jti).toBe(license?.jti)
  })
})
