import { beforeEach, describe, expect, it } from 'vitest'
import { stateOf } from '../../../server/license/state.ts'
import { EVERY, GRACE, moment, pass, PAUSES_AFTER, save, SECOND, standard } from '../../support/installation.ts'
import { tally } from '../../support/tally.ts'
import { DAY, INSTANCE, leaseOf, offlineToken, standardClaims } from '../../support/claims.ts'
import { createSimulatedClock, START } from '../../support/simulated-clock.ts'
import { verifySynchronously } from '../../support/signing.ts'
import { AIRGAPPED_KEY, failure, KEY, licenseAt } from '../../support/simulated-vendor.ts'
import type { World } from '../../support/world.ts'
import { createWorld } from '../../support/world.ts'

beforeEach(verifySynchronously)

describe('the table of states, to the second', () => {
  const YEAR = 365 * 86_400
  const inGrace = EVERY + 3600
  /** Border, seconds after the lease was signed; end of the term likewise; states one second before, at it and one second after. */
  const TABLE = [
    ['iat + every', EVERY, YEAR, ['active', 'grace', 'grace']],
    ['iat + every + grace', EVERY + GRACE, YEAR, ['grace', 'paused', 'paused']],
    ['exp while paused', YEAR, YEAR, ['paused', 'expired', 'expired']],
    ['exp in grace', inGrace, inGrace, ['grace', 'expired', 'expired']],
    ['exp while active', 3600, 3600, ['active', 'expired', 'expired']],
    ['exp at iat + every', EVERY, EVERY, ['active', 'expired', 'expired']],
    ['exp at iat + every + grace', EVERY + GRACE, EVERY + GRACE, ['grace', 'expired', 'expired']],
    ['iat itself', 0, YEAR, ['active', 'active', 'active']],
  ] as const
  const entitled = (state: string) => state === 'active' || state === 'grace'

  it.each(TABLE)('F54: a standard license at %s, in the process that was answered', async (_, border, term, expected) => {
    const found: unknown[] = []
    for (const off of [-1, 0, 1]) {
      const world = await createWorld()
      world.vendor.licenses.set(KEY, licenseAt(world.clock, 'lic_border', { exp: START / SECOND + term }))
      await save(world, KEY)
      world.clock.advance((border + off) * SECOND)
      const { state } = moment(world)
      expect([moment(world).entitled, world.service.hasFeature('sso'), world.service.entitlements(false).features.length > 0]).toEqual(Array(3).fill(entitled(state)))
      found.push(state)
    }
    expect(found).toEqual(expected)
    tally({ row: 'F54', tried: 3 })
  })

  it.each(TABLE)('F54: a standard license at %s, in a process that asked in vain', async (_, border, term, expected) => {
    const found: unknown[] = []
    for (const off of [-1, 0, 1]) {
      const world = await createWorld()
      world.vendor.licenses.set(KEY, licenseAt(world.clock, 'lic_border', { exp: START / SECOND + term }))
      await save(world, KEY)
      world.vendor.failing = failure('NET_CONNECT')
      world.clock.advance(Math.max(0, border + off) * SECOND)
      await world.boot()
      await world.tick()
      await world.tick()
      found.push(moment(world).state)
    }
    expect(found).toEqual(expected)
    tally({ row: 'F54', tried: 3 })
  })

  it.each(['airgapped', 'offline'])('F54: an %s license at exp, before and after a restart', async (method) => {
    for (const restarted of [false, true]) {
      const found: unknown[] = []
      for (const off of [-1, 0, 1]) {
        const world = await createWorld()
        const exp = START / SECOND + 40 * 86_400
        world.vendor.licenses.set(AIRGAPPED_KEY, licenseAt(world.clock, 'lic_border', { exp }))
        await save(world, method === 'airgapped' ? AIRGAPPED_KEY : offlineToken({ instance_id: world.service.instanceId, exp }))
        world.vendor.failing = failure('NET_CONNECT')
        world.clock.advance(exp * SECOND - START + off * SECOND)
        if (restarted) await world.boot()
        found.push(moment(world).state)
      }
      expect(found).toEqual(['active', 'expired', 'expired'])
    }
    tally({ row: 'F54', tried: 6 })
  })

  it('F54: the borders are those of the signed periods, not of a clock that began between two seconds', async () => {
    const clock = createSimulatedClock(START + 123)
    const claims = standardClaims({ iat: Math.floor(clock.real() / SECOND) })
    const held = { kind: 'lease' as const, lease: leaseOf(claims), verdict: null }
    expect([-1, 0].map(off => stateOf(held, INSTANCE, START + PAUSES_AFTER + off))).toEqual(['grace', 'paused'])
  })
})

describe('a license server that is away', () => {
  const MINUTE = 60 * SECOND

  /** An installation that has asked in vain, as often as it does, for so long after its lease was signed. */
  async function afterOutageOf(ms: number): Promise<World> {
    const world = await standard()
    world.vendor.failing = failure('NET_CONNECT')
    await pass(world, ms, 10 * MINUTE)
    expect(world.vendor.callsOf('checkIn').length).toBeGreaterThan(100)
    expect(world.service.view('admin').checkIn?.lastSuccessAt).toBe(new Date(START).toISOString())
    return world
  }
  const features = (world: World) => world.service.entitlements(false).features.length

  it('F41: for 6 days, 23 hours and 59 minutes after a due check-in leaves everything as it is, in grace', async () => {
    const world = await afterOutageOf(PAUSES_AFTER - MINUTE)
    expect(moment(world)).toMatchObject({ state: 'grace', entitled: true })
    expect([world.service.hasFeature('sso'), features(world) > 0]).toEqual([true, true])
  })

  it.each([0, 1])('F41: for 7 days and %i s after a due check-in pauses what was paid for', async (seconds) => {
    const world = await afterOutageOf(PAUSES_AFTER + seconds * SECOND)
    expect(moment(world)).toMatchObject({ state: 'paused', entitled: false })
    expect([world.service.hasFeature('sso'), features(world)]).toEqual([false, 0])
  })

  // The last wait may have begun while it was in grace; those of a paused license are shorter.
  it.each([
    ['6 days, 23 hours and 59 minutes', PAUSES_AFTER - MINUTE, 60], ['7 days and a second', PAUSES_AFTER + SECOND, 60], ['8 days', PAUSES_AFTER + DAY, 15],
  ])('F41: for %s and then back is found by one call, that nobody asks for, and all is well', async (_what, ms, minutes) => {
    const world = await afterOutageOf(ms)
    const before = world.vendor.callsOf('checkIn').length
    world.vendor.failing = null
    await world.run(minutes * MINUTE)
    expect(world.vendor.callsOf('checkIn')).toHaveLength(before + 1)
    expect(moment(world)).toMatchObject({ state: 'active', entitled: true })
    expect(world.service.view('admin').checkIn).toMatchObject({ consecutiveFailures: 0, lastError: null })
    expect(features(world)).toBeGreaterThan(0)
  })
})
