import { describe, expect, it } from 'vitest'
import type { LicenseServiceOptions } from '../../../server/license/service.ts'
import { eventOf } from '../../../server/license/events.ts'
import { LicenseError } from '../../../server/license/errors.ts'
import { ERROR_CODES, ERRORS } from '../../../shared/errors.ts'
import { seen } from '../../../shared/findings.ts'
import { DAY, HOUR, offlineToken } from '../../support/claims.ts'
import { START } from '../../support/simulated-clock.ts'
import { AIRGAPPED_KEY, KEY, SECRET } from '../../support/simulated-vendor.ts'
import { ADMIN, createSqliteWorld, createWorld } from '../../support/world.ts'

describe('the service on SQLite', () => {
  it('has one Instance ID, the same at every start', async () => {
    const world = await createSqliteWorld()
    const { instanceId } = world.service
    expect(instanceId).toMatch(/^[0-9a-f]{32}$/)
    await world.boot()
    expect(world.service.instanceId).toBe(instanceId)
    const { sessionSecret } = await world.store.installation({ instanceId: '', sessionSecret: '', createdAt: 0 })
    expect(sessionSecret).toMatch(/^[0-9a-f]{64}$/)
  })

  it.each([[KEY, 'standard'], [AIRGAPPED_KEY, 'airgapped']])('activates %s, survives a restart and renews', async (key, method) => {
    const world = await createSqliteWorld()
    await world.service.save({ credential: key, actor: ADMIN })
    const before = world.service.view('admin')
    expect(before).toMatchObject({ state: 'active', method, revision: 1 })
    await world.service.stop()
    await world.boot()
    expect(world.service.view('admin')).toEqual(before)
    world.clock.advance(HOUR)
    await world.service.checkIn(ADMIN)
    expect(world.service.view('admin').issuedAt).toBe(new Date(START + HOUR).toISOString())
  })

  it('activates a token without any call, and refuses to make one', async () => {
    const world = await createSqliteWorld()
    await world.service.save({ credential: offlineToken({ instance_id: world.service.instanceId }), actor: ADMIN })
    await expect(world.service.checkIn(ADMIN)).rejects.toMatchObject({ code: 'NO_CALLS_FOR_OFFLINE' })
    expect(world.service.view('admin')).toMatchObject({ state: 'active', method: 'offline' })
    expect(world.vendor.calls).toEqual([])
  })

  it('has nothing to check in without a license', async () => {
    const world = await createSqliteWorld()
    await expect(world.service.checkIn(ADMIN)).rejects.toMatchObject({ code: 'NO_LICENSE' })
  })

  it('removes the license, tells the vendor at the next tick, and keeps the log', async () => {
    const world = await createSqliteWorld()
    await world.service.save({ credential: KEY, actor: ADMIN })
    await world.service.remove({ actor: ADMIN, revision: 1 })
    await world.service.tick()
    await world.service.stop()
    expect(world.vendor.callsOf('deactivate')[0]).toMatchObject({ secret: SECRET })
    expect((await world.service.listEvents({ limit: 10 })).map(({ kind }) => kind)).toEqual(['vendor_told', 'removed', 'activated'])
  })

  it('keeps no key in any file of the database', async () => {
    const world = await createSqliteWorld()
    await world.service.save({ credential: KEY, actor: ADMIN })
    const rows = JSON.stringify([await world.store.read(), await world.store.listEvents({ limit: 99 })])
    expect(rows).not.toContain(KEY)
    expect(rows).not.toContain(KEY.slice(3, -4))
  })

  it('lists check-ins of the days asked for, today included', async () => {
    const world = await createSqliteWorld()
    await world.service.save({ credential: KEY, actor: ADMIN })
    for (let day = 0; day < 3; day++) {
      await world.service.checkIn(ADMIN)
      world.clock.advance(DAY)
    }
    expect((await world.service.listCheckInDays(3)).map(({ day }) => day)).toEqual(['2026-03-02', '2026-03-03'])
    expect(await world.service.listCheckInDays(1)).toEqual([])
    expect(await world.service.listCheckInDays(30)).toHaveLength(3)
  })

  it('appends events of others', async () => {
    const world = await createSqliteWorld()
    await world.service.appendEvent(eventOf('account_created', START, { kind: 'system' }, { role: 'viewer' }))
    expect(await world.service.listEvents({ limit: 1 })).toMatchObject([{ kind: 'account_created', details: { role: 'viewer' } }])
  })
})

describe('the service', () => {
  it('makes Instance ID and session secret of 128 and 256 random bits, once', async () => {
    const sizes: number[] = []
    const random: LicenseServiceOptions['random'] = { unit: () => 0, hex: (bytes) => { sizes.push(bytes); return 'ab'.repeat(bytes) } }
    const world = await createWorld({ random })
    expect(sizes).toEqual([16, 32])
    expect(world.service.instanceId).toBe('ab'.repeat(16))
    expect(await world.store.installation({ instanceId: '', sessionSecret: '', createdAt: 0 })).toMatchObject({ createdAt: START })
  })

  it('works without anybody observing its check-ins', async () => {
    const world = await createWorld()
    await world.service.save({ credential: KEY, actor: ADMIN })
    await world.boot({ observeCheckIn: undefined })
    await world.service.checkIn(ADMIN)
    expect(world.service.view('admin').state).toBe('active')
  })

  it('tells its observer how long a check-in took, in seconds', async () => {
    const world = await createWorld()
    await world.service.save({ credential: KEY, actor: ADMIN })
    const told: [string, number][] = []
    await world.boot({ observeCheckIn: (result, seconds) => told.push([result, seconds]) })
    world.vendor.beforeAnswer = () => world.clock.advance(2500)
    await world.service.checkIn(ADMIN)
    expect(told).toEqual([['fresh', 2.5]])
  })

  it('shows what another replica did before it acts itself', async () => {
    const world = await createWorld()
    const first = world.service
    await world.boot()
    await first.save({ credential: KEY, actor: ADMIN })
    await world.service.checkIn(ADMIN)
    expect(world.service.view('admin').state).toBe('active')
  })
})

describe('a license error', () => {
  it.each(ERROR_CODES)('%s says its code and reference, keeps facts, what was seen, and the cause', (code) => {
    const cause = new Error('cause')
    const what = seen(code, 'gateway', { status: 502 })
    const error = new LicenseError(code, { details: { revision: 1 }, seen: what, cause })
    expect(error).toMatchObject({ name: 'LicenseError', code, message: `${code} (${ERRORS[code].reference})`, details: { revision: 1 }, seen: what, cause })
    expect(new LicenseError(code)).toMatchObject({ details: undefined, seen: undefined })
  })
})
