import { beforeEach, describe, expect, it } from 'vitest'
import { LicenseError } from '../../../server/license/errors.ts'
import { claimHold, judgeHold, LONGEST_HOLD } from '../../../server/license/held-state.ts'
import type { ClockReading, LicenseStorage } from '../../../server/license/ports.ts'
import type { StoredHold } from '../../../server/license/stored-records.ts'
import { createMemoryStore } from '../../support/memory-store.ts'
import { moment, save, SECOND } from '../../support/installation.ts'
import { tally } from '../../support/tally.ts'
import { DAY } from '../../support/claims.ts'
import { verifySynchronously } from '../../support/signing.ts'
import { failure, KEY, licenseAt } from '../../support/simulated-vendor.ts'
import type { World } from '../../support/world.ts'
import { createSqliteWorld, createWorld } from '../../support/world.ts'

/* A process that is killed again and again, so that no check-in of it ever comes to an end. */

beforeEach(verifySynchronously)

type Installation = World<LicenseStorage>
const KINDS: [string, () => Promise<Installation>][] = [['memory', createWorld], ['SQLite', createSqliteWorld]]

/** A standard license whose grace is over, unnoticed by any process, and a license server that does not answer. */
async function pausedUnnoticed(create: () => Promise<Installation>): Promise<Installation> {
  const world = await create()
  world.vendor.licenses.set(KEY, licenseAt(world.clock, 'lic_short', { every: 3600, grace: 7200 }))
  await save(world, KEY)
  world.vendor.beforeAnswer = () => new Promise(() => undefined)
  // Up all the while, so that trusted time knows what the wall clock is made to deny.
  world.clock.advance(DAY)
  return world
}

/** One life: starts, ticks every 250 ms, and is killed after `ms`. Returns for how long it was entitled. */
async function live(world: Installation, ms: number): Promise<number> {
  let entitled = 0
  await world.boot()
  for (let passed = 0; passed < ms; passed += 250) {
    if (moment(world).entitled) entitled += 250
    await world.tick()
    world.clock.advance(250)
  }
  return entitled
}

async function liveOften(world: Installation, times: number, ms: number, between: (nth: number) => void = () => undefined): Promise<number> {
  let entitled = 0
  for (let nth = 0; nth < times; nth++) {
    between(nth)
    entitled += await live(world, ms)
  }
  return entitled
}

describe.each(KINDS)('a process killed every 8 s, on %s', (_, create) => {
  it('F83: keeps a paused license on for one interval in all; nothing is gained by the 100th start', async () => {
    const world = await pausedUnnoticed(create)
    expect(await live(world, 8 * SECOND)).toBe(8 * SECOND)
    expect(await live(world, 8 * SECOND)).toBeLessThanOrEqual(2 * SECOND)
    expect(await liveOften(world, 98, 8 * SECOND)).toBe(0)
    tally({ row: 'F83', tried: 100, accepted: 0 })
  })

  it.each<[string, (world: Installation, nth: number) => void]>([
    ['the wall clock set back by as much', ({ clock }) => clock.shiftWall(-8 * SECOND)],
    ['the wall clock set back and ahead in turns', ({ clock }, nth) => clock.shiftWall(nth % 2 === 0 ? -DAY : DAY)],
    ['the wall clock set ahead and back in turns', ({ clock }, nth) => clock.shiftWall(nth % 2 === 0 ? 30 * DAY : -30 * DAY)],
    ['a reboot in a moment', ({ clock }) => clock.reboot(0)],
    ['a reboot with the wall clock set back', ({ clock }) => {
      clock.reboot(0)
      clock.shiftWall(-8 * SECOND)
    }],
  ])('F83: gains no more with %s between the kills', async (_what, between) => {
    const world = await pausedUnnoticed(create)
    await live(world, 250)
    const entitled = await liveOften(world, 30, 8 * SECOND, (nth) => { between(world, nth) })
    expect(entitled).toBeLessThan(LONGEST_HOLD)
    expect(moment(world)).toMatchObject({ state: 'paused', inDoubt: false })
    tally({ row: 'F83', tried: 30, accepted: 0 })
  })

  it('F83: holds a state once, also where somebody writes that it was active', async () => {
    const world = await pausedUnnoticed(create)
    await live(world, LONGEST_HOLD + SECOND)
    const { read } = world.store
    world.store.read = async () => {
      const snapshot = await read()
      return { ...snapshot, license: snapshot.license && { ...snapshot.license, lastState: 'active' } }
    }
    expect(await liveOften(world, 5, 8 * SECOND)).toBe(0)
  })

  it('F83: is paused from the first moment on where the interval cannot be stored', async () => {
    const world = await pausedUnnoticed(create)
    world.store.holdState = () => Promise.reject(new LicenseError('STORAGE_UNAVAILABLE'))
    expect(await liveOften(world, 3, 8 * SECOND)).toBe(0)
  })

  it('F83: gets an interval of its own with every lease, and is on again with the first check-in that works', async () => {
    const world = await pausedUnnoticed(create)
    await liveOften(world, 3, 8 * SECOND)
    world.vendor.beforeAnswer = null
    expect(await live(world, SECOND)).toBeGreaterThanOrEqual(SECOND / 2)
    expect(moment(world)).toMatchObject({ state: 'active', inDoubt: false })
    world.vendor.beforeAnswer = () => new Promise(() => undefined)
    world.clock.advance(DAY)
    expect(await live(world, 8 * SECOND)).toBe(8 * SECOND)
    expect(await liveOften(world, 5, 8 * SECOND)).toBeLessThanOrEqual(2 * SECOND)
  })
})

it('F83: a wall clock that goes ahead and back under a running process gains nothing that trusted time does not grant', async () => {
  const world = await createWorld()
  world.vendor.licenses.set(KEY, licenseAt(world.clock, 'lic_short', { every: 600, grace: 600 }))
  await save(world, KEY)
  const pausesAt = world.clock.real() + 1200 * SECOND
  world.vendor.failing = failure('NET_CONNECT')
  await world.boot()
  let beyond = 0
  for (let turn = 0; turn < 300; turn++) {
    world.clock.shiftWall(turn % 2 === 0 ? 30 * DAY : -30 * DAY)
    await world.run(6 * SECOND, () => { if (moment(world).entitled && world.clock.real() > pausesAt + SECOND) beyond++ })
  }
  expect(world.clock.real()).toBeGreaterThan(pausesAt + 500 * SECOND)
  expect(beyond).toBe(0)
  tally({ row: 'F83', tried: 300, accepted: beyond })
})

it('F83: lets a defect in storing the interval through, instead of calling the database unreachable', async () => {
  const world = await pausedUnnoticed(createWorld)
  world.store.holdState = () => Promise.reject(new TypeError('broken'))
  await expect(claimHold(world.store, 'lease-1', world.clock.read())).rejects.toThrow('broken')
  world.store.holdState = () => Promise.reject(new LicenseError('CONFLICT'))
  await expect(claimHold(world.store, 'lease-1', world.clock.read())).rejects.toMatchObject({ code: 'CONFLICT' })
})

it('F83: is claimed on a database of its own once, and of replicas by whoever comes after for what is left of it', async () => {
  const reading: ClockReading = { wall: 1_000_000, uptime: 50_000, boot: 'a' }
  const later: ClockReading = { wall: 1_004_000, uptime: 90_000, boot: 'b' }
  const over: ClockReading = { wall: 1_010_000, uptime: 70_000, boot: 'c' }
  const single = createMemoryStore()
  expect(await claimHold(single, 'lease-1', reading)).toEqual({ jti: 'lease-1', until: 60_000 })
  expect(await claimHold(single, 'lease-1', later)).toBeNull()
  const shared = createMemoryStore({ databaseTime: () => 0 })
  expect(await claimHold(shared, 'lease-1', reading)).toEqual({ jti: 'lease-1', until: 60_000 })
  expect(await claimHold(shared, 'lease-1', later)).toEqual({ jti: 'lease-1', until: 96_000 })
  expect(await claimHold(shared, 'lease-1', over)).toBeNull()
})

describe('the interval as replicas share it', () => {
  const reading = (changes: Partial<ClockReading> = {}): ClockReading => ({ boot: 'a', uptime: 50_000, wall: 1_000_000, ...changes })
  const hold = (changes: Partial<StoredHold> = {}): StoredHold => ({ jti: 'lease-1', boot: 'a', uptime: 50_000, wall: 1_000_000, length: LONGEST_HOLD, ...changes })

  it.each<[string, StoredHold[], Partial<ClockReading>, boolean, number, number | null]>([
    ['is the longest for the first', [], {}, false, LONGEST_HOLD, LONGEST_HOLD],
    ['is the longest for the first of several', [], {}, true, LONGEST_HOLD, LONGEST_HOLD],
    ['is not granted to a machine that cannot tell its boots apart', [], { boot: null }, true, 0, null],
    ['is what the uptime leaves', [hold()], { uptime: 53_000 }, false, 7000, null],
    ['is what the uptime leaves, whatever the wall clock says', [hold()], { uptime: 53_000, wall: 900_000 }, true, 7000, null],
    ['is over by the uptime', [hold()], { uptime: 60_000 }, true, 0, null],
    ['is over where the uptime has gone back', [hold()], { uptime: 49_999 }, true, 0, null],
    ['is no longer than the longest, whatever is stored', [hold({ length: 1e12 })], { uptime: 53_000 }, false, 7000, null],
    ['is nothing where what is stored is no number', [hold({ uptime: Number.NaN })], {}, false, 0, null],
    ['is not shared without a common clock', [hold({ boot: 'b' })], { wall: 1_001_000 }, false, 0, null],
    ['is shared by the common clock', [hold({ boot: 'b' })], { wall: 1_004_000 }, true, 6000, 6000],
    ['is the least that is left to any', [hold({ boot: 'b' }), hold({ boot: 'c', wall: 1_002_000, length: 3000 })], { wall: 1_004_000 }, true, 1000, 1000],
    ['is over by the common clock', [hold({ boot: 'b' })], { wall: 1_010_000 }, true, 0, null],
    ['is over where the common clock was set back', [hold({ boot: 'b' })], { wall: 999_999 }, true, 0, null],
    ['is that of the lease in question', [hold({ jti: 'lease-0' })], {}, false, LONGEST_HOLD, LONGEST_HOLD],
  ])('%s', (_, stored, changes, sharedClock, left, granted) => {
    const judged = judgeHold(stored, 'lease-1', reading(changes), sharedClock)
    expect(judged.left > 0 ? judged.left : 0).toBe(left)
    expect(judged.grant?.length ?? null).toBe(granted)
  })
})
