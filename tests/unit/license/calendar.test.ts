import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { stateOf } from '../../../server/license/state.ts'
import { isoTime } from '../../../server/license/warnings.ts'
import type { LicenseState } from '../../../shared/contracts.ts'
import type { Installation } from '../../support/installation.ts'
import { moment, pass, PAUSES_AFTER, save, SECOND, standard, warnings } from '../../support/installation.ts'
import { tally } from '../../support/tally.ts'
import { DAY, HOUR, INSTANCE, leaseOf, offlineClaims, offlineToken } from '../../support/claims.ts'
import { START } from '../../support/simulated-clock.ts'
import { verifySynchronously } from '../../support/signing.ts'
import { AIRGAPPED_KEY, failure, KEY, licenseAt } from '../../support/simulated-vendor.ts'
import { SUPPORT_FACTS } from '../../support/support-facts.ts'
import { createSqliteWorld } from '../../support/world.ts'

beforeEach(verifySynchronously)

type Held = 'airgapped' | 'offline' | 'offline after standard'
/** Licenses that no call can correct, and whether trusted time is continuous: only once a license server has answered here. */
const SILENT: [Held, boolean][] = [['airgapped', true], ['offline', false], ['offline after standard', true]]

/** Activates the license; from then on no license server answers. */
async function hold(world: Installation, held: Held): Promise<void> {
  if (held === 'airgapped') await save(world, AIRGAPPED_KEY)
  if (held === 'offline after standard') await save(world, KEY)
  if (held !== 'airgapped') await save(world, offlineToken({ instance_id: world.service.instanceId }))
  world.vendor.failing = failure('NET_CONNECT')
}

/** The state, the warnings, and in the status itself the time by which the term has ended, or has not. */
async function expectExplained(world: Installation, state: LicenseState, warned: string[]): Promise<void> {
  const view = world.service.view('admin')
  expect([view.state, warnings(world)]).toEqual([state, warned])
  const judgedAt = Date.parse(view.serverTime)
  const { wall, trusted, effective } = moment(world)
  expect(judgedAt).toBe(Math.floor(effective))
  expect(judgedAt >= Date.parse(view.expiresAt ?? '')).toBe(state === 'expired')
  if (state === 'expired') expect(judgedAt).toBe(wall)
  if (state === 'expired') {
    // It is the clock's doing, for sure only where trusted time has been continuous.
    // As far as anybody knows it has ended, unless the clock is known to be wrong.
    const code = warned.includes('CLOCK_AHEAD') ? 'CLOCK_AHEAD' : 'LICENSE_EXPIRED'
    expect(view.finding).toMatchObject({ code, cause: 'clock_ahead', facts: { expiresAt: view.expiresAt, clock: isoTime(wall) } })
    expect(view.finding?.facts.setting).toBe(warned.includes('CLOCK_AHEAD') ? undefined : 'perhaps')
  }
  else expect(view.finding?.cause).toBe(warned.includes('CLOCK_BEHIND') ? 'clock_behind' : undefined)
  const { clocks } = await world.service.supportBundle(SUPPORT_FACTS)
  expect(clocks).toMatchObject({ effective: view.serverTime, wall: isoTime(wall), trusted: trusted && isoTime(trusted) })
}

describe('a clock at the ends of the calendars', () => {
  const dates = [
    '1970-01-01T00:00:00Z', '1970-01-01T00:00:01Z', '2038-01-19T03:14:07Z', '2038-01-19T03:14:08Z', '2106-02-07T06:28:15Z', '2106-02-07T06:28:16Z', '9999-12-31T23:59:59Z',
  ].map(date => [date, Date.parse(date)] as const)

  it.each(dates)('F52: at %s a standard license whose server answers stays active, with a warning, on the real storage', async (_, at) => {
    const world = await createSqliteWorld()
    await save(world, KEY)
    world.clock.shiftWall(at - world.clock.real())
    const behind = at < START
    const look = () => [moment(world).state, warnings(world).includes(behind ? 'CLOCK_BEHIND' : 'CLOCK_AHEAD')]
    await world.tick()
    expect(look()).toEqual(['active', true])
    await world.boot()
    await pass(world, 30 * SECOND, SECOND)
    expect(look()).toEqual(['active', true])
    await pass(world, 8 * HOUR)
    expect(look()).toEqual(['active', true])
    expect(world.log.filter(({ level }) => level === 'error')).toEqual([])
    expect((await world.service.listEvents({ limit: 5 })).length).toBeGreaterThan(0)
    tally({ row: 'F52', tried: 3, crashed: 0 })
  })

  it.each(dates)('F52: at %s an airgapped and an offline license are as the clock says, explain it, and are right after its repair', async (_, at) => {
    for (const [held, continuous] of SILENT) {
      const world = await createSqliteWorld()
      await hold(world, held)
      world.clock.shiftWall(at - world.clock.real())
      await world.boot()
      await pass(world, 30 * SECOND, SECOND)
      await expectExplained(world, at < START ? 'active' : 'expired', at < START ? ['CLOCK_BEHIND'] : continuous ? ['CLOCK_AHEAD'] : [])
      world.clock.repairWall()
      await world.boot()
      await world.tick()
      await expectExplained(world, 'active', [])
      expect(world.log.filter(({ level }) => level === 'error')).toEqual([])
    }
    tally({ row: 'F52', tried: 2 * SILENT.length, crashed: 0 })
  })

  it.each(dates)('F52: at %s after a reboot, when a later clock proves nothing, they say by which time they are judged', async (_, at) => {
    for (const [held] of SILENT) {
      const world = await createSqliteWorld()
      await hold(world, held)
      world.clock.reboot(HOUR)
      world.clock.shiftWall(at - world.clock.real())
      await world.boot()
      await pass(world, 30 * SECOND, SECOND)
      await expectExplained(world, at < START ? 'active' : 'expired', at < START ? ['CLOCK_BEHIND'] : [])
    }
    tally({ row: 'F52', tried: SILENT.length, crashed: 0 })
  })

  it.each([2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1])('F52: a term that ends at second %i ends there', (exp) => {
    const lease = { kind: 'lease' as const, lease: leaseOf(offlineClaims({ iat: exp - 86_400, exp })), verdict: null }
    expect([-SECOND, 0, SECOND].map(off => stateOf(lease, INSTANCE, exp * SECOND + off))).toEqual(['active', 'expired', 'expired'])
  })

  it('F52: an installation lives through 2038 and 2106 with the right time as through any other moment', async () => {
    for (const border of [2 ** 31, 2 ** 32]) {
      const world = await createSqliteWorld()
      world.clock.advance(border * SECOND - 10 * HOUR - world.clock.real())
      world.vendor.licenses.set(KEY, licenseAt(world.clock, 'lic_border'))
      await save(world, KEY)
      for (let hour = 0; hour < 20; hour++) {
        await pass(world, HOUR)
        expect([moment(world).state, warnings(world)]).toEqual(['active', []])
      }
      await world.boot()
      await world.tick()
      expect([moment(world).state, warnings(world)]).toEqual(['active', []])
    }
  })
})

describe('time zones and summer time', () => {
  const ZONES = ['UTC', 'America/New_York', 'Europe/Berlin', 'Australia/Lord_Howe', 'Pacific/Apia', 'Asia/Kathmandu', 'America/St_Johns', 'Pacific/Kiritimati']
  const before = process.env.TZ
  afterEach(() => {
    if (before === undefined) delete process.env.TZ
    else process.env.TZ = before
  })

  it('F53: have no effect on a process that is started in them', () => {
    const script = fileURLToPath(new URL('../../faults/time-zone-facts.ts', import.meta.url))
    const printed = ZONES.map(TZ => JSON.parse(execFileSync(process.execPath, [script], { env: { ...process.env, TZ }, encoding: 'utf8' })))
    expect(new Set(printed.map(({ localHours }) => JSON.stringify(localHours))).size).toBeGreaterThan(5)
    expect(printed[0].facts.length).toBeGreaterThan(40)
    for (const { facts } of printed) expect(facts).toEqual(printed[0].facts)
    tally({ row: 'F53', tried: ZONES.length * printed[0].facts.length })
  })

  it('F53: have no effect when they change under a running one, over both days on which clocks are switched', async () => {
    async function history(zoneAt: (hour: number) => string): Promise<unknown[]> {
      const world = await createSqliteWorld()
      await save(world, KEY)
      const found: unknown[] = []
      const offsets = new Set<number>()
      for (let hour = 0; hour < 30 * 24; hour += 12) {
        process.env.TZ = zoneAt(hour)
        offsets.add(new Date(world.clock.real()).getTimezoneOffset())
        await pass(world, 12 * HOUR, 6 * HOUR)
        found.push(world.service.view('admin'))
      }
      found.push(await world.service.listEvents({ limit: 100 }), await world.service.listCheckInDays(40))
      zonesSeen.push(offsets.size)
      return found
    }
    const zonesSeen: number[] = []
    const plain = await history(() => 'UTC')
    expect(await history(() => 'America/New_York')).toEqual(plain)
    expect(await history(hour => ZONES[hour / 12 % ZONES.length] ?? 'UTC')).toEqual(plain)
    expect(zonesSeen[0]).toBe(1)
    expect(zonesSeen[1]).toBe(2)
    expect(zonesSeen[2]).toBeGreaterThan(5)
  })

  it('F53: a smeared leap second moves no border by more than that second', async () => {
    const world = await standard()
    world.vendor.failing = failure('NET_CONNECT')
    // Spread over a day, as time servers do it.
    for (let hour = 0; hour < 24; hour++) {
      world.clock.shiftWall(-SECOND / 24)
      await pass(world, HOUR)
    }
    await pass(world, PAUSES_AFTER - DAY - SECOND)
    expect(moment(world).state).toBe('grace')
    await pass(world, 3 * SECOND, SECOND)
    expect(moment(world).state).toBe('paused')
    expect(warnings(world)).not.toContain('CLOCK_BEHIND')
  })
})
