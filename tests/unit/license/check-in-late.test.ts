import { beforeEach, describe, expect, it } from 'vitest'
import { HOUR } from '../../support/claims.ts'
import { createFixedRandom } from '../../support/random.ts'
import { verifySynchronously } from '../../support/signing.ts'
import { AIRGAPPED_KEY, createGate, failure, KEY, SECRET } from '../../support/simulated-vendor.ts'
import type { World } from '../../support/world.ts'
import { ADMIN, createWorld, settle } from '../../support/world.ts'

beforeEach(verifySynchronously)

async function licensed(key = KEY): Promise<World> {
  const world = await createWorld({ random: createFixedRandom(0) })
  await world.service.save({ credential: key, actor: ADMIN })
  world.clock.advance(HOUR)
  return world
}
const license = async (world: World) => (await world.store.read()).license
function standardOf(world: World) {
  const found = world.vendor.licenses.get(KEY)
  if (!found) throw new Error('the vendor lost the license')
  return found
}

describe('an answer that comes too late', () => {
  it.each(['fresh', 'verdict', 'failed'])('never overwrites a license saved meanwhile: %s', async (kind) => {
    const world = await licensed()
    if (kind === 'verdict') standardOf(world).verdict = 'revoked'
    if (kind === 'failed') world.vendor.failing = failure('NET_TIMEOUT')
    const gate = createGate()
    world.vendor.beforeAnswer = gate.pass
    const late = world.service.checkIn(ADMIN)
    await settle()
    Object.assign(world.vendor, { beforeAnswer: null, failing: null })
    await world.service.save({ credential: AIRGAPPED_KEY, actor: ADMIN })
    const saved = await license(world)
    gate.open()
    await expect(late).rejects.toMatchObject({ code: 'CONFLICT' })
    expect(await license(world)).toEqual(saved)
    expect(world.service.view('admin')).toMatchObject({ method: 'airgapped', state: 'active' })
    expect(world.observed).toEqual(['dropped'])
  })

  it.each(['fresh', 'verdict', 'failed'])('does not do so either when the database is away by then: %s', async (kind) => {
    const world = await licensed()
    if (kind === 'verdict') standardOf(world).verdict = 'revoked'
    if (kind === 'failed') world.vendor.failing = failure('NET_TIMEOUT')
    const gate = createGate()
    world.vendor.beforeAnswer = gate.pass
    const late = world.service.checkIn(ADMIN)
    await settle()
    Object.assign(world.vendor, { beforeAnswer: null, failing: null })
    await world.service.save({ credential: AIRGAPPED_KEY, actor: ADMIN })
    const saved = world.service.view('admin')
    world.store.available = false
    gate.open()
    await expect(late).rejects.toMatchObject({ code: 'CONFLICT' })
    expect(world.service.view('admin')).toEqual(saved)
    world.store.available = true
    await world.tick()
    expect(world.service.view('admin')).toEqual(saved)
  })

  it('brings no license back that was removed meanwhile', async () => {
    const world = await licensed()
    const gate = createGate()
    world.vendor.beforeAnswer = gate.pass
    const late = world.service.checkIn(ADMIN)
    await settle()
    await world.service.remove({ actor: ADMIN })
    gate.open()
    await expect(late).rejects.toMatchObject({ code: 'CONFLICT' })
    expect(world.service.view('admin').state).toBe('unlicensed')
    expect((await world.store.read()).license).toBeNull()
  })
})

describe('an airgapped license', () => {
  it('renews when asked, without telling seats, and plans nothing', async () => {
    const world = await licensed(AIRGAPPED_KEY)
    await world.service.setSeatsUsed(3)
    await world.service.checkIn(ADMIN)
    const [call] = world.vendor.callsOf('renew')
    expect(Object.keys(call?.request ?? {}).sort()).toEqual(['kids', 'lease', 'nonce'])
    expect(call?.secret).toBe(SECRET)
    expect(await license(world)).toMatchObject({ jti: 'lic_airgapped-2', nextAt: null })
    expect(world.vendor.callsOf('checkIn')).toEqual([])
  })

  it('counts a renewal that failed, and plans no other', async () => {
    const world = await licensed(AIRGAPPED_KEY)
    world.vendor.failing = failure('NET_CONNECT')
    await expect(world.service.checkIn(ADMIN)).rejects.toMatchObject({ code: 'NET_CONNECT' })
    expect(await license(world)).toMatchObject({ consecutiveFailures: 1, nextAt: null, lastError: 'NET_CONNECT' })
    await world.run(HOUR / 4)
    expect(world.vendor.calls).toHaveLength(2)
  })
})
