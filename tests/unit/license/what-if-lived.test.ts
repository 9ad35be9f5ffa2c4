import fc from 'fast-check'
import { beforeEach, expect, it } from 'vitest'
import type { LicenseState } from '../../../shared/contracts.ts'
import { isoTime } from '../../../server/license/warnings.ts'
import { HOUR, offlineToken } from '../../support/claims.ts'
import { SECOND } from '../../support/installation.ts'
import { createFixedRandom } from '../../support/random.ts'
import { START } from '../../support/simulated-clock.ts'
import { verifySynchronously } from '../../support/signing.ts'
import { AIRGAPPED_KEY, failure, KEY, licenseAt } from '../../support/simulated-vendor.ts'
import type { World } from '../../support/world.ts'
import { ADMIN, createWorld } from '../../support/world.ts'

/* What is rehearsed against what then happens: the same installation is let through it, tick by tick. */

beforeEach(verifySynchronously)

interface Story {
  method: 'standard' | 'airgapped' | 'offline'
  every: number
  grace: number
  /** All in ms after the license was activated, or after the rehearsal. */
  term: number
  before: number
  failingBefore: boolean
  /** Off for so long before it is started again; null if it goes on running. */
  rebooted: number | null
  offlineFrom: number
  offlineFor: number
  /** How far the clock is wrong from then on. */
  offset: number
}

const MINUTE = 60 * SECOND
const story: fc.Arbitrary<Story> = fc.record({
  method: fc.constantFrom('standard', 'standard', 'standard', 'standard', 'airgapped', 'offline'),
  every: fc.integer({ min: 60, max: 3600 }),
  grace: fc.integer({ min: 0, max: 3600 }),
  term: fc.oneof(fc.integer({ min: HOUR, max: 4 * HOUR }), fc.constant(300 * HOUR)),
  before: fc.integer({ min: 0, max: HOUR }),
  failingBefore: fc.boolean(),
  rebooted: fc.option(fc.integer({ min: 0, max: HOUR }), { freq: 3 }),
  offlineFrom: fc.integer({ min: -10 * MINUTE, max: HOUR }),
  offlineFor: fc.integer({ min: 0, max: 2 * HOUR }),
  offset: fc.oneof(fc.constant(0), fc.integer({ min: -400 * 24 * HOUR, max: 400 * 24 * HOUR })),
})

async function arrange({ method, every, grace, term, before, failingBefore, rebooted }: Story): Promise<World> {
  const world = await createWorld({ random: createFixedRandom(0.5) })
  const exp = Math.floor((START + term) / SECOND)
  for (const key of [KEY, AIRGAPPED_KEY]) world.vendor.licenses.set(key, licenseAt(world.clock, `lic_${key.length}`, { every, grace, exp }))
  const token = () => offlineToken({ instance_id: world.service.instanceId, exp })
  await world.service.save({ credential: method === 'standard' ? KEY : method === 'airgapped' ? AIRGAPPED_KEY : token(), actor: ADMIN })
  if (failingBefore) world.vendor.failing = failure('NET_CONNECT')
  await world.run(before)
  if (rebooted !== null) {
    world.clock.reboot(rebooted)
    await world.boot()
    // A renewal at the start, which is over before anybody can ask.
    await world.tick()
  }
  world.vendor.failing = null
  return world
}

interface Seen { state: LicenseState, at: number }

/** The states that come, and when, ms from now. */
async function live(world: World, { offlineFrom, offlineFor, offset }: Story, length: number): Promise<Seen[]> {
  const began = world.clock.real()
  const seen: Seen[] = [{ state: world.service.moment().state, at: 0 }]
  function watch(): void {
    const { state } = world.service.moment()
    if (state !== seen.at(-1)?.state) seen.push({ state, at: world.clock.real() - began })
  }
  const until = async (end: number) => {
    const left = Math.min(end, length) - (world.clock.real() - began)
    if (left > 0) await world.run(left, watch)
  }
  world.clock.shiftWall(offset)
  await until(offlineFrom)
  if (offlineFrom + offlineFor > 0) world.vendor.failing = failure('NET_CONNECT')
  await until(offlineFrom + offlineFor)
  world.vendor.failing = null
  await until(length)
  return seen
}

/**
 * How far a change may be off, ms: signed times are whole seconds, and a tick comes up to 20 ms late, each time. Near
 * the end of the term these seconds decide whether a check-in is repeated a minute later.
 */
const toleranceAt = (at: number, { term }: Story) => 2 * SECOND + at / 1000 + (term < 300 * HOUR ? MINUTE : 0)

/** Without what comes and goes with the seconds by which clocks differ. */
function lasting(all: Seen[], told: Story): Seen[] {
  return all.filter(({ at }, index) => index === 0 || (all[index + 1]?.at ?? Infinity) - at > toleranceAt(at, told))
    .filter(({ state }, index, kept) => state !== kept[index - 1]?.state)
}

it('says the same as really going through it, whatever the license, the outage and the clock', async () => {
  const kinds = new Set<string>()
  await fc.assert(fc.asyncProperty(story, async (told) => {
    const world = await arrange(told)
    const begin = world.service.moment().effective
    const began = world.clock.real()
    const calls = world.vendor.calls.length
    const { from, until, states } = world.service.rehearse({
      offlineFrom: isoTime(begin + told.offlineFrom), offlineUntil: isoTime(begin + told.offlineFrom + told.offlineFor),
      clockOffsetSeconds: Math.round(told.offset / SECOND),
    })
    expect(world.vendor.calls).toHaveLength(calls)
    const length = Math.min(Date.parse(until) - Date.parse(from), told.offlineFrom + told.offlineFor + HOUR)
    const lived = await live(world, { ...told, offset: Math.round(told.offset / SECOND) * SECOND }, length)
    // Whether a call so close to an edge comes before it or after it is a matter of chance.
    const edges = [told.offlineFrom, told.offlineFrom + told.offlineFor]
    const called = world.vendor.callsOf('checkIn').map(({ at }) => at - began)
    fc.pre(!edges.some(edge => edge > 0 && called.some(at => Math.abs(at - edge) < toleranceAt(edge, told))))
    const foreseen = states.map(({ state, at }) => ({ state, at: Date.parse(at) - Date.parse(from) }))
    const compared = (all: Seen[]) => lasting(all, told).filter(({ at }) => at < length - toleranceAt(length, told))
    const both = JSON.stringify({ foreseen, lived })
    const [expected, found] = [compared(lived), compared(foreseen)]
    expect(found.map(({ state }) => state), both).toEqual(expected.map(({ state }) => state))
    for (const [index, { at }] of expected.entries()) {
      expect(Math.abs((found[index]?.at ?? NaN) - at), both).toBeLessThanOrEqual(toleranceAt(at, told))
    }
    for (const { state, because } of states) kinds.add(`${state} ${because}`)
  }), { numRuns: 40, seed: 20_260_301, endOnFailure: true })
  expect([...kinds].toSorted()).toEqual(expect.arrayContaining([
    'active checked_in', 'active now', 'expired clock', 'expired term_over', 'grace check_in_missed', 'paused grace_over',
  ]))
})
