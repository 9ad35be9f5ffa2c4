import { beforeEach, describe, expect, it } from 'vitest'
import { DAY, offlineToken } from '../../support/claims.ts'
import { createFixedRandom } from '../../support/random.ts'
import { verifySynchronously } from '../../support/signing.ts'
import { AIRGAPPED_KEY, createGate, failure, KEY, licenseAt } from '../../support/simulated-vendor.ts'
import type { World } from '../../support/world.ts'
import { ADMIN, createWorld, settle } from '../../support/world.ts'

beforeEach(verifySynchronously)

async function licensed(): Promise<World> {
  const world = await createWorld({ random: createFixedRandom(0.5) })
  world.vendor.licenses.set(KEY, licenseAt(world.clock, 'lic_short', { every: 3600, grace: 7200 }))
  await world.service.save({ credential: KEY, actor: ADMIN })
  return world
}
const state = (world: World) => world.service.moment().state

describe('at a start, a license that looks paused or expired', () => {
  it.each([[DAY, 'paused'], [400 * DAY, 'expired']])('keeps its last state until the check-in has answered: off for %i ms, %s', async (off) => {
    const world = await licensed()
    world.clock.reboot(off)
    const gate = createGate()
    world.vendor.beforeAnswer = gate.pass
    if (off > 365 * DAY) Object.assign(world.vendor.licenses.get(KEY) ?? {}, { exp: (world.clock.real() + DAY) / 1000 })
    await world.boot()
    expect(world.service.moment()).toMatchObject({ state: 'active', entitled: true, inDoubt: true })
    await world.tick()
    expect(world.vendor.underWay).toBe(1)
    expect(state(world)).toBe('active')
    gate.open()
    await settle()
    expect(world.service.moment()).toMatchObject({ state: 'active', inDoubt: false })
    expect(world.store.events.map(({ kind }) => kind)).not.toContain('state_changed')
  })

  it.each([[DAY, 'paused'], [400 * DAY, 'expired']])('takes it as soon as the check-in has failed: off for %i ms, %s', async (off, expected) => {
    const world = await licensed()
    world.clock.reboot(off)
    world.vendor.failing = failure('NET_DNS')
    await world.boot()
    await world.tick()
    expect(world.service.moment()).toMatchObject({ state: expected, entitled: false, inDoubt: false })
  })

  it('is held for a check-in that never ends no longer than 10 s', async () => {
    const world = await licensed()
    world.clock.reboot(DAY)
    world.vendor.beforeAnswer = () => new Promise(() => undefined)
    await world.boot()
    await world.tick()
    world.clock.advance(9_999)
    expect(state(world)).toBe('active')
    world.clock.advance(1)
    expect(state(world)).toBe('paused')
  })

  it('is asked about with the shortest wait between ticks until the check-in has begun', async () => {
    const world = await licensed()
    world.clock.reboot(DAY)
    await world.boot()
    const failing = world.service.tick()
    expect(await failing).toBeLessThanOrEqual(1000)
    await settle()
    expect(state(world)).toBe('active')
  })

  it('is not held when it was paused before', async () => {
    const world = await licensed()
    world.vendor.failing = failure('NET_DNS')
    world.clock.advance(DAY)
    await world.tick()
    await world.tick()
    expect(state(world)).toBe('paused')
    await world.boot()
    expect(world.service.moment()).toMatchObject({ state: 'paused', inDoubt: false })
  })

  it('is not held when it is airgapped or offline: no call could tell', async () => {
    for (const method of ['airgapped', 'offline']) {
      const world = await createWorld()
      const credential = method === 'airgapped' ? AIRGAPPED_KEY : offlineToken({ instance_id: world.service.instanceId })
      await world.service.save({ credential, actor: ADMIN })
      world.clock.reboot(366 * DAY)
      await world.boot()
      expect(world.service.moment()).toMatchObject({ state: 'expired', inDoubt: false })
    }
  })

  it('is not held when a verdict took its features: that is not a matter of time', async () => {
    const world = await licensed()
    Object.assign(world.vendor.licenses.get(KEY) ?? {}, { verdict: 'revoked' })
    await world.service.checkIn(ADMIN)
    world.clock.reboot(DAY)
    await world.boot()
    expect(world.service.moment()).toMatchObject({ state: 'revoked', inDoubt: false })
  })
})

describe('a clock that runs ahead', () => {
  it('does not pause a license whose server answers: it is asked at once', async () => {
    const world = await licensed()
    await world.boot()
    await world.run(5000)
    world.clock.shiftWall(30 * DAY)
    expect(world.service.moment()).toMatchObject({ state: 'active', inDoubt: true })
    await world.tick()
    expect(world.vendor.callsOf('checkIn')).toHaveLength(1)
    expect(world.service.moment()).toMatchObject({ state: 'active', inDoubt: false })
  })

  it('is not believed at all once this process was answered', async () => {
    const world = await licensed()
    world.clock.shiftWall(30 * DAY)
    expect(world.service.moment()).toMatchObject({ state: 'active', inDoubt: false })
    await world.run(60_000)
    expect(world.vendor.callsOf('checkIn')).toHaveLength(0)
  })

  it('is believed where the server does not answer, until it is repaired; nothing is lost', async () => {
    const world = await licensed()
    await world.boot()
    world.vendor.failing = failure('NET_CONNECT')
    world.clock.shiftWall(30 * DAY)
    await world.run(3000)
    expect(state(world)).toBe('paused')
    world.clock.repairWall()
    await world.tick()
    expect(state(world)).toBe('active')
  })

  it('makes an offline license expire, and it is itself again when the clock is repaired', async () => {
    const world = await createWorld()
    await world.service.save({ credential: offlineToken({ instance_id: world.service.instanceId }), actor: ADMIN })
    world.clock.shiftWall(400 * DAY)
    await world.tick()
    expect(state(world)).toBe('expired')
    world.clock.repairWall()
    await world.tick()
    expect(state(world)).toBe('active')
  })

  it('is judged anew at every doubt: one that failed does not decide the next', async () => {
    const world = await licensed()
    await world.boot()
    world.vendor.failing = failure('NET_CONNECT')
    world.clock.shiftWall(30 * DAY)
    await world.run(2000)
    world.clock.repairWall()
    await world.run(2000)
    expect(state(world)).toBe('active')
    world.clock.shiftWall(30 * DAY)
    expect(world.service.moment()).toMatchObject({ state: 'active', inDoubt: true })
    await world.tick()
    expect(state(world)).toBe('paused')
  })
})

describe('a wall clock that jumps while a state is held', () => {
  it('changes nothing about an interval that a start was granted, and does not make it longer', async () => {
    const world = await licensed()
    world.clock.reboot(DAY)
    world.vendor.beforeAnswer = () => new Promise(() => undefined)
    await world.boot()
    for (const jump of [30 * DAY, -3600_000, 400 * DAY, -400 * DAY]) {
      await world.tick()
      world.clock.advance(2_400)
      world.clock.shiftWall(jump)
      expect(world.service.moment()).toMatchObject({ state: 'active', entitled: true, inDoubt: true })
    }
    world.clock.advance(400)
    expect(world.service.moment()).toMatchObject({ state: 'paused', entitled: false, inDoubt: false })
    expect(world.vendor.callsOf('checkIn')).toHaveLength(1)
  })

  it('does not begin the hold of a jump anew', async () => {
    const world = await licensed()
    await world.boot()
    await world.run(2000)
    world.vendor.beforeAnswer = () => new Promise(() => undefined)
    for (let second = 0; second < 10; second++) {
      world.clock.shiftWall(30 * DAY)
      await world.tick()
      expect(world.service.moment()).toMatchObject({ state: 'active', inDoubt: true })
      world.clock.advance(1000)
    }
    expect(world.service.moment()).toMatchObject({ state: 'paused', inDoubt: false })
  })

  it('and back again ends the hold: by the time it shows then, nothing is in doubt', async () => {
    const world = await licensed()
    await world.boot()
    await world.run(2000)
    world.vendor.beforeAnswer = () => new Promise(() => undefined)
    world.clock.shiftWall(30 * DAY)
    await world.tick()
    world.clock.repairWall()
    expect(world.service.moment()).toMatchObject({ state: 'active', inDoubt: false })
    world.clock.advance(9000)
    expect(world.service.moment()).toMatchObject({ state: 'active', inDoubt: false })
  })
})

describe('what is stored', () => {
  it('F64: raises trusted time to the lease at a start, also when the stored time was lost', async () => {
    const world = await licensed()
    await world.store.saveTrustedTime({ at: 0, uptime: 0, boot: null, continuous: true })
    world.clock.shiftWall(-DAY)
    await world.boot()
    expect(world.service.moment().trusted).toBe(world.clock.real())
    expect(world.service.moment().continuous).toBe(false)
  })

  it.each<[string, (row: Record<string, unknown>) => void]>([
    ['a method other than the lease says', (row) => { row.method = 'airgapped' }], ['a lease cut short', (row) => { row.lease = String(row.lease).slice(0, -9) }],
    ['an offline token in the place of a lease', (row) => { row.lease = offlineToken() }], ['a verdict that does not verify', (row) => { row.verdict = 'a.b.c' }],
    ['a lease as verdict', (row) => { row.verdict = row.lease }],
  ])('F64: with %s is invalid, and nothing is thrown', async (_, edit) => {
    const world = await licensed()
    const original = world.store.read
    world.store.read = async () => {
      const snapshot = await original()
      const row: Record<string, unknown> = { ...snapshot.license }
      edit(row)
      if (snapshot.license) Object.assign(snapshot.license, row)
      return snapshot
    }
    await world.boot()
    expect(world.service.view('admin')).toMatchObject({ state: 'invalid', entitled: false, licenseId: null, plan: null })
    expect(world.service.hasFeature('sso')).toBe(false)
  })
})
