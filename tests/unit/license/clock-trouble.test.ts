import { beforeEach, describe, expect, it } from 'vitest'
import { recordState } from '../../../server/license/record.ts'
import { DAY, offlineToken } from '../../support/claims.ts'
import { START } from '../../support/simulated-clock.ts'
import { verifySynchronously } from '../../support/signing.ts'
import { failure, KEY, licenseAt } from '../../support/simulated-vendor.ts'
import type { World } from '../../support/world.ts'
import { ADMIN, createWorld, digestOf } from '../../support/world.ts'

beforeEach(verifySynchronously)

const seconds = (ms: number) => Math.floor(ms / 1000)

async function standard(): Promise<World> {
  const world = await createWorld()
  world.vendor.licenses.set(KEY, licenseAt(world.clock, 'lic_clock', { every: 21_600, grace: 604_800 }))
  await world.service.save({ credential: KEY, actor: ADMIN })
  return world
}

describe('a clock that runs ahead at a start', () => {
  it('leaves the activity log alone', async () => {
    const world = await standard()
    world.clock.shiftWall(500 * DAY)
    await world.boot()
    await world.run(2000)
    expect((await world.service.listEvents({ limit: 10 })).map(({ kind }) => kind)).toContain('activated')
  })

  it('does not make the product give up telling the vendor of a removed license', async () => {
    const world = await standard()
    world.vendor.failing = failure('NET_CONNECT')
    await world.service.remove({ actor: ADMIN })
    await world.run(2000)
    world.clock.shiftWall(8 * DAY)
    await world.boot()
    await world.run(3 * 3_600_000)
    expect(await world.store.dueDeactivations(Infinity)).toHaveLength(1)
  })

  it.each(['before', 'meanwhile'])('once it is right, does not put off telling the vendor of a license that was removed %s', async (when) => {
    const world = await standard()
    world.vendor.failing = failure('NET_CONNECT')
    if (when === 'before') await world.service.remove({ actor: ADMIN })
    world.clock.shiftWall(8 * DAY)
    await world.boot()
    if (when === 'meanwhile') await world.service.remove({ actor: ADMIN })
    await world.run(2000)
    world.clock.repairWall()
    world.vendor.failing = null
    await world.run(2000)
    expect(await world.store.dueDeactivations(Infinity)).toEqual([])
  })

  it('asks the license server once per doubt, although another process goes on telling the state', async () => {
    const world = await standard()
    world.clock.shiftWall(8 * DAY)
    world.vendor.failing = failure('NET_CONNECT')
    await world.boot()
    const license = (await world.store.read()).license
    for (let second = 0; second < 60; second++) {
      await world.run(1000)
      const event = { kind: 'state_changed' as const, at: START, actor: 'system' as const, actorEmail: null, address: null, details: {}, finding: null }
      await world.store.commit({ if: { jti: license?.jti ?? '' }, change: recordState('active'), event })
    }
    // At the start, and 2, 5 and 15 s after each failure; the next follows half a minute later at the earliest.
    expect(world.vendor.callsOf('checkIn').length).toBeLessThanOrEqual(5)
  })
})

describe('NC_LICENSE_KEY holding a token, on a machine that boots in the past', () => {
  it('is applied once the clock is right, without a restart and without a call', async () => {
    const world = await createWorld()
    const token = offlineToken({ instance_id: world.service.instanceId, nbf: seconds(START - DAY) })
    world.clock.shiftWall(-START)
    await world.boot({ provisioned: digestOf(token) })
    await world.run(5000)
    expect(world.service.view('admin')).toMatchObject({ state: 'unlicensed', warnings: [{ code: 'ENV_DIFFERS', error: 'TOKEN_NOT_YET_VALID' }] })
    world.clock.repairWall()
    await world.run(61_000)
    expect(world.service.view('admin')).toMatchObject({ state: 'active', warnings: [] })
  })
})

describe('being told to stop', () => {
  it('during a check-in counts no failure: nothing is known of the way to the server', async () => {
    const world = await standard()
    world.vendor.failing = failure('NET_CONNECT')
    world.vendor.beforeAnswer = () => new Promise(resolve => setImmediate(resolve))
    const asked = world.service.checkIn(ADMIN).catch(() => undefined)
    await world.service.stop()
    await asked
    expect((await world.store.read()).license?.consecutiveFailures).toBe(0)
  })
})

describe('being told to stop while a license is being activated', () => {
  const stopDuring = async (world: World, act: () => Promise<unknown>) => {
    world.vendor.failing = failure('NET_CONNECT')
    world.vendor.beforeAnswer = () => new Promise(resolve => setImmediate(resolve))
    const asked = act().catch(() => undefined)
    await world.service.stop()
    await asked
  }

  it('leaves no finding of a network that nothing is known of: a person has entered it', async () => {
    const world = await createWorld()
    await stopDuring(world, () => world.service.save({ credential: KEY, actor: ADMIN }))
    expect(await world.service.findings()).toEqual([])
    expect(world.log.filter(({ level }) => level === 'warn')).toEqual([])
  })

  it('nor if it is that of the environment', async () => {
    const world = await createWorld({ provisioned: KEY })
    await stopDuring(world, () => world.tick())
    expect(world.vendor.callsOf('activate')).toHaveLength(1)
    expect(await world.service.findings()).toEqual([])
    expect(world.log.filter(({ level }) => level === 'warn')).toEqual([])
  })
})

describe('a license server that asks for patience', () => {
  it('is asked again for NC_LICENSE_KEY only after that', async () => {
    const world = await createWorld({ provisioned: KEY })
    world.vendor.failing = failure('SERVER_RATE_LIMITED', { answered: true, retryAfterMs: 3_600_000 })
    await world.boot()
    await world.run(3_500_000)
    expect(world.vendor.callsOf('activate')).toHaveLength(1)
    await world.run(200_000)
    expect(world.vendor.callsOf('activate')).toHaveLength(2)
  })
})
