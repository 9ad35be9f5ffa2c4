import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it } from 'vitest'
import { useDeadlineBanner } from '../../../../app/composables/useDeadlineBanner.ts'
import { useLicenseStore } from '../../../../app/stores/license.ts'
import { useNow } from '../../../../app/stores/now.ts'
import type { LicenseView } from '../../../../shared/contracts.ts'
import { found } from '../../../support/app/findings.ts'
import { viewOf } from '../../../support/app/license-view.ts'
import { attributesOfCookie, openFreshPage, useI18n } from '../../../support/app/nuxt-imports.ts'

const DAY = 86_400_000
const END = '2026-12-31T00:00:00.000Z'

beforeEach(() => {
  openFreshPage()
  setActivePinia(createPinia())
})

function bannerOf(view: Partial<LicenseView>, daysLeft: number) {
  useLicenseStore().view = viewOf({ expiresAt: END, warnings: [{ code: 'EXPIRES_SOON', expiresAt: END, days: Math.ceil(daysLeft) }], ...view })
  useNow().value = Date.parse(END) - daysLeft * DAY
  return useDeadlineBanner()
}

it.each([
  [29, 'orange', /week/], [13, 'orange', /week/], [6, 'orange', /./], [0.9, 'red', null],
] as const)('with %d days left it is %s, and says when it comes back', (days, tone, later) => {
  const { shown } = bannerOf({}, days)
  expect(shown.value).toMatchObject({ tone, text: expect.stringContaining('31 Dec 2026'), later: later && expect.stringMatching(later) })
})

it('more than thirty days ahead nobody is told', () => expect(bannerOf({}, 31).shown.value).toBeNull())

it('put off, it stays away until a nearer step is reached', () => {
  const { shown, later } = bannerOf({}, 29)
  later()
  expect(shown.value).toBeNull()
  useNow().value = Date.parse(END) - 15 * DAY
  expect(shown.value).toBeNull()
  useNow().value = Date.parse(END) - 13.5 * DAY
  expect(shown.value).not.toBeNull()
})

it('put off, it comes back after a week in any case', () => {
  bannerOf({}, 29).later()
  expect(attributesOfCookie('nc-banner-later')?.maxAge).toBe(7 * 86_400)
})

const grace = (graceEndsAt: string): Partial<LicenseView> => ({ state: 'grace', graceEndsAt })
const term = (expiresAt: string): Partial<LicenseView> => ({ expiresAt })
it.each<[string, Partial<LicenseView>, Partial<LicenseView>]>([
  ['grace period', grace('2026-12-20T00:00:00.000Z'), grace('2026-12-21T00:00:00.000Z')],
  ['term', term('2026-12-20T00:00:00.000Z'), term('2026-12-21T00:00:00.000Z')],
  ['kind of deadline', term('2026-12-20T00:00:00.000Z'), { ...term('2026-12-31T00:00:00.000Z'), ...grace('2026-12-20T00:00:00.000Z') }],
])('put off, another %s is told all the same, however near its end is', (_what, before, after) => {
  const { shown, later } = bannerOf(before, 20)
  later()
  expect(shown.value).toBeNull()
  bannerOf(after, 20)
  expect(shown.value).not.toBeNull()
})

it('in the grace period the deadline is its end', () => {
  const { shown } = bannerOf({ state: 'grace', graceEndsAt: '2026-12-20T00:00:00.000Z' }, 14)
  expect(shown.value).toMatchObject({ to: '/admin/license', text: expect.stringContaining('20 Dec 2026') })
})

it('in the grace period of a term that ends before it, the deadline is the end of the term, which nobody need have warned of', () => {
  const { shown } = bannerOf({ state: 'grace', expiresAt: '2026-12-18T00:00:00.000Z', graceEndsAt: '2026-12-20T00:00:00.000Z', warnings: [] }, 13.5)
  expect(shown.value).toMatchObject({ tone: 'red', text: expect.stringMatching(/Check-ins are failing.* 18 Dec 2026/) })
})

it.each<[string, Partial<LicenseView>]>([
  ['an installation without a license', { state: 'unlicensed', entitled: false }], ['a term whose end nobody warns of', { warnings: [] }],
])('%s has none', (_what, view) => expect(bannerOf(view, 5).shown.value).toBeNull())

it.each(['paused', 'expired', 'revoked', 'suspended', 'mismatch', 'invalid'] as const)('%s is said in red, for as long as it lasts', (state) => {
  const { shown, later } = bannerOf({ state, entitled: false, warnings: [] }, 100)
  later()
  const headline = useI18n().t(`status.headline.${state}`)
  expect(shown.value).toEqual({ id: state, state, code: null, tone: 'red', later: null, to: '/admin/license', text: `${headline}. Enterprise features are off.` })
})

it('an end that only a doubtful clock has seen is said as that', () => {
  const { shown } = bannerOf({ state: 'expired', entitled: false, finding: found('clock_ahead', {}, { code: 'CLOCK_AHEAD' }) }, -1)
  expect(shown.value?.text).toContain('By this server\'s clock')
})
