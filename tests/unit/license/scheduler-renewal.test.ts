import { beforeEach, describe, expect, it } from 'vitest'
import { LicenseError } from '../../../server/license/errors.ts'
import { seen } from '../../../shared/findings.ts'
import { DAY, HOUR } from '../../support/claims.ts'
import { START } from '../../support/simulated-clock.ts'
import { createFixedRandom } from '../../support/random.ts'
import { verifySynchronously } from '../../support/signing.ts'
import { AIRGAPPED_KEY, failure, HOST, licenseAt, refused } from '../../support/simulated-vendor.ts'
import type { World } from '../../support/world.ts'
import { ADMIN, createWorld } from '../../support/world.ts'

beforeEach(verifySynchronously)

async function licensed(term: number): Promise<World> {
  const world = await createWorld({ random: createFixedRandom(0.5) })
  world.vendor.licenses.set(AIRGAPPED_KEY, licenseAt(world.clock, 'lic_airgapped', { exp: (START + term) / 1000 }))
  await world.service.save({ credential: AIRGAPPED_KEY, actor: ADMIN })
  return world
}
const renewals = (world: World) => world.vendor.callsOf('renew').map(({ at }) => (at - START) / 1000)
const states = (world: World) => world.store.events.filter(({ kind }) => kind === 'state_changed').map(({ details }) => `${details.from} → ${details.to}`)

describe('an airgapped license at a start', () => {
  const nearEnd = (): Promise<World> => licensed(10 * DAY)

  it('makes no call while its end is more than 30 days away', async () => {
    const world = await licensed(365 * DAY)
    await world.boot()
    await world.run(HOUR / 6)
    expect(renewals(world)).toEqual([])
  })

  it('tries one renewal within 30 days of its end, picks it up, and is quiet for a day', async () => {
    const world = await nearEnd()
    Object.assign(world.vendor.licenses.get(AIRGAPPED_KEY) ?? {}, { exp: (START + 375 * DAY) / 1000 })
    world.vendor.failing = failure('SERVER_ERROR', { answered: true })
    await world.boot()
    await world.run(60_000)
    expect((await world.store.read()).renewalAttemptAt).toBe(START)
    await world.boot()
    await world.tick()
    expect(renewals(world)).toEqual([0])
    world.vendor.failing = null
    world.clock.advance(DAY)
    await world.boot()
    await world.tick()
    expect(renewals(world)).toHaveLength(2)
    expect(world.service.view('admin')).toMatchObject({ state: 'active', expiresAt: new Date(START + 375 * DAY).toISOString() })
    expect((await world.store.read()).renewalAttemptAt).toBe(START + DAY + 60_000)
  })

  it('does not count an attempt that the stop cut off: the next start tries again', async () => {
    const world = await nearEnd()
    world.vendor.network = (_reach, signal) => new Promise((resolve) => {
      signal?.addEventListener('abort', () => resolve(failure('NET_CONNECT')))
    })
    await world.boot()
    await world.tick()
    await world.service.stop()
    expect((await world.store.read()).renewalAttemptAt).toBeNull()
  })

  it.each([
    ['a web page', failure('NET_CAPTIVE_PORTAL')],
    ['a redirect', failure('NET_CAPTIVE_PORTAL', { seen: seen('NET_CAPTIVE_PORTAL', 'redirect', { host: HOST }) })],
    ['a gateway', failure('SERVER_ERROR', { seen: seen('SERVER_ERROR', 'gateway', { host: HOST, status: 503 }) })],
    ['an error of somebody unknown', failure('SERVER_ERROR', { seen: seen('SERVER_ERROR', 'server_error_foreign', { host: HOST }) })],
    ['a 404 of somebody unknown', failure('SERVER_NOT_A_LICENSE_SERVER')],
    ['somebody on the way who wants patience', failure('SERVER_RATE_LIMITED')],
    ['a text that cannot be read', failure('SERVER_RESPONSE_INVALID')],
  ])('answered by %s, not by the license server, tries again at the next start', async (_, given) => {
    const world = await nearEnd()
    world.vendor.failing = { ...given, answered: true }
    await world.boot()
    await world.run(60_000)
    world.vendor.failing = null
    await world.boot()
    await world.tick()
    expect(renewals(world)).toEqual([0, 60])
  })

  it.each([
    ['refused it', refused('unknown_key')], ['asked for patience', refused('rate_limited')], ['had trouble of its own', failure('SERVER_ERROR', { answered: true })],
  ])('does not ask the license server again on the day on which it %s', async (_, given) => {
    const world = await nearEnd()
    world.vendor.failing = given
    await world.boot()
    await world.run(60_000)
    await world.boot()
    await world.tick()
    expect(renewals(world)).toEqual([0])
  })

  it.each(['nonce', 'instance_id'])('nor on the day on which it signed an answer with another %s', async (claim) => {
    const world = await nearEnd()
    world.vendor.spoil = ({ claims }) => Object.assign(claims, { [claim]: 'f'.repeat(32) })
    await world.boot()
    await world.run(60_000)
    await world.boot()
    await world.tick()
    expect(renewals(world)).toEqual([0])
  })

  it('makes one call a start, even if it cannot be noted', async () => {
    const world = await nearEnd()
    world.vendor.failing = failure('SERVER_ERROR', { answered: true })
    world.store.saveRenewalAttempt = () => Promise.reject(new LicenseError('STORAGE_UNAVAILABLE'))
    await world.boot()
    await world.run(60_000)
    expect(renewals(world)).toEqual([0])
  })

  it('is silent without a network: no trace, and the next start tries again', async () => {
    const world = await nearEnd()
    world.vendor.failing = failure('NET_DNS')
    await world.boot()
    await world.run(60_000)
    expect(renewals(world)).toEqual([0])
    expect(await world.store.read()).toMatchObject({ renewalAttemptAt: null, license: { consecutiveFailures: 0, lastError: null } })
    expect(world.log.map(({ message }) => message)).toEqual(['license activated'])
    expect(world.store.events.map(({ kind }) => kind)).toEqual(['activated'])
    world.vendor.failing = null
    await world.boot()
    await world.tick()
    expect(renewals(world)).toHaveLength(2)
  })

  it('renews after its end, too', async () => {
    const world = await nearEnd()
    world.clock.advance(11 * DAY)
    await world.tick()
    expect(world.service.view('admin').state).toBe('expired')
    Object.assign(world.vendor.licenses.get(AIRGAPPED_KEY) ?? {}, { exp: (START + 375 * DAY) / 1000 })
    await world.boot()
    await world.tick()
    await world.tick()
    expect(world.service.view('admin').state).toBe('active')
    expect(states(world)).toEqual(['active → expired', 'expired → active'])
  })
})
