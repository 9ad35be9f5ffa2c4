import { beforeEach, describe, expect, it } from 'vitest'
import { DAY, offlineToken, OTHER_INSTANCE, signed, standardClaims } from '../../support/claims.ts'
import { START } from '../../support/simulated-clock.ts'
import { expectNothingChanged, save, traceOf } from '../../support/saving.ts'
import { verifySynchronously } from '../../support/signing.ts'
import type { World } from '../../support/world.ts'
import { ADMIN, createWorld } from '../../support/world.ts'

beforeEach(verifySynchronously)

describe('saving a token', () => {
  const tokenFor = (world: World, changes = {}) => offlineToken({ instance_id: world.service.instanceId, ...changes })

  it('activates without any call and plans none', async () => {
    const world = await createWorld()
    const steps: string[] = []
    await save(world, tokenFor(world), { onStep: step => steps.push(step) })
    expect(world.service.view('admin')).toMatchObject({ state: 'active', method: 'offline', maskedKey: null, checkIn: null, licenseId: 'lic_1' })
    expect((await world.store.read()).license).toMatchObject({ secret: null, nextAt: null, lastSuccessAt: null, lastAttemptAt: null, activatedAt: START })
    expect(steps).toEqual(['checked', 'verified', 'stored'])
    await world.run(60_000)
    expect(world.vendor.calls).toEqual([])
  })

  it('that runs already changes nothing', async () => {
    const world = await createWorld()
    await save(world, tokenFor(world))
    const before = await world.store.read()
    await save(world, tokenFor(world))
    expect(await world.store.read()).toEqual(before)
    expect(world.store.events).toHaveLength(1)
  })

  it('only raises trusted time, judging the token first', async () => {
    const world = await createWorld()
    const later = { iat: (START + DAY) / 1000, nbf: (START + DAY) / 1000 }
    await expect(save(world, tokenFor(world, later))).rejects.toMatchObject({ code: 'TOKEN_NOT_YET_VALID' })
    await save(world, tokenFor(world, { iat: later.iat }))
    expect(world.service.moment()).toMatchObject({ effective: START + DAY, continuous: false })
    await save(world, tokenFor(world, { iat: START / 1000, seq: 2, jti: 'jti-2' }))
    expect(world.service.moment().effective).toBe(START + DAY)
  })

  it.each([
    ['another installation', { instance_id: OTHER_INSTANCE }, 'BOUND_TO_DIFFERENT_INSTALLATION'],
    ['a term that is over', { iat: START / 1000 - 86_400, exp: START / 1000 }, 'LICENSE_EXPIRED'],
    ['a start that is to come', { nbf: START / 1000 + 1 }, 'TOKEN_NOT_YET_VALID'],
    ['an older seq', { seq: 4, jti: 'jti-4' }, 'TOKEN_OLDER_THAN_CURRENT'],
    ['an equal seq with another jti', { seq: 5, jti: 'jti-other' }, 'TOKEN_OLDER_THAN_CURRENT'],
  ])('of %s is refused and changes nothing but what was found', async (_, changes, code) => {
    const world = await createWorld()
    await save(world, tokenFor(world, { seq: 5, jti: 'jti-5' }))
    const before = await traceOf(world)
    await expect(save(world, tokenFor(world, { seq: 6, jti: 'jti-6', ...changes }))).rejects.toMatchObject({ code })
    await expectNothingChanged(world, before)
    expect(await world.service.findings()).toMatchObject([{ code }])
  })

  it('of a kind that is not pasted is refused', async () => {
    const world = await createWorld()
    const lease = signed('lease', standardClaims({ instance_id: world.service.instanceId }))
    await expect(save(world, lease)).rejects.toMatchObject({ code: 'TOKEN_WRONG_KIND' })
  })

  it('older than the highest ever seen is refused after a removal, too', async () => {
    const world = await createWorld()
    await save(world, tokenFor(world, { seq: 5, jti: 'jti-5' }))
    await world.service.remove({ actor: ADMIN })
    await expect(save(world, tokenFor(world, { seq: 4, jti: 'jti-4' }))).rejects.toMatchObject({ code: 'TOKEN_OLDER_THAN_CURRENT' })
    await save(world, tokenFor(world, { seq: 5, jti: 'jti-5' }))
    expect(world.service.view('admin').state).toBe('active')
  })
})
