import { beforeEach, describe, expect, it } from 'vitest'
import { CLAIM_LENGTH, WATCH } from '../../../server/license/check-in-claim.ts'
import { LicenseError } from '../../../server/license/errors.ts'
import { DAY, offlineToken } from '../../support/claims.ts'
import { START } from '../../support/simulated-clock.ts'
import { failCommits } from '../../support/holding.ts'
import { createFixedRandom } from '../../support/random.ts'
import { createReplicas } from '../../support/replicas.ts'
import { verifySynchronously } from '../../support/signing.ts'
import { failure, KEY, licenseAt } from '../../support/simulated-vendor.ts'
import type { World } from '../../support/world.ts'
import { ADMIN, createWorld } from '../../support/world.ts'

beforeEach(verifySynchronously)

async function licensed(): Promise<World> {
  const world = await createWorld({ random: createFixedRandom(0) })
  world.vendor.licenses.set(KEY, licenseAt(world.clock, 'lic_short', { every: 20, grace: 60 }))
  await world.service.save({ credential: KEY, actor: ADMIN })
  return world
}
const checkIns = (world: World) => world.vendor.callsOf('checkIn').map(({ at }) => Math.round((at - START) / 1000))
const changeOf = ({ from, to, recorded }: Record<string, unknown>) => `${from} → ${to}${recorded === false ? ', not recorded' : ''}`
const toldStates = ({ log }: Pick<World, 'log'>) => log.filter(({ message }) => message === 'license state changed').map(({ fields }) => changeOf(fields))
const recordedStates = ({ store }: Pick<World, 'store'>) => store.events.filter(({ kind }) => kind === 'state_changed').map(({ details }) => changeOf(details))
const vendorOf = (world: World) => world.vendor.licenses.get(KEY) ?? licenseAt(world.clock, 'lic_short')

describe('while the database is away', () => {
  it('F62: check-ins go on from memory, and the license stays active', async () => {
    const world = await licensed()
    world.store.available = false
    await world.run(130_000, () => expect(world.service.view('admin').state).toBe('active'))
    expect(checkIns(world)).toEqual([20, 40, 60, 80, 100, 120])
    expect(world.service.view('admin').checkIn).toMatchObject({ lastSuccessAt: new Date(START + 120_000).toISOString(), consecutiveFailures: 0 })
  })

  it('F62: an older answer than the one held in memory is refused all the same', async () => {
    const world = await licensed()
    world.store.available = false
    await world.run(41_000)
    world.vendor.spoil = ({ claims }) => Object.assign(claims, { seq: 2, jti: 'replayed' })
    await expect(world.service.checkIn(ADMIN)).rejects.toThrow()
    await world.run(20_000)
    expect(world.service.view('admin').checkIn).toMatchObject({ consecutiveFailures: 1, lastError: { code: 'SERVER_RESPONSE_INVALID' } })
  })

  it('F62: a verdict takes effect from memory, and the vendor is not asked in a loop', async () => {
    const world = await licensed()
    world.store.available = false
    vendorOf(world).verdict = 'revoked'
    await world.run(60_000)
    expect(world.service.view('admin')).toMatchObject({ state: 'revoked', entitled: false })
    expect(checkIns(world)).toEqual([20, 40, 60])
  })

  it('F62: failures are counted in memory, with their waits', async () => {
    const world = await licensed()
    await world.boot()
    world.store.available = false
    world.vendor.failing = failure('NET_DNS')
    await world.run(50_000)
    expect(checkIns(world)).toEqual([20, 22, 27, 42])
    expect(world.service.view('admin').checkIn).toMatchObject({
      consecutiveFailures: 4, lastError: { code: 'NET_DNS', at: new Date(START + 42_000).toISOString() },
    })
  })

  it('F62: a change of state is logged once, and written down once when it can be', async () => {
    const world = await licensed()
    world.vendor.failing = failure('NET_DNS')
    const restore = failCommits(world.store, 'state_changed')
    await world.run(50_000)
    expect(world.service.view('admin').state).toBe('grace')
    expect(toldStates(world)).toEqual(['active → grace, not recorded'])
    restore()
    await world.run(40_000)
    expect(recordedStates(world)).toEqual(['active → grace', 'grace → paused'])
    expect(toldStates(world)).toEqual(['active → grace, not recorded', 'grace → paused'])
  })

  it.each([
    { ends: 'in grace', terms: {}, seconds: 50, told: ['active → grace'] },
    { ends: 'paused', terms: {}, seconds: 100, told: ['active → grace', 'grace → paused'] },
    { ends: 'expired', terms: { exp: START / 1000 + 15 }, seconds: 50, told: ['active → expired'] },
  ])('F62: if it cannot be read either, each change of state is logged once, and what stands in the end is written down without another line: $ends', async ({ terms, seconds, told }) => {
    const world = await licensed()
    Object.assign(vendorOf(world), terms)
    await world.service.checkIn(ADMIN)
    world.vendor.failing = failure('NET_DNS')
    world.store.available = false
    await world.run(seconds * 1000)
    expect(toldStates(world)).toEqual(told.map(change => `${change}, not recorded`))
    world.store.available = true
    await world.run(5000)
    expect(recordedStates(world)).toEqual([`active → ${world.service.view('admin').state}`])
    expect(toldStates(world)).toHaveLength(told.length)
  })

  it('F62: nor is it kept quiet that a check-in has ended the grace period meanwhile', async () => {
    const world = await licensed()
    world.vendor.failing = failure('NET_DNS')
    world.store.available = false
    await world.run(30_000)
    world.vendor.failing = null
    await world.run(15_000)
    expect(world.service.view('admin').state).toBe('active')
    world.store.available = true
    await world.run(5000)
    expect(toldStates(world)).toEqual(['active → grace, not recorded', 'grace → active, not recorded'])
    expect(recordedStates(world)).toEqual([])
  })

  it('F62: a verdict that a replica could not write down changes the state in the log all the same, once', async () => {
    const replicas = await createReplicas(1)
    const { all: [only], vendor, store, run } = replicas
    await only?.service.save({ credential: KEY, actor: ADMIN })
    Object.assign(vendor.licenses.get(KEY) ?? {}, { verdict: 'suspended' })
    vendor.beforeAnswer = () => { store.available = false }
    await only?.service.checkIn(ADMIN).catch(() => undefined)
    await run(5000)
    expect(only?.service.view('admin').state).toBe('suspended')
    expect(toldStates(replicas)).toEqual(['active → suspended, not recorded'])
    store.available = true
    await run(5000)
    expect(recordedStates(replicas)).toEqual(['active → suspended'])
    expect(toldStates(replicas)).toHaveLength(1)
  })

  it('F62: no log line is an error, and no tick rejects', async () => {
    const world = await licensed()
    world.store.available = false
    await world.run(30_000)
    await world.service.stop()
    expect(world.log.filter(({ level }) => level === 'error')).toEqual([])
    expect(world.log.filter(({ message }) => message !== 'license state changed').at(-1))
      .toEqual({ level: 'info', message: 'check-in succeeded', fields: { recorded: false } })
  })
})

describe('when the database is back', () => {
  it('F62: the next check-in is written, and what was in memory is no longer needed', async () => {
    const world = await licensed()
    world.store.available = false
    await world.run(50_000)
    world.store.available = true
    await world.run(12_000)
    expect((await world.store.read()).license).toMatchObject({ jti: 'lic_short-4', lastSuccessAt: START + 60_000 })
    expect(world.service.view('admin').issuedAt).toBe(new Date(START + 60_000).toISOString())
  })

  it('F62: the newer lease in memory holds until then, whatever else is written', async () => {
    const world = await licensed()
    world.store.available = false
    await world.run(25_000)
    const issuedAt = world.service.view('admin').issuedAt
    world.store.available = true
    await world.service.setSeatsUsed(7)
    expect(world.service.view('admin')).toMatchObject({ issuedAt, seatsUsed: 7, state: 'active' })
    world.vendor.failing = failure('NET_DNS')
    await world.run(20_000)
    expect(world.service.view('admin')).toMatchObject({ issuedAt, checkIn: { consecutiveFailures: 1, lastError: { code: 'NET_DNS' } } })
    expect(world.service.view('admin').checkIn?.lastSuccessAt).toBe(issuedAt)
  })

  it('F62: failures go on being counted and spaced, not every minute for good', async () => {
    const world = await licensed()
    Object.assign(vendorOf(world), { every: 7200, grace: 604_800 })
    await world.service.checkIn(ADMIN)
    world.vendor.failing = failure('NET_DNS')
    world.store.available = false
    world.clock.advance(7_000_000)
    await world.run(210_000)
    world.store.available = true
    await world.run(7_200_000)
    const waits = checkIns(world).slice(2).map((at, index) => at - (checkIns(world)[index + 1] ?? 0))
    expect(Math.max(...waits)).toBeGreaterThan(15 * 60)
    expect(world.service.view('admin').checkIn?.consecutiveFailures).toBe((await world.store.read()).license?.consecutiveFailures)
  })

  it('F62: a verdict that is written takes effect, also over a lease that could not be', async () => {
    const world = await licensed()
    world.store.available = false
    await world.run(25_000)
    world.store.available = true
    vendorOf(world).verdict = 'revoked'
    await world.run(20_000)
    expect(world.service.view('admin')).toMatchObject({ state: 'revoked', entitled: false })
    await world.service.setSeatsUsed(3)
    expect(world.service.view('admin').state).toBe('revoked')
  })

  it('F62: a verdict that is written takes effect after failures that could not be', async () => {
    const world = await licensed()
    world.store.available = false
    world.vendor.failing = failure('NET_DNS')
    await world.run(21_000)
    world.store.available = true
    world.vendor.failing = null
    vendorOf(world).verdict = 'suspended'
    await world.run(20_000)
    expect(world.service.view('admin').state).toBe('suspended')
  })

  it('F62: a lease that lifted a verdict in memory goes on lifting it', async () => {
    const world = await licensed()
    vendorOf(world).verdict = 'suspended'
    await world.service.checkIn(ADMIN)
    vendorOf(world).verdict = null
    world.store.available = false
    await world.service.checkIn(ADMIN).catch(() => undefined)
    world.clock.advance(6 * 3_600_000)
    await world.run(1000)
    expect(world.service.view('admin').state).toBe('active')
    world.store.available = true
    await world.service.setSeatsUsed(1)
    expect(world.service.view('admin')).toMatchObject({ state: 'active', reason: null })
  })
})

describe('housekeeping', () => {
  it('stores trusted time at least every minute', async () => {
    const world = await licensed()
    vendorOf(world).every = 86_400
    await world.service.checkIn(ADMIN)
    let stored = START
    for (let second = 0; second < 300; second++) {
      await world.run(1000)
      const at = (await world.store.read()).trusted?.at ?? 0
      expect(START + (second + 1) * 1000 - at).toBeLessThanOrEqual(60_000)
      expect(at).toBeGreaterThanOrEqual(stored)
      stored = at
    }
  })

  it('stores it no more often than every 55 s, but at once after a check-in and at the end', async () => {
    const world = await licensed()
    vendorOf(world).every = 86_400
    await world.service.checkIn(ADMIN)
    const stores: number[] = []
    const original = world.store.saveTrustedTime
    world.store.saveTrustedTime = (trusted) => {
      stores.push(Math.round((trusted.at - START) / 1000))
      return original(trusted)
    }
    await world.run(65_000)
    expect(stores).toEqual([0, 55])
    await world.service.checkIn(ADMIN)
    await world.run(1000)
    await world.service.stop()
    expect(stores).toEqual([0, 55, 65, 66])
  })

  it.each(['saveTrustedTime', 'pruneEvents'] as const)('does %s again at the next tick when it failed, and not only when it is due anew', async (step) => {
    const world = await licensed()
    let tries = 0
    const fail = (): Promise<never> => {
      tries++
      return Promise.reject(new LicenseError('STORAGE_UNAVAILABLE'))
    }
    Object.assign(world.store, { [step]: fail })
    await world.tick()
    world.clock.advance(1000)
    await world.tick()
    expect(tries).toBe(2)
  })

  it('has nothing to store without a license', async () => {
    const world = await createWorld()
    await world.run(60_000)
    await world.service.stop()
    expect((await world.store.read()).trusted).toBeNull()
  })

  it('prunes events older than they are to be kept, at the start and every 6 h', async () => {
    const world = await createWorld({ service: { eventsKeepDays: 10 } })
    await world.service.save({ credential: offlineToken({ instance_id: world.service.instanceId, iat: START / 1000 }), actor: ADMIN })
    const pruned: number[] = []
    const original = world.store.pruneEvents
    world.store.pruneEvents = (olderThan) => {
      pruned.push(olderThan)
      return original(olderThan)
    }
    for (const wait of [0, 1000, 6 * 3_600_000 - 1001, 1, 1000]) {
      world.clock.advance(wait)
      await world.tick()
    }
    expect(pruned).toEqual([START - 10 * DAY, START - 10 * DAY + 6 * 3_600_000])
  })

  it('leaves that to another replica while it has the claim, but not for the six hours after', async () => {
    const { store, all, run } = await createReplicas(1)
    await all[0]?.service.save({ credential: KEY, actor: ADMIN })
    const pruned: number[] = []
    store.pruneEvents = async olderThan => pruned.push(olderThan)
    await store.claims?.swapClaim({ beat: 0, holder: 'another', term: 1, lasts: CLAIM_LENGTH })
    await run(CLAIM_LENGTH)
    expect(pruned).toEqual([])
    await run(WATCH)
    expect(pruned).toHaveLength(1)
  })

  it('notices what another replica has written', async () => {
    const world = await licensed()
    const other = world.service
    await world.boot()
    await other.setSeatsUsed(9)
    expect(world.service.view('admin').seatsUsed).toBeNull()
    await world.tick()
    expect(world.service.view('admin').seatsUsed).toBe(9)
  })
})
