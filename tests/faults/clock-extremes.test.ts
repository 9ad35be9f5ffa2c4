import { describe, expect, it } from 'vitest'
import type { LicenseView } from '../../shared/contracts.ts'
import { findFaketime } from '../support/faketime.ts'
import { tally } from '../support/tally.ts'
import type { Household } from './clock/household.ts'
import { clockWarningsOf, expectRecovery, requireSaved, startHousehold, watchStates } from './clock/household.ts'

/* The production process at the ends of what clocks can count, in every time zone, and across leaps. */

const DAY = 86_400
const library = findFaketime() ?? ''
const start = (at?: string) => startHousehold(library, at)

/** Everything that can be read: a bug with dates would show as a status other than 200. */
const READABLE = [
  '/api/license', '/api/license/events', '/api/license/events/export?format=csv', '/api/license/check-ins', '/api/license/outbound', '/api/license/activation-request',
  '/api/license/support-bundle', '/api/entitlements', '/api/users', '/api/health/ready', '/admin/license',
]

async function expectReadable(household: Household): Promise<void> {
  const admin = await household.admin()
  for (const path of READABLE) {
    const { status, text } = await admin.request('GET', path)
    expect(status, `${path}: ${text.slice(0, 300)}`).toBe(200)
  }
  expect((await admin.request('POST', '/api/license/what-if', { offlineFrom: '2026-03-01T12:00:00Z', clockOffsetSeconds: 315_576_000 })).status).toBe(200)
  expect(household.product.process.exitCode).toBeNull()
}

/** Methods whose clock no call corrects. */
const SILENT = ['airgapped', 'offline'] as const
const MOMENTS: [string, 'CLOCK_BEHIND' | 'CLOCK_AHEAD'][] = [
  ['1970-01-01T00:00:05Z', 'CLOCK_BEHIND'], ['2038-01-19T03:14:04Z', 'CLOCK_AHEAD'], ['2106-02-07T06:28:12Z', 'CLOCK_AHEAD'],
]

describe.skipIf(library === '')('F52: a clock at the end of its numbers', () => {
  it.each(MOMENTS)('F52: at %s a first start, a save, the seconds after it and a restart succeed, with the warning %s', async (moment, warning) => {
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
    await expectRecovery(household)
    tally({ row: 'F52', tried: 2 })
  })

  it.each(SILENT)('F52: an %s license is active at 1970, expired at 2038 and 2106, says why, and recovers afterwards', async (method) => {
    const household = await start()
    if (method === 'offline') await household.saveOffline(365 * DAY)
    else requireSaved(await (await household.admin()).save('nc_ag_demo_airgapped'))
    // With the server there, a renewal at the start would put everything right.
    await household.serverAway()
    for (const [moment, warning] of MOMENTS) {
      household.clock.setTo(moment)
      await household.restart()
      const view = await household.view()
      expect(view.state).toBe(warning === 'CLOCK_BEHIND' ? 'active' : 'expired')
      // An offline token's age is unknown when it is pasted, so a later clock proves nothing.
      expect(clockWarningsOf(view)).toEqual(method === 'offline' && warning === 'CLOCK_AHEAD' ? [] : [warning])
      expectJudgedByItsTime(view, warning === 'CLOCK_BEHIND' ? Date.now() : Date.parse(moment))
      await expectReadable(household)
    }
    await expectRecovery(household)
    tally({ row: 'F52', tried: 3 })
  })
})

/** Expects the status to show the time it was judged by, and that time to be on the right side of the term's end. */
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
