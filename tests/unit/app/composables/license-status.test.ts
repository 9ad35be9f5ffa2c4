import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it } from 'vitest'
import { useLicenseStatus } from '../../../../app/composables/useLicenseStatus.ts'
import { useNow } from '../../../../app/stores/now.ts'
import type { LicenseView, Warning } from '../../../../shared/contracts.ts'
import { viewOf } from '../../../support/app/license-view.ts'
import { openFreshPage } from '../../../support/app/nuxt-imports.ts'

const END = '2026-12-31T00:00:00.000Z'
const SOON: Warning = { code: 'EXPIRES_SOON', expiresAt: END, days: 9 }
const CHECK_IN: NonNullable<LicenseView['checkIn']> = {
  lastSuccessAt: END, lastAttemptAt: END, nextAt: END, consecutiveFailures: 0, lastError: null,
}
const FAILING = { ...CHECK_IN, consecutiveFailures: 2 }

beforeEach(() => {
  openFreshPage()
  setActivePinia(createPinia())
})

const statusOf = (view: Partial<LicenseView>) => useLicenseStatus(() => viewOf({ expiresAt: END, ...view }))

describe('the one action that helps', () => {
  it.each<[string, Partial<LicenseView>, string | null]>([
    ['without a license', { state: 'unlicensed', method: null }, 'enter'],
    ['with one that cannot be read', { state: 'invalid' }, 'enterAgain'],
    ['with one of another installation', { state: 'mismatch' }, 'reissue'],
    ['after it was revoked', { state: 'revoked' }, 'support'],
    ['while it is suspended', { state: 'suspended' }, 'support'],
    ['in the grace period', { state: 'grace', checkIn: FAILING }, 'checkIn'],
    ['once it has paused', { state: 'paused', checkIn: FAILING }, 'checkIn'],
    ['while all is well', { state: 'active', checkIn: CHECK_IN }, null],
    ['while check-ins fail', { state: 'active', checkIn: FAILING }, 'checkIn'],
    ['near the end of the term', { state: 'active', checkIn: CHECK_IN, warnings: [SOON] }, 'renewal'],
    ['near the end of an airgapped term', { state: 'active', method: 'airgapped', checkIn: null, warnings: [SOON] }, 'renew'],
    ['near the end of an offline term', { state: 'active', method: 'offline', checkIn: null, warnings: [SOON] }, 'request'],
    ['after a term that does not renew by itself', { state: 'expired', renews: false, checkIn: CHECK_IN }, 'renewal'],
    ['after a term that renews by itself', { state: 'expired', renews: true, checkIn: FAILING }, 'checkIn'],
    ['after an airgapped term', { state: 'expired', method: 'airgapped', renews: null, checkIn: null }, 'renew'],
    ['after an offline term', { state: 'expired', method: 'offline', renews: null, checkIn: null }, 'request'],
  ])('%s', (_when, view, action) => expect(statusOf({ method: 'standard', ...view }).action.value).toBe(action))
})

describe('the badge of the grace period', () => {
  it.each([
    [3.4 * 86_400_000, /3 days/], [86_400_000, /1 day\b/], [5 * 3_600_000, /5 hours/], [90_000, /2 minutes/], [30_000, /30 seconds/], [0, /1 second\b/], [-5000, /1 second\b/],
  ])('with %d ms left says so', (left, words) => {
    useNow().value = Date.parse(END) - left
    expect(statusOf({ state: 'grace', graceEndsAt: END, checkIn: FAILING }).badge.value).toMatch(words)
  })
})
