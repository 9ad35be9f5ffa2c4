import { describe, expect, it } from 'vitest'
import type { LicenseView } from '../../shared/contracts.ts'
import { sleep } from '../support/stand.ts'
import type { Household } from './clock/household.ts'
import { clockWarningsOf, requireSaved, startHousehold, untilView, watchStates } from './clock/household.ts'
import { findFaketime } from './faketime.ts'
import { tally } from '../support/tally.ts'

/* The production process, by a wall clock that is wrong, is set while it runs, or is repaired. */

const DAY = 86_400
const library = findFaketime() ?? ''
const start = (at?: string) => startHousehold(library, at)

/** Repairs the clock, running and over a restart, and expects that nothing is left of its having been wrong. */
async function expectItself(household: Household): Promise<void> {
  household.clock.setOffset(0)
  const running = await untilView(household, 'active again after the repair', ({ state }) => state === 'active')
  expect(clockWarningsOf(running)).toEqual([])
  await household.restart()
  const restarted = await untilView(household, 'active after the restart', ({ state }) => state === 'active')
  expect(clockWarningsOf(restarted)).toEqual([])
  expect(restarted).toMatchObject({ entitled: true, licenseId: running.licenseId, instanceId: running.instanceId })
}

describe.skipIf(library === '')('F50: a clock set back by 8 days', () => {
  it('F50: keeps the entitlement and says CLOCK_BEHIND, running and across a restart', async () => {
    const household = await start()
    requireSaved(await (await household.admin()).save('nc_demo_standard'))
    household.clock.setOffset(-8 * DAY)
    expect(clockWarningsOf(await household.view())).toEqual(['CLOCK_BEHIND'])
    expect((await watchStates(household.product, 2000)).states).toEqual(['active'])
    await household.restart()
    expect((await watchStates(household.product, 2000)).states).toEqual(['active'])
    expect(clockWarningsOf(await household.view())).toEqual(['CLOCK_BEHIND'])
    await household.serverAway()
    await household.restart()
    expect((await watchStates(household.product, 2000)).states).toEqual(['active'])
    await household.serverBack()
    await expectItself(household)
    tally({ row: 'F50', tried: 4 })
  })

  it('F50: gains nothing: a license pauses and ends in time, and stays so, however far back and whatever is restarted', async () => {
    const paused = await start()
    const ended = await start()
    requireSaved(await (await paused.admin()).save('nc_demo_short'))
    await ended.saveOffline(6)
    await paused.serverAway()
    for (const { clock } of [paused, ended]) clock.setOffset(-8 * DAY)
    await untilView(paused, 'paused', ({ state }) => state === 'paused')
    await untilView(ended, 'expired', ({ state }) => state === 'expired')
    let accepted = 0
    for (const days of [-16, -300, -20_000]) {
      for (const household of [paused, ended]) {
        household.clock.setOffset(days * DAY)
        const running = await watchStates(household.product, 500)
        await household.restart()
        const restarted = await watchStates(household.product, 500)
        expect([running.states, restarted.states]).toEqual(Array.from({ length: 2 }, () => [household === paused ? 'paused' : 'expired']))
        if (running.entitled.has(true) || restarted.entitled.has(true)) accepted++
      }
    }
    tally({ row: 'F50', tried: 12, accepted })
  })
})

describe.skipIf(library === '')('F51: a clock ahead by 8 days', () => {
  it('F51: never pauses a license whose server answers, running and across restarts, and leaves no mark', async () => {
    const household = await start()
    requireSaved(await (await household.admin()).save('nc_demo_standard'))
    household.clock.setOffset(8 * DAY)
    expect(clockWarningsOf(await household.view())).toEqual(['CLOCK_AHEAD'])
    expect((await watchStates(household.product, 3000)).states).toEqual(['active'])
    for (const days of [8, 200, 8]) {
      await household.stop()
      household.clock.setOffset(days * DAY)
      await household.restart()
      // From its very first answer on.
      const { states, entitled } = await watchStates(household.product, 4000)
      expect(entitled).toEqual(new Set([true]))
      expect(states.at(-1)).toBe('active')
    }
    await expectItself(household)
    tally({ row: 'F51', tried: 5 })
  })

  it('F51: pauses one whose server is away, as the clock says, and is itself again once it is repaired, without the server', async () => {
    const household = await start()
    requireSaved(await (await household.admin()).save('nc_demo_standard'))
    await household.serverAway()
    await household.restart()
    expect((await household.view()).state).toBe('active')
    household.clock.setOffset(8 * DAY)
    expect(clockWarningsOf(await household.view())).toEqual(['CLOCK_AHEAD'])
    await untilView(household, 'paused by the clock', ({ state }) => state === 'paused')
    household.clock.setOffset(0)
    await untilView(household, 'active by the repaired clock', ({ state }) => state === 'active')
    household.clock.setOffset(8 * DAY)
    await household.restart()
    await untilView(household, 'paused by the clock after a restart', ({ state }) => state === 'paused')
    await expectItself(household)
    tally({ row: 'F51', tried: 4 })
  })

  it('F51: resumes with the server, when that comes back before the clock is repaired', async () => {
    const household = await start()
    requireSaved(await (await household.admin()).save('nc_demo_standard'))
    await household.serverAway()
    household.clock.setOffset(8 * DAY)
    await household.restart()
    await untilView(household, 'paused by the clock', ({ state }) => state === 'paused')
    await household.serverBack()
    const resumed = await untilView(household, 'active by a check-in', ({ state }) => state === 'active')
    expect(clockWarningsOf(resumed)).toEqual(['CLOCK_AHEAD'])
    await expectItself(household)
    tally({ row: 'F51', tried: 2 })
  })

  it('F51: ends an offline license beyond its term and gives it back once it is repaired, running and across restarts', async () => {
    const household = await start()
    await household.saveOffline(3 * DAY)
    household.clock.setOffset(8 * DAY)
    expect(await household.view()).toMatchObject({ state: 'expired', entitled: false })
    household.clock.setOffset(0)
    expect(await household.view()).toMatchObject({ state: 'active', entitled: true })
    household.clock.setOffset(8 * DAY)
    await household.restart()
    expect((await household.view()).state).toBe('expired')
    await expectItself(household)
    tally({ row: 'F51', tried: 3 })
  })

  it('F51: a dead clock that starts at 1970 and is set right later', async () => {
    const household = await start('1970-01-01T00:00:10Z')
    requireSaved(await (await household.admin()).save('nc_demo_standard'))
    expect(clockWarningsOf(await household.view())).toEqual(['CLOCK_BEHIND'])
    await expectItself(household)
    household.clock.setTo('1970-01-01T00:00:10Z')
    await household.restart()
    expect((await watchStates(household.product, 2000)).states).toEqual(['active'])
    await expectItself(household)
    tally({ row: 'F51', tried: 2 })
  })

  it('F51: a process that is frozen for longer than its grace period is itself again with one check-in', async () => {
    const household = await start()
    requireSaved(await (await household.admin()).save('nc_demo_short'))
    const { pid } = household.product.process
    if (pid === undefined) throw new Error('the product has no process id')
    process.kill(pid, 'SIGSTOP')
    await sleep(9000)
    process.kill(pid, 'SIGCONT')
    const thawed = await untilView(household, 'active after the thaw', ({ state }) => state === 'active')
    expect(clockWarningsOf(thawed)).toEqual([])
    tally({ row: 'F51', tried: 1 })
  })
})

/** Everything that can be read; a defect of dates shows as an answer other than 200. */
const READABLE = [
  '/api/license', '/api/license/events', '/api/license/check-ins', '/api/license/outbound', '/api/license/activation-request',
  '/api/license/support-bundle', '/api/entitlements', '/api/users', '/api/health/ready', '/admin/license',
]

async function expectReadable(household: Household): Promise<void> {
  const admin = await household.admin()
  for (const path of READABLE) {
    const { status, text } = await admin.request('GET', path)
    expect(status, `${path}: ${text.slice(0, 300)}`).toBe(200)
  }
  expect(household.product.process.exitCode).toBeNull()
}

/** Licenses whose clock no call sets right. */
const SILENT = ['airgapped', 'offline'] as const
const MOMENTS: [string, 'CLOCK_BEHIND' | 'CLOCK_AHEAD'][] = [
  ['1970-01-01T00:00:05Z', 'CLOCK_BEHIND'], ['2038-01-19T03:14:04Z', 'CLOCK_AHEAD'], ['2106-02-07T06:28:12Z', 'CLOCK_AHEAD'],
]

describe.skipIf(library === '')('F52: a clock at the end of its numbers', () => {
  it.each(MOMENTS)('F52: at %s a first start, a save, the seconds after and a restart go well, and a warning stands there: %s', async (moment, warning) => {
    const household = await start(moment)
    const saved = requireSaved(await (await household.admin()).save('nc_demo_standard'))
    expect(saved).toMatchObject({ state: 'active', entitled: true })
    household.clock.setTo(moment)
    expect((await watchStates(household.product, 6000)).states).toEqual(['active'])
    expect(clockWarningsOf(await household.view())).toEqual([warning])
    await expectReadable(household)
    household.clock.setTo(moment)
    await household.restart()
    expect((await watchStates(household.product, 6000)).entitled).toEqual(new Set([true]))
    await expectReadable(household)
    await expectItself(household)
    tally({ row: 'F52', tried: 2 })
  })

  it.each(SILENT)('F52: an %s license is active at 1970, expired at 2038 and 2106, says why, and is itself again afterwards', async (method) => {
    const household = await start()
    if (method === 'offline') await household.saveOffline(365 * DAY)
    else requireSaved(await (await household.admin()).save('nc_ag_demo_airgapped'))
    // It would answer a renewal at the start, and everything were well.
    await household.serverAway()
    for (const [moment, warning] of MOMENTS) {
      household.clock.setTo(moment)
      await household.restart()
      const view = await household.view()
      expect(view.state).toBe(warning === 'CLOCK_BEHIND' ? 'active' : 'expired')
      // An offline token is of unknown age when it is pasted, so that a later clock proves nothing.
      expect(clockWarningsOf(view)).toEqual(method === 'offline' && warning === 'CLOCK_AHEAD' ? [] : [warning])
      expectJudgedByItsTime(view, warning === 'CLOCK_BEHIND' ? Date.now() : Date.parse(moment))
      await expectReadable(household)
    }
    await expectItself(household)
    tally({ row: 'F52', tried: 3 })
  })
})

/** The status shows by which time it was judged, and that this is before or after the end of its term. */
function expectJudgedByItsTime({ state, serverTime, expiresAt }: LicenseView, about: number): void {
  expect(Math.abs(Date.parse(serverTime) - about)).toBeLessThan(DAY * 1000)
  expect(serverTime >= (expiresAt ?? '')).toBe(state === 'expired')
}

describe.skipIf(library === '')('F53: time zones', () => {
  it('F53: a machine moved through time zones sees the same license', async () => {
    const household = await start()
    const { serverTime: _, ...before } = await household.saveOffline(365 * DAY)
    const zones = ['Pacific/Kiritimati', 'Pacific/Pago_Pago', 'Asia/Kathmandu', 'America/St_Johns', 'Europe/Berlin', 'Nowhere/AtAll']
    for (const TZ of zones) {
      await household.restart({ TZ })
      const { serverTime, ...view } = await household.view()
      expect(view).toEqual(before)
      expect(serverTime).toMatch(/Z$/)
    }
    tally({ row: 'F53', tried: zones.length })
  })

  it.each([
    ['Europe/Berlin', '2027-03-28T00:59:57Z'], ['Europe/Berlin', '2027-10-31T00:59:57Z'], ['America/New_York', '2027-03-14T06:59:57Z'],
    ['Australia/Lord_Howe', '2027-04-03T14:59:57Z'],
  ])('F53: the switch of daylight saving time in %s at %s changes nothing', async (TZ, moment) => {
    const household = await start()
    const { expiresAt, issuedAt, activatedAt } = await household.saveOffline(700 * DAY)
    await household.restart({ TZ })
    household.clock.setTo(moment)
    const { states, looks } = await watchStates(household.product, 6000)
    expect(looks).toBeGreaterThan(5)
    expect(states).toEqual(['active'])
    expect(await household.view()).toMatchObject({ expiresAt, issuedAt, activatedAt })
    tally({ row: 'F53', tried: 1 })
  })

  it('F53: seconds put in and left out, as for a leap second, change nothing', async () => {
    const household = await start()
    const { key } = await household.licenseServer.control.createLicense({ method: 'standard', every: 2, grace: 600 })
    requireSaved(await (await household.admin()).save(key))
    for (const seconds of [1, 0, -1, 0, 2, 1, 0]) {
      household.clock.setOffset(seconds)
      expect((await watchStates(household.product, 800)).entitled).toEqual(new Set([true]))
      expect(clockWarningsOf(await household.view())).toEqual([])
    }
    tally({ row: 'F53', tried: 7 })
  })
})
