import { beforeEach, describe, expect, it } from 'vitest'
import type { Supposition } from '../../../shared/contracts.ts'
import { LONGEST_CLOCK_OFFSET } from '../../../shared/contracts.ts'
import { DAY, HOUR, offlineToken, OTHER_INSTANCE } from '../../support/claims.ts'
import { failCommits } from '../../support/holding.ts'
import { EVERY, GRACE, offline, save, SECOND, standard } from '../../support/installation.ts'
import { createFixedRandom } from '../../support/random.ts'
import { START } from '../../support/simulated-clock.ts'
import { verifySynchronously } from '../../support/signing.ts'
import { AIRGAPPED_KEY, failure, KEY, licenseAt } from '../../support/simulated-vendor.ts'
import type { VendorLicense } from '../../support/simulated-vendor.ts'
import type { World } from '../../support/world.ts'
import { ADMIN, createWorld } from '../../support/world.ts'

beforeEach(verifySynchronously)

const iso = (ms: number) => new Date(ms).toISOString()
const DUE = EVERY * SECOND
const PAUSES = (EVERY + GRACE) * SECOND
const YEAR = 365 * DAY
/** While paused, it is tried this often at least. */
const RETRY = 15 * 60 * SECOND

async function licensed(terms: Partial<VendorLicense>, key = KEY): Promise<World> {
  const world = await createWorld({ random: createFixedRandom(0.5) })
  world.vendor.licenses.set(key, licenseAt(world.clock, 'lic_own', terms))
  await world.service.save({ credential: key, actor: ADMIN })
  return world
}
async function airgapped(): Promise<World> {
  const world = await createWorld()
  await save(world, AIRGAPPED_KEY)
  return world
}

/** Times in ms from now. */
function ahead(world: World, { from, until, offset }: { from?: number, until?: number, offset?: number } = {}) {
  const now = world.clock.real()
  const supposition: Supposition = {
    ...(from === undefined ? {} : { offlineFrom: iso(now + from) }), ...(until === undefined ? {} : { offlineUntil: iso(now + until) }),
    ...(offset === undefined ? {} : { clockOffsetSeconds: offset / SECOND }),
  }
  return world.service.rehearse(supposition)
}
const told = ({ states }: ReturnType<typeof ahead>) => states.map(({ state, because }) => `${state}: ${because}`)
const at = ({ states }: ReturnType<typeof ahead>, index: number) => Date.parse(states[index]?.at ?? '') - START

const ACTIVE = 'active: now'
const GRACE_BEGINS = 'grace: check_in_missed'
const PAUSED = 'paused: grace_over'
const BACK = 'active: checked_in'
const ENDS = 'expired: term_over'

describe('a standard license without internet access', () => {
  it('for as long as until the next check-in notices nothing', async () => {
    expect(told(ahead(await standard(), { until: 5 * HOUR }))).toEqual([ACTIVE])
  })

  it('for 3 days keeps its features', async () => {
    const seen = ahead(await standard(), { until: 3 * DAY })
    expect(told(seen)).toEqual([ACTIVE, GRACE_BEGINS, BACK])
    expect(seen.states.every(({ entitled }) => entitled)).toBe(true)
    expect(seen).toMatchObject({ from: iso(START), until: iso(START + 4 * DAY) })
  })

  it('for 10 days pauses after the grace period, and resumes by itself soon after the internet is back', async () => {
    const seen = ahead(await standard(), { until: 10 * DAY })
    expect(told(seen)).toEqual([ACTIVE, GRACE_BEGINS, PAUSED, BACK])
    expect([at(seen, 0), at(seen, 1), at(seen, 2)]).toEqual([0, DUE, PAUSES])
    expect(at(seen, 3)).toBeGreaterThanOrEqual(10 * DAY)
    expect(at(seen, 3)).toBeLessThanOrEqual(10 * DAY + RETRY)
    expect(seen.states.map(({ entitled }) => entitled)).toEqual([true, true, false, true])
  })

  it('from a day in the future is active until the check-in that is missed then', async () => {
    const seen = ahead(await standard(), { from: 30 * DAY, until: 40 * DAY })
    expect(told(seen)).toEqual([ACTIVE, GRACE_BEGINS, PAUSED, BACK])
    expect(at(seen, 1)).toBeGreaterThan(30 * DAY)
    expect(at(seen, 1)).toBeLessThanOrEqual(30 * DAY + DUE)
    expect(at(seen, 2) - at(seen, 1)).toBe(GRACE * SECOND)
  })

  it('for good pauses, and ends with its term', async () => {
    const seen = ahead(await standard(), { from: 0 })
    expect(told(seen)).toEqual([ACTIVE, GRACE_BEGINS, PAUSED, ENDS])
    expect(at(seen, 3)).toBe(YEAR)
    expect(seen.until).toBe(iso(START + 400 * DAY))
  })

  it('past the end of its term does not come back', async () => {
    const world = await licensed({ exp: (START + 20 * DAY) / SECOND })
    expect(told(ahead(world, { until: 25 * DAY }))).toEqual([ACTIVE, GRACE_BEGINS, PAUSED, ENDS])
    expect(told(ahead(world, { from: 19 * DAY, until: 25 * DAY }))).toEqual([ACTIVE, GRACE_BEGINS, ENDS])
  })

  it('goes on from wherever it is: in the middle of an outage, and paused', async () => {
    const world = await standard()
    world.vendor.failing = failure('NET_CONNECT')
    world.clock.advance(DUE + HOUR)
    await world.tick()
    await world.tick()
    expect(told(ahead(world, { until: HOUR }))).toEqual(['grace: now', BACK])
    world.clock.advance(7 * DAY)
    await world.tick()
    await world.tick()
    const seen = ahead(world, { until: DAY })
    expect(told(seen)).toEqual(['paused: now', BACK])
    expect(Date.parse(seen.states[1]?.at ?? '') - world.clock.real() - DAY).toBeLessThanOrEqual(RETRY)
  })

  it('that could not be written is the license all the same', async () => {
    const world = await standard()
    failCommits(world.store, 'check_in_succeeded')
    world.clock.advance(DUE)
    await world.tick()
    await world.tick()
    expect(world.service.moment().state).toBe('active')
    const seen = ahead(world, { until: 10 * DAY })
    expect(told(seen)).toEqual([ACTIVE, GRACE_BEGINS, PAUSED, BACK])
    expect(at(seen, 1)).toBe(2 * DUE)
  })
})

describe('what is not given', () => {
  it('with nothing, only the end of the term is to come', async () => {
    const seen = ahead(await standard())
    expect(told(seen)).toEqual([ACTIVE, ENDS])
    expect(at(seen, 1)).toBe(YEAR)
  })

  it('an end alone begins now, and so does a beginning that has passed', async () => {
    const world = await standard()
    const expected = ahead(world, { from: 0, until: 10 * DAY })
    expect(ahead(world, { until: 10 * DAY })).toEqual(expected)
    expect(ahead(world, { from: -20 * DAY, until: 10 * DAY })).toEqual(expected)
  })

  it('an outage that is over changes nothing', async () => {
    expect(told(ahead(await standard(), { from: -20 * DAY, until: -10 * DAY }))).toEqual([ACTIVE])
  })
})

describe('a license that makes no check-ins', () => {
  it.each([['airgapped', airgapped], ['offline', () => offline(30 * DAY)]] as const)('%s: the internet makes no difference', async (_, make) => {
    const world = await make()
    expect(told(ahead(world, { until: 10 * DAY }))).toEqual([ACTIVE])
    expect(told(ahead(world, { from: 0 }))).toEqual([ACTIVE, ENDS])
    expect(ahead(world, { from: 0 })).toEqual(ahead(world))
    expect(world.vendor.callsOf('renew')).toEqual([])
  })
})

describe('a state that time alone cannot change goes on', () => {
  it('without a license', async () => {
    expect(told(ahead(await createWorld(), { from: 0, offset: YEAR }))).toEqual(['unlicensed: now'])
  })

  it.each(['revoked', 'suspended', 'bound_elsewhere'] as const)('after a verdict: %s', async (verdict) => {
    const world = await standard()
    Object.assign(world.vendor.licenses.get(KEY) ?? {}, { verdict })
    await world.service.checkIn(ADMIN)
    const { state } = world.service.moment()
    expect(told(ahead(world, { until: 10 * DAY }))).toEqual([`${state}: now`])
    expect(told(ahead(world, { from: 0, offset: 2 * YEAR }))).toEqual([`${state}: now`])
  })

  it('of another installation, and of one that does not verify', async () => {
    for (const [instanceId, lease] of [[OTHER_INSTANCE, null], [null, 'edited.by.hand']]) {
      const world = await standard()
      const row = await world.store.read()
      if (lease && row.license) {
        const license = { ...row.license, lease }
        await world.store.commit({
          if: { revision: row.revision }, change: () => ({ license, visible: true }),
          event: { kind: 'activated', at: START, actor: 'system', actorEmail: null, address: null, details: {}, finding: null },
        })
      }
      await world.boot(instanceId ? { instanceId } : {})
      expect(told(ahead(world, { until: 10 * DAY }))).toEqual([instanceId ? 'mismatch: now' : 'invalid: now'])
    }
  })

  it('after the end of its term', async () => {
    const world = await offline(HOUR)
    world.clock.advance(2 * HOUR)
    expect(told(ahead(world, { offset: DAY }))).toEqual(['expired: now'])
  })
})

describe('a clock that is wrong', () => {
  const TEN_YEARS = LONGEST_CLOCK_OFFSET * SECOND

  it.each([TEN_YEARS, 20 * DAY, HOUR, -HOUR, -20 * DAY, -TEN_YEARS])('by %i ms makes no difference in a process that the license server has answered', async (offset) => {
    const seen = ahead(await standard(), { offset })
    expect(told(seen)).toEqual([ACTIVE, ENDS])
    // Trusted time leans towards the clock from check-in to check-in.
    expect(Math.abs(at(seen, 1) - YEAR)).toBeLessThan(15 * SECOND)
    expect(seen.states[0]?.clock).toBe(iso(START + offset))
  })

  it('and ahead makes no difference either in one that has just started, as the server is asked at once', async () => {
    const world = await standard()
    await world.boot()
    expect(told(ahead(world, { offset: 20 * DAY }))).toEqual([ACTIVE, ENDS])
    expect(told(ahead(world, { offset: 2 * YEAR }))).toEqual([ACTIVE, ENDS])
  })

  it('and ahead takes its features if the server cannot be asked, until it can be', async () => {
    const world = await standard()
    await world.boot()
    const seen = ahead(world, { offset: 20 * DAY, until: DAY })
    expect(told(seen)).toEqual([ACTIVE, 'paused: clock', BACK])
    expect(at(seen, 1)).toBe(0)
    expect(at(seen, 2) - DAY).toBeLessThanOrEqual(RETRY)
    expect(told(ahead(world, { offset: 2 * YEAR, until: DAY }))).toEqual([ACTIVE, 'expired: clock', BACK])
    expect(told(ahead(world, { offset: DAY, until: HOUR }))).toEqual([ACTIVE, 'grace: clock', BACK])
  })

  it('and ahead makes no difference where replicas share a clock either', async () => {
    const world = await createWorld()
    const { clock } = world
    await world.boot({ clock: { ...clock, read: () => ({ ...clock.read(), shared: true }) } })
    await save(world, KEY)
    expect(told(ahead(world, { offset: 20 * DAY }))).toEqual([ACTIVE, ENDS])
    expect(told(ahead(world, { offset: 2 * YEAR }))).toEqual([ACTIVE, ENDS])
  })

  it('and behind gains nothing', async () => {
    const world = await standard()
    await world.boot()
    const seen = ahead(world, { offset: -20 * DAY, until: 10 * DAY })
    expect(told(seen)).toEqual([ACTIVE, GRACE_BEGINS, PAUSED, BACK])
    // Five minutes a week.
    expect(at(seen, 2) - PAUSES).toBeGreaterThanOrEqual(0)
    expect(at(seen, 2) - PAUSES).toBeLessThan(6 * 60 * SECOND)
    const token = await offline(30 * DAY)
    expect(told(ahead(token, { offset: -TEN_YEARS }))).toEqual([ACTIVE, ENDS])
  })

  it('and ahead ends an offline license, whose time nobody confirms; a right one gives it back', async () => {
    const world = await offline(30 * DAY)
    const seen = ahead(world, { offset: 31 * DAY })
    expect(told(seen)).toEqual([ACTIVE, 'expired: clock'])
    expect(seen.states[1]).toEqual({ at: iso(START), clock: iso(START + 31 * DAY), state: 'expired', entitled: false, because: 'clock' })
    const sooner = ahead(world, { offset: 10 * DAY })
    expect(told(sooner)).toEqual([ACTIVE, 'expired: clock'])
    expect(at(sooner, 1)).toBe(20 * DAY)
    world.clock.shiftWall(40 * DAY)
    expect(told(ahead(world))).toEqual(['expired: now'])
    expect(told(ahead(world, { offset: -40 * DAY }))).toEqual(['expired: now', 'active: clock', ENDS])
  })

  it('without a boot ID, by which uptime could be trusted, still comes to an end', async () => {
    const world = await standard()
    const { read } = world.clock
    world.clock.read = () => ({ ...read(), boot: null })
    await world.boot()
    expect(told(ahead(world, { from: 0 })).at(-1)).toBe(ENDS)
  })
})

describe('a rehearsal', () => {
  it('changes nothing, calls nobody, and is the same every time', async () => {
    const world = await standard()
    world.clock.advance(DUE)
    const before = [JSON.stringify(await world.store.read()), world.log.length, world.vendor.calls.length, world.store.events.length]
    const first = ahead(world, { until: 10 * DAY, offset: DAY })
    expect(ahead(world, { until: 10 * DAY, offset: DAY })).toEqual(first)
    expect([JSON.stringify(await world.store.read()), world.log.length, world.vendor.calls.length, world.store.events.length]).toEqual(before)
    await world.tick()
    expect(world.service.moment().state).toBe('active')
  })

  it('looks 400 days ahead at most', async () => {
    const world = await offline(2 * YEAR)
    expect(ahead(world).until).toBe(iso(START + 400 * DAY))
    expect(ahead(world, { from: 500 * DAY, until: 3000 * DAY })).toMatchObject({ until: iso(START + 400 * DAY), states: [{ state: 'active' }] })
    expect(world.service.rehearse({ offlineFrom: '9999-12-31T23:59:59Z', offlineUntil: '9999-12-31T23:59:59Z' }).until).toBe(iso(START + 400 * DAY))
  })

  it.each([['began and ended in the past', -3 * DAY, -2 * DAY], ['ended in the past', undefined, -2 * DAY], ['ends now', -2 * DAY, 0]])(
    'of an outage that %s looks a day ahead from now', async (_, from, until) => {
      const seen = ahead(await standard(), { ...(from === undefined ? {} : { from }), until })
      expect(seen).toMatchObject({ from: iso(START), until: iso(START + DAY) })
      expect(told(seen)).toEqual([ACTIVE])
    })

  it.each([[2, 0], [2, 60], [7, 3], [20, 60], [3600, 0], [86_400 * 366, 86_400 * 366]])('of a lease checked in every %i s, with %i s of grace, is done at once', async (every, grace) => {
    const world = await licensed({ every, grace })
    for (const offset of [0, YEAR, -YEAR]) {
      let quickest = Infinity
      // Load can only add time.
      for (let run = 0; run < 3; run++) {
        const begun = performance.now()
        const seen = ahead(world, { from: 100 * DAY, until: 300 * DAY, offset })
        quickest = Math.min(quickest, performance.now() - begun)
        expect(Date.parse(seen.until) - START).toBe(301 * DAY)
        expect(told(seen)).toEqual(every > 301 * 86_400 ? [ACTIVE] : grace === 0 ? [ACTIVE, PAUSED, BACK] : [ACTIVE, GRACE_BEGINS, PAUSED, BACK])
      }
      expect(quickest).toBeLessThan(1000)
    }
  })

  it('of a check-in that is under way takes it for due', async () => {
    const world = await licensed({ every: 20, grace: 60 })
    world.vendor.beforeAnswer = () => new Promise(() => {})
    world.clock.advance(25 * SECOND)
    await world.service.tick()
    expect(told(ahead(world, { until: -DAY }))).toEqual(['grace: now', BACK])
    expect(at(ahead(world, { until: -DAY }), 1)).toBe(25 * SECOND)
  })

  it('of an offline license begins when it was asked for', async () => {
    const world = await createWorld()
    await save(world, offlineToken({ instance_id: world.service.instanceId }))
    world.clock.advance(3 * DAY)
    expect(ahead(world)).toMatchObject({ from: iso(START + 3 * DAY), states: [{ at: iso(START + 3 * DAY) }, { at: iso(START + YEAR) }] })
  })
})
