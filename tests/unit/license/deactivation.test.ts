import { beforeEach, describe, expect, it } from 'vitest'
import type { CheckInClaim } from '../../../server/license/claim-holder.ts'
import { createSoleClaim } from '../../../server/license/claim-holder.ts'
import { createDeactivation } from '../../../server/license/deactivation.ts'
import { LicenseError } from '../../../server/license/errors.ts'
import { DAY, HOUR, offlineToken } from '../../support/claims.ts'
import { START } from '../../support/simulated-clock.ts'
import { holderOf } from '../../support/holding.ts'
import { createFixedRandom } from '../../support/random.ts'
import { createReplicas } from '../../support/replicas.ts'
import { verifySynchronously } from '../../support/signing.ts'
import { AIRGAPPED_KEY, createGate, failure, KEY, licenseAt, refused, SECRET } from '../../support/simulated-vendor.ts'
import type { World } from '../../support/world.ts'
import { ADMIN, createWorld, settle } from '../../support/world.ts'

beforeEach(verifySynchronously)

async function licensed(key = KEY, unit = 0): Promise<World> {
  const world = await createWorld({ random: createFixedRandom(unit) })
  await world.service.save({ credential: key, actor: ADMIN })
  return world
}

describe('removing a license', () => {
  it('is told of no sooner than the license server has asked for, up to six hours, once a clock has gone back by seconds', async () => {
    const world = await licensed()
    world.vendor.failing = failure('SERVER_RATE_LIMITED', { answered: true, retryAfterMs: DAY })
    await world.service.remove({ actor: ADMIN })
    world.clock.shiftWall(10_000)
    await world.boot()
    await world.run(1000)
    world.clock.repairWall()
    await world.run(5 * HOUR)
    expect(world.vendor.callsOf('deactivate')).toHaveLength(1)
    await world.run(2 * HOUR)
    expect(world.vendor.callsOf('deactivate')).toHaveLength(2)
  })

  it('ends it at once and writes down who did it', async () => {
    const world = await licensed()
    await world.service.remove({ actor: ADMIN, revision: 1 })
    expect(world.service.view('admin')).toMatchObject({ state: 'unlicensed', entitled: false, method: null, licenseId: null, revision: 2 })
    expect(world.store.events.at(-1)).toMatchObject({ kind: 'removed', actorEmail: 'admin@customer.example', details: { method: 'standard', licenseId: 'lic_standard' } })
  })

  it('is refused without one, and over another revision', async () => {
    const world = await createWorld()
    await expect(world.service.remove({ actor: ADMIN })).rejects.toMatchObject({ code: 'NO_LICENSE' })
    await world.service.save({ credential: KEY, actor: ADMIN })
    await expect(world.service.remove({ actor: ADMIN, revision: 0 })).rejects.toMatchObject({ code: 'CONFLICT', details: { revision: 1 } })
    expect(world.service.view('admin').state).toBe('active')
  })

  it('is told of a conflict when another replica was faster', async () => {
    const world = await licensed()
    const { commit } = world.store
    world.store.commit = async (input) => {
      await commit(input)
      return commit(input)
    }
    await expect(world.service.remove({ actor: ADMIN })).rejects.toMatchObject({ code: 'CONFLICT', details: { revision: 2 } })
    expect(world.service.view('admin').state).toBe('unlicensed')
  })

  it('is told of at the next start as if this process had not tried, if that is stopped meanwhile', async () => {
    const world = await licensed()
    await world.service.remove({ actor: ADMIN })
    const gate = createGate()
    world.vendor.beforeAnswer = gate.pass
    world.vendor.failing = failure('NET_CONNECT')
    await world.tick()
    const stopping = world.service.stop()
    gate.open()
    await stopping
    expect(await world.store.dueDeactivations(START)).toMatchObject([{ attempts: 0, nextAt: START }])
  })

  it('leaves a seat taken until the vendor has been told, or for seven days, and says so', async () => {
    const world = await licensed()
    expect(world.service.view('viewer').deactivation).toBeNull()
    world.vendor.failing = failure('NET_CONNECT')
    await world.service.remove({ actor: ADMIN })
    expect(world.service.view('viewer').deactivation).toEqual({ pendingUntil: new Date(START + 7 * DAY).toISOString() })
    await world.run(HOUR)
    expect(world.service.view('viewer').deactivation).not.toBeNull()
    world.vendor.failing = null
    await world.run(2 * HOUR)
    expect(world.service.view('viewer').deactivation).toBeNull()
  })

  it('changes nothing while the database is away', async () => {
    const world = await licensed()
    world.store.available = false
    await expect(world.service.remove({ actor: ADMIN })).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    expect(world.service.view('admin').state).toBe('active')
  })

  it('of a license that does not verify any more is possible, too', async () => {
    const world = await licensed()
    const other = await createWorld()
    await world.boot({ keyring: { kids: [], get: () => undefined } })
    expect(world.service.view('admin').state).toBe('invalid')
    await world.service.remove({ actor: ADMIN })
    expect(world.service.view('admin').state).toBe(other.service.view('admin').state)
    expect(world.store.events.at(-1)?.details).toEqual({ method: 'standard', licenseId: null })
    expect(await world.store.dueDeactivations(START)).toHaveLength(1)
  })
})

describe('a save while a removal is being told', () => {
  async function beingTold() {
    const world = await licensed()
    await world.service.remove({ actor: ADMIN })
    const gate = createGate()
    world.vendor.beforeAnswer = gate.pass
    await world.tick()
    expect(world.vendor.callsOf('deactivate')).toHaveLength(1)
    expect(world.vendor.underWay).toBe(1)
    return { world, gate }
  }
  const called = (world: World) => world.vendor.calls.map(({ name }) => name)

  it('waits until it has been told: the seat is freed before it is taken, not after', async () => {
    const { world, gate } = await beingTold()
    const saving = world.service.save({ credential: KEY, actor: ADMIN })
    await settle()
    expect(called(world)).toEqual(['activate', 'deactivate'])
    gate.open()
    await saving
    expect(called(world)).toEqual(['activate', 'deactivate', 'activate'])
    await world.run(120_000)
    expect(called(world)).toEqual(['activate', 'deactivate', 'activate'])
    expect(world.service.view('admin').state).toBe('active')
  })

  it('has nothing told while it is under way, and nothing of its own license after it', async () => {
    const world = await licensed()
    await world.service.remove({ actor: ADMIN })
    const gate = createGate()
    world.vendor.beforeAnswer = gate.pass
    const saving = world.service.save({ credential: KEY, actor: ADMIN })
    for (let second = 0; second < 5; second++) {
      await world.tick()
      world.clock.advance(1000)
    }
    expect(called(world)).toEqual(['activate', 'activate'])
    gate.open()
    await saving
    await world.run(60_000)
    expect(called(world)).toEqual(['activate', 'activate'])
    expect(await world.store.dueDeactivations(Infinity)).toEqual([])
  })

  it('that is refused lets the telling go on', async () => {
    const world = await licensed()
    await world.service.remove({ actor: ADMIN })
    await expect(world.service.save({ credential: 'nc_unknown_key', actor: ADMIN })).rejects.toMatchObject({ code: 'KEY_UNKNOWN' })
    await world.tick()
    expect(called(world)).toEqual(['activate', 'activate', 'deactivate'])
  })

  it('is made also where the telling ends in a database that is away for a moment', async () => {
    const { world, gate } = await beingTold()
    world.store.dropDeactivation = () => Promise.reject(new LicenseError('STORAGE_UNAVAILABLE'))
    const saving = world.service.save({ credential: AIRGAPPED_KEY, actor: ADMIN })
    gate.open()
    await saving
    expect(world.service.view('admin')).toMatchObject({ method: 'airgapped', state: 'active' })
  })
})

describe('telling the vendor of a removed license', () => {
  it('happens at the next tick, with the lease and secret it had', async () => {
    const world = await licensed()
    const { license } = await world.store.read()
    await world.service.remove({ actor: ADMIN })
    await world.tick()
    const [call, ...others] = world.vendor.callsOf('deactivate')
    expect(others).toEqual([])
    expect(call).toMatchObject({ secret: SECRET, request: { lease: license?.lease, nonce: expect.stringMatching(/^[0-9a-f]{32}$/) } })
    expect(call?.signal).toBeInstanceOf(AbortSignal)
    expect(await world.store.dueDeactivations(Infinity)).toEqual([])
    expect(world.store.events.at(-1)).toMatchObject({ kind: 'vendor_told', actor: 'system', details: { result: 'ok' } })
  })

  it.each([[AIRGAPPED_KEY], ['token']])('is not needed for %s', async (credential) => {
    const world = await createWorld()
    await world.service.save({ credential: credential === 'token' ? offlineToken({ instance_id: world.service.instanceId }) : credential, actor: ADMIN })
    await world.service.remove({ actor: ADMIN })
    await world.run(60_000)
    expect(world.vendor.callsOf('deactivate')).toEqual([])
  })

  it('is put off while a license that promises silence runs', async () => {
    const world = await licensed()
    await world.service.save({ credential: AIRGAPPED_KEY, actor: ADMIN })
    await world.run(60_000)
    expect(world.vendor.callsOf('deactivate')).toEqual([])
    await world.service.remove({ actor: ADMIN })
    await world.run(1000)
    expect(world.vendor.callsOf('deactivate')).toHaveLength(1)
  })

  it.each(['unknown_key', 'expired', 'revoked', 'bad_request'] as const)('is done with by the refusal %s, which is an answer', async (refusal) => {
    const world = await licensed()
    await world.service.remove({ actor: ADMIN })
    world.vendor.failing = refused(refusal)
    await world.run(120_000)
    expect(world.vendor.callsOf('deactivate')).toHaveLength(1)
  })

  it.each([[0, [0, 30, 90, 210, 450, 930, 1890, 3690, 5490]], [0.5, [0, 45, 135, 315, 675, 1395, 2835, 5535]]] as const)(
    'is tried again ever more rarely, up to every hour, with jitter %d', async (unit, seconds) => {
      const world = await licensed(KEY, unit)
      await world.service.remove({ actor: ADMIN })
      world.vendor.failing = failure('NET_DNS')
      await world.run((seconds.at(-1) ?? 0) * 1000 + 500)
      const tries = world.vendor.callsOf('deactivate').map(({ at }) => Math.round((at - START) / 1000))
      expect(tries).toHaveLength(seconds.length)
      tries.forEach((at, index) => expect(Math.abs(at - (seconds[index] ?? 0))).toBeLessThanOrEqual(index + 1))
    })

  it('is tried again when the server limits the rate', async () => {
    const world = await licensed()
    await world.service.remove({ actor: ADMIN })
    world.vendor.failing = refused('rate_limited')
    await world.run(40_000)
    expect(world.vendor.callsOf('deactivate')).toHaveLength(2)
  })

  it('is done once, whoever begins it meanwhile, and not while a save is under way', async () => {
    const world = await licensed()
    await world.service.remove({ actor: ADMIN })
    const { clock, store, vendor: server } = world
    const deactivation = createDeactivation({ holder: await holderOf(clock, store), store, server, random: createFixedRandom(0), claim: createSoleClaim() })
    const gate = createGate()
    server.beforeAnswer = gate.pass
    const telling = deactivation.tellVendor()
    expect(deactivation.tellVendor()).toBeNull()
    gate.open()
    await telling
    expect(server.callsOf('deactivate')).toHaveLength(1)
    await deactivation.whileTellingNothing(async () => { expect(deactivation.tellVendor()).toBeNull() })
    await expect(deactivation.whileTellingNothing(() => Promise.reject(new TypeError('refused')))).rejects.toThrow('refused')
    expect(deactivation.tellVendor()).not.toBeNull()
  })

  it('is not done again if another replica has done it while this one waited for the claim', async () => {
    const world = await licensed()
    await world.service.remove({ actor: ADMIN })
    const { clock, store, vendor: server } = world
    const claim: CheckInClaim = {
      async run(work) {
        for (const { id } of await store.dueDeactivations(Infinity)) await store.dropDeactivation(id, null)
        return createSoleClaim().run(work)
      },
    }
    await createDeactivation({ holder: await holderOf(clock, store), store, server, random: createFixedRandom(0), claim }).tellVendor()
    expect(server.callsOf('deactivate')).toEqual([])
  })

  it('is tried no more often while the clock is behind', async () => {
    const world = await licensed()
    await world.service.remove({ actor: ADMIN })
    world.vendor.failing = failure('NET_DNS')
    world.clock.shiftWall(-DAY)
    await world.run(20_000)
    expect(world.vendor.callsOf('deactivate')).toHaveLength(1)
  })

  it('is remembered over a restart and given up after 7 days', async () => {
    const world = await licensed()
    await world.service.remove({ actor: ADMIN })
    world.vendor.failing = failure('NET_CONNECT')
    await world.tick()
    await world.boot()
    world.clock.advance(7 * DAY - 1)
    await world.tick()
    expect(await world.store.dueDeactivations(Infinity)).toHaveLength(1)
    world.clock.advance(HOUR)
    await world.tick()
    expect(await world.store.dueDeactivations(Infinity)).toEqual([])
    expect(world.vendor.callsOf('deactivate')).toHaveLength(3)
    expect(world.store.events.at(-1)).toMatchObject({ kind: 'vendor_told', details: { result: 'given_up', code: 'NET_CONNECT' } })
  })

  it('is given up after exactly 7 days', async () => {
    const world = await licensed()
    await world.service.remove({ actor: ADMIN })
    world.vendor.failing = failure('NET_CONNECT')
    world.clock.advance(7 * DAY)
    await world.tick()
    expect(world.store.events.at(-1)).toMatchObject({ details: { result: 'given_up' } })
  })
})

const OTHER_KEY = 'nc_sixteen_or_more_6789'

/** Two replicas, the first of which is telling the vendor of two removals, one after the other; the answer to the first is held back. */
async function telling() {
  const { vendor, all: [first, second], clock, run } = await createReplicas(2)
  if (!first || !second) throw new Error('two replicas are needed')
  vendor.licenses.set(OTHER_KEY, licenseAt(clock, 'lic_other'))
  await first.service.save({ credential: KEY, actor: ADMIN })
  await first.service.save({ credential: OTHER_KEY, actor: ADMIN })
  await first.service.remove({ actor: ADMIN })
  const gate = createGate()
  vendor.beforeAnswer = gate.pass
  second.frozen = true
  while (vendor.underWay === 0) await run(500)
  vendor.beforeAnswer = null
  second.frozen = false
  return { vendor, second, run, open: gate.open }
}

it('a replica that has lost the claim while it told the vendor of one removal leaves the next to whoever has the claim', async () => {
  const { vendor, run, open } = await telling()
  await run(60_000)
  expect(vendor.callsOf('deactivate')).toHaveLength(3)
  open()
  await run(10_000)
  expect(vendor.callsOf('deactivate')).toHaveLength(3)
})

it('a license that another replica has activated again meanwhile keeps its seat', async () => {
  const { vendor, second, run, open } = await telling()
  await second.service.save({ credential: OTHER_KEY, actor: ADMIN })
  open()
  await run(10_000)
  expect(vendor.callsOf('deactivate')).toHaveLength(1)
  expect(second.service.view('admin')).toMatchObject({ state: 'active', licenseId: 'lic_other', deactivation: null })
})
