import { beforeEach, describe, expect, it } from 'vitest'
import { DAY, HOUR } from '../../support/claims.ts'
import { START } from '../../support/simulated-clock.ts'
import { failCommits, storeRow } from '../../support/holding.ts'
import { createFixedRandom } from '../../support/random.ts'
import { verifySynchronously } from '../../support/signing.ts'
import type { Actor } from '../../../server/license/events.ts'
import type { VendorLicense } from '../../support/simulated-vendor.ts'
import { createGate, failure, KEY, licenseAt } from '../../support/simulated-vendor.ts'
import type { World } from '../../support/world.ts'
import { ADMIN, createWorld, settle } from '../../support/world.ts'

beforeEach(verifySynchronously)

/** Short periods, so that every tick of them can be looked at: due after 20 s, paused a minute later. */
async function licensed(terms: Partial<VendorLicense> = {}, key = KEY): Promise<World> {
  const world = await createWorld({ random: createFixedRandom(0.5) })
  world.vendor.licenses.set(key, licenseAt(world.clock, 'lic_short', { every: 20, grace: 60, ...terms }))
  await world.service.save({ credential: key, actor: ADMIN })
  return world
}
const checkIns = (world: World) => world.vendor.callsOf('checkIn').map(({ at }) => (at - START) / 1000)
const states = (world: Pick<World, 'store'>) => world.store.events.filter(({ kind }) => kind === 'state_changed').map(({ details }) => `${details.from} → ${details.to}`)

describe('the schedule', () => {
  it('makes each check-in when it is due, and no other', async () => {
    const world = await licensed()
    await world.run(65_000)
    expect(checkIns(world)).toEqual([19, 38, 57])
    expect(states(world)).toEqual([])
  })

  it('checks in around the end of the term as well, and goes on after it', async () => {
    const world = await licensed({ every: 3 * 3600, exp: (START + 2 * HOUR) / 1000 })
    await world.run(5 * HOUR)
    const [first, second, ...later] = checkIns(world)
    expect([first, second]).toEqual([3600, 7200])
    expect(later.length).toBeGreaterThan(5)
    later.forEach((at, index) => expect(at - (later[index - 1] ?? 7200)).toBeLessThanOrEqual(3600))
    expect(states(world)).toEqual(['active → expired'])
  })

  it('picks up a renewal at the end of the term without anybody', async () => {
    const world = await licensed({ every: 3 * 3600, exp: (START + 2 * HOUR) / 1000 })
    world.clock.advance(HOUR)
    await world.run(1000)
    Object.assign(world.vendor.licenses.get(KEY) ?? {}, { exp: (START + 40 * DAY) / 1000 })
    world.clock.advance(HOUR)
    await world.run(1000)
    expect(world.service.view('admin')).toMatchObject({ state: 'active', expiresAt: new Date(START + 40 * DAY).toISOString() })
  })

  it.each([
    ['a license checked in once a day, 6 h', 24, 22.8, 6], ['a license checked in every 3 h, 3 h', 3, 2.85, 3],
  ])('asks about %s after a verdict, and is reinstated without anybody', async (_, every, first, wait) => {
    const world = await licensed({ every: every * 3600 })
    Object.assign(world.vendor.licenses.get(KEY) ?? {}, { verdict: 'suspended' })
    await world.run((first + 0.5) * HOUR)
    Object.assign(world.vendor.licenses.get(KEY) ?? {}, { verdict: null })
    expect(world.service.view('admin').state).toBe('suspended')
    await world.run(wait * HOUR)
    expect(checkIns(world)).toEqual([first * 3600, (first + wait) * 3600])
    expect(world.service.view('admin').state).toBe('active')
    expect(states(world)).toEqual(['active → suspended', 'suspended → active'])
    expect(world.log.filter(({ message }) => message !== 'check-in succeeded').slice(1)).toEqual([
      { level: 'warn', message: 'the license server sent a verdict', fields: { verdict: 'suspended', reason: 'chargeback' } },
      { level: 'warn', message: 'license state changed', fields: { from: 'active', to: 'suspended' } },
      { level: 'info', message: 'license state changed', fields: { from: 'suspended', to: 'active' } },
    ])
  })

  it.each([['behind', -8 * DAY], ['ahead', 8 * DAY]])('asks again six hours after a verdict has come, even where the clock is days %s', async (_, shift) => {
    const world = await licensed({ every: 24 * 3600, grace: 30 * 24 * 3600 })
    world.clock.reboot(8 * DAY)
    world.clock.shiftWall(shift)
    Object.assign(world.vendor.licenses.get(KEY) ?? {}, { verdict: 'suspended' })
    await world.boot()
    await world.tick()
    await world.service.checkIn(ADMIN)
    const asked = checkIns(world).length
    world.clock.advance(6 * HOUR - 1000)
    await world.tick()
    expect(world.service.view('admin').state).toBe('suspended')
    expect(checkIns(world)).toHaveLength(asked)
    Object.assign(world.vendor.licenses.get(KEY) ?? {}, { verdict: null })
    world.clock.advance(1000)
    await world.run(1000)
    expect(world.service.view('admin').state).toBe('active')
    expect(checkIns(world)).toHaveLength(asked + 1)
  })

  it('survives a restart: what is not due waits for its time', async () => {
    const world = await licensed()
    await world.run(5000)
    await world.boot()
    await world.run(10_000)
    expect(checkIns(world)).toEqual([])
    await world.run(10_000)
    expect(checkIns(world)).toEqual([19])
  })

  it('checks in at once at a start that comes after the due time', async () => {
    const world = await licensed()
    world.clock.advance(30_000)
    await world.boot()
    await world.tick()
    expect(checkIns(world)).toEqual([30])
  })

  it('keeps its waits in uptime, which a clock set back cannot stretch', async () => {
    const world = await licensed()
    await world.boot()
    await world.run(1000)
    world.clock.shiftWall(-DAY)
    await world.run(25_000)
    expect(checkIns(world)).toEqual([19])
  })

  it('brings them forward by a clock that was set ahead: by that clock, grace may be about to end', async () => {
    const world = await licensed()
    await world.boot()
    await world.run(1000)
    world.clock.shiftWall(10_000)
    await world.run(7000)
    expect(checkIns(world)).toEqual([])
    await world.run(1000)
    expect(checkIns(world)).toEqual([9])
  })

  it('asks at once about a lease that does not verify here', async () => {
    const world = await licensed()
    const row = await world.store.read()
    if (!row.license) throw new Error('no license')
    await storeRow(world.store, { ...row.license, lease: 'edited.by.hand' }, { sub: 'lic_short', seq: 1, jti: 'lic_short-1' }, {
      trusted: { at: START, uptime: 0, boot: null, continuous: false },
    })
    await world.boot()
    expect(world.service.view('admin')).toMatchObject({ state: 'invalid', entitled: false })
    world.vendor.failing = failure('SERVER_ERROR', { answered: true })
    await world.tick()
    expect(world.vendor.callsOf('checkIn')[0]?.request).toMatchObject({ lease: 'edited.by.hand' })
  })

  it('returns how long to wait: up to a second, less when something is due sooner', async () => {
    const world = await licensed()
    expect(await world.tick()).toBe(1000)
    world.clock.advance(18_700)
    expect(await world.tick()).toBeCloseTo(300)
    world.clock.advance(299)
    expect(await world.tick()).toBe(20)
  })

  it('wakes at a border of the state while a check-in is under way', async () => {
    const world = await licensed({ every: 20, grace: 1 })
    const gate = createGate()
    world.vendor.beforeAnswer = gate.pass
    world.clock.advance(20_000)
    expect(await world.service.tick()).toBeCloseTo(1000)
    world.clock.advance(600)
    expect(await world.service.tick()).toBeCloseTo(400)
    gate.open()
    await settle()
  })
})

describe('exactly one check-in is under way', () => {
  const TOKEN: Actor = { kind: 'token', address: '192.0.2.9' }

  it.each<[string, (world: World) => Promise<unknown>[]]>([
    ['two people', ({ service }) => [service.checkIn(ADMIN), service.checkIn(TOKEN)]],
    ['a tick and a person', ({ service }) => [service.tick(), service.checkIn(ADMIN)]],
    ['a person and a tick', ({ service }) => [service.checkIn(ADMIN), service.tick()]],
    ['two ticks and two people', ({ service }) => [service.tick(), service.checkIn(ADMIN), service.tick(), service.checkIn(TOKEN)]],
  ])('also of %s who ask in one tick: one call, one entry, the same answer for all', async (_, ask) => {
    const world = await licensed()
    world.clock.advance(20_000)
    await Promise.all(ask(world))
    await settle()
    expect(checkIns(world)).toEqual([20])
    expect(world.store.events.filter(({ kind }) => kind === 'check_in_succeeded')).toMatchObject([{ count: 1 }])
    expect(await world.service.listCheckInDays(1)).toMatchObject([{ good: 1, failed: 0 }])
  })

  it('and its failure is everybody\'s who asked, counted once', async () => {
    const world = await licensed()
    world.vendor.failing = failure('NET_DNS')
    const asked = await Promise.allSettled([world.service.checkIn(ADMIN), world.service.checkIn(TOKEN)])
    expect(asked).toMatchObject([{ reason: { code: 'NET_DNS' } }, { reason: { code: 'NET_DNS' } }])
    expect((await world.store.read()).license?.consecutiveFailures).toBe(1)
  })

  it('ticks and people join it', async () => {
    const world = await licensed()
    const gate = createGate()
    world.vendor.beforeAnswer = gate.pass
    world.clock.advance(20_000)
    await world.tick()
    const byHand = world.service.checkIn(ADMIN)
    for (let n = 0; n < 5; n++) await world.tick()
    expect(world.vendor.underWay).toBe(1)
    gate.open()
    await byHand
    expect(checkIns(world)).toEqual([20])
    await world.service.checkIn(ADMIN)
    expect(checkIns(world)).toEqual([20, 20])
  })

  it('is aborted by the end of the process, which stores the time', async () => {
    const world = await licensed()
    const gate = createGate()
    world.vendor.beforeAnswer = gate.pass
    world.clock.advance(20_000)
    await world.tick()
    const [call] = world.vendor.callsOf('checkIn')
    expect(call?.signal?.aborted).toBe(false)
    const stopped = world.service.stop()
    expect(call?.signal?.aborted).toBe(true)
    gate.open()
    await stopped
    expect((await world.store.read()).trusted?.at).toBe(START + 20_000)
  })
})

describe('failing check-ins', () => {
  it('are tried quickly at a start, then no more rarely than they are due', async () => {
    const world = await licensed()
    world.clock.advance(30_000)
    world.vendor.failing = failure('NET_DNS', { cause: 'ENOTFOUND' })
    await world.boot()
    await world.run(75_000)
    expect(checkIns(world).map(at => Math.round(at))).toEqual([30, 32, 37, 52, 72, 92])
    expect(world.log.find(({ level }) => level === 'warn')).toEqual({
      level: 'warn', message: 'check-in failed',
      fields: { code: 'NET_DNS', reference: 'NCL-201', cause: 'dns_no_such_name', stage: 'dns', host: 'vendor.example', error: 'ENOTFOUND' },
    })
  })

  it('lead through grace into pause, each told once, and one good answer ends it', async () => {
    const world = await licensed()
    world.vendor.failing = failure('NET_CONNECT')
    await world.run(100_000)
    expect(states(world)).toEqual(['active → grace', 'grace → paused'])
    world.vendor.failing = null
    await world.run(20_000)
    // Losing features, and being about to, is louder than having them again.
    expect(world.log.filter(({ message }) => message === 'license state changed')).toEqual([
      { level: 'warn', message: 'license state changed', fields: { from: 'active', to: 'grace' } },
      { level: 'warn', message: 'license state changed', fields: { from: 'grace', to: 'paused' } },
      { level: 'info', message: 'license state changed', fields: { from: 'paused', to: 'active' } },
    ])
    expect(states(world)).toEqual(['active → grace', 'grace → paused', 'paused → active'])
  })

  it('through a defect end in the log, not in an unhandled rejection', async () => {
    const world = await licensed()
    failCommits(world.store, 'check_in_succeeded', new TypeError('defect'))
    world.clock.advance(20_000)
    await world.tick()
    expect(world.log).toContainEqual({ level: 'error', message: 'check-in ended unexpectedly', fields: { cause: 'TypeError: defect' } })
    await world.run(50_000)
    expect(checkIns(world)).toEqual([20])
    await world.run(15_000)
    expect(checkIns(world)).toEqual([20, 80])
  })

  it('without an error of the system log none', async () => {
    const world = await licensed()
    world.vendor.failing = failure('NET_DNS')
    await world.run(21_000)
    expect(world.log.find(({ level }) => level === 'warn')?.fields).toMatchObject({ cause: 'dns_no_such_name', error: '' })
  })
})

describe('at a start', () => {
  it('a license under a verdict is asked about when that was planned, however long ago its lease was due', async () => {
    const world = await createWorld({ random: createFixedRandom(0) })
    await world.service.save({ credential: KEY, actor: ADMIN })
    Object.assign(world.vendor.licenses.get(KEY) ?? {}, { verdict: 'revoked' })
    await world.run(6 * HOUR + 60_000)
    expect(world.service.view('admin').state).toBe('revoked')
    const asked = world.vendor.callsOf('checkIn').length
    world.clock.advance(HOUR)
    await world.boot()
    await world.run(60_000)
    expect(world.vendor.callsOf('checkIn')).toHaveLength(asked)
    await world.run(6 * HOUR)
    expect(world.vendor.callsOf('checkIn')).toHaveLength(asked + 1)
  })

  it('a license whose check-in is overdue is checked in at once, whatever was planned after a failure', async () => {
    const world = await createWorld({ random: createFixedRandom(0) })
    await world.service.save({ credential: KEY, actor: ADMIN })
    world.vendor.failing = failure('NET_DNS')
    await world.run(9 * HOUR)
    const planned = (await world.store.read()).license?.nextAt ?? 0
    expect(planned - world.clock.real()).toBeGreaterThan(60_000)
    const asked = world.vendor.callsOf('checkIn').length
    world.vendor.failing = null
    await world.boot()
    await world.tick()
    expect(world.vendor.callsOf('checkIn')).toHaveLength(asked + 1)
    expect(world.service.view('admin').state).toBe('active')
  })
})

describe('two processes of which one does not know the key that the license was signed with', () => {
  async function disagreeing() {
    const world = await licensed({ every: 600, grace: 60 })
    world.vendor.failing = failure('NET_DNS')
    await world.tick()
    const knowing = world.service
    const notKnowing = await world.boot({ keyring: { kids: [], get: () => undefined } })
    return { ...world, knowing, notKnowing, run: (ms: number) => world.run(ms, () => void knowing.tick()) }
  }

  it('each tell once what they make of it, not in turns', async () => {
    const world = await disagreeing()
    await world.run(60_000)
    expect([world.knowing, world.notKnowing].map(({ view }) => view('admin').state)).toEqual(['active', 'invalid'])
    expect(states(world)).toEqual(['active → invalid'])
  })

  it('go on telling what changes, also what has changed while a process was not there', async () => {
    const world = await disagreeing()
    await world.run(1000)
    world.clock.advance(600_000)
    await world.run(5000)
    expect(states(world)).toEqual(['active → invalid', 'invalid → grace'])
    world.clock.advance(60_000)
    await world.boot()
    await world.run(5000)
    expect(states(world)).toEqual(['active → invalid', 'invalid → grace', 'grace → paused'])
  })

  it('and are of one mind again once a lease has come that both know', async () => {
    const world = await disagreeing()
    await world.run(1000)
    world.vendor.failing = null
    await world.knowing.checkIn(ADMIN)
    await world.boot()
    await world.run(5000)
    expect(states(world)).toEqual(['active → invalid', 'invalid → active'])
    expect((await world.store.read()).license?.lastState).toBe('active')
  })
})

it('whoever waits until nothing is under way is told whether anything was', async () => {
  const world = await createWorld()
  await world.service.save({ credential: KEY, actor: ADMIN })
  expect(await world.service.whenIdle()).toBe(false)
  const gate = createGate()
  world.vendor.beforeAnswer = gate.pass
  const asked = world.service.checkIn(ADMIN)
  await settle()
  const idle = world.service.whenIdle()
  gate.open()
  expect(await idle).toBe(true)
  await asked
  expect(await world.service.whenIdle()).toBe(false)
})
