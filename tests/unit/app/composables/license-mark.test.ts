import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it } from 'vitest'
import { useLicenseMark } from '../../../../app/composables/useLicenseMark.ts'
import { useDiagnosticsStore } from '../../../../app/stores/diagnostics.ts'
import { useLicenseStore } from '../../../../app/stores/license.ts'
import type { LicenseView } from '../../../../shared/contracts.ts'
import { STATES } from '../../../../shared/contracts.ts'
import { found } from '../../../support/app/findings.ts'
import { viewOf } from '../../../support/app/license-view.ts'
import { openFreshPage, useI18n } from '../../../support/app/nuxt-imports.ts'

beforeEach(() => {
  openFreshPage()
  setActivePinia(createPinia())
})

function markOf(view: Partial<LicenseView>) {
  useLicenseStore().view = viewOf(view)
  return useLicenseMark().value
}

const OFF = STATES.filter(state => !['unlicensed', 'active', 'grace'].includes(state))
it.each(OFF)('%s has a red mark, with its name', (state) => {
  expect(markOf({ state, entitled: false })).toEqual({ tone: 'red', text: useI18n().t(`states.${state}`) })
})

it.each<[string, Partial<LicenseView>]>([
  ['a grace period', { state: 'grace' }], ['a finding', { finding: found('clock_behind', {}, { code: 'CLOCK_BEHIND' }) }],
  ['a warning', { warnings: [{ code: 'SEATS_EXCEEDED', seats: 5, used: 9 }] }],
])('%s has an orange one', (_what, view) => expect(markOf(view)).toEqual({ tone: 'orange', text: 'needs attention' }))

it.each<[string, Partial<LicenseView>]>([
  ['a license in force', {}], ['a sandbox build', { warnings: [{ code: 'SANDBOX_BUILD' }] }], ['no license', { state: 'unlicensed', entitled: false }],
])('%s has none', (_what, view) => expect(markOf(view)).toBeNull())

it('nothing is marked before the license is known', () => {
  useLicenseStore().view = null
  expect(useLicenseMark().value).toBeNull()
})

it('replicas that disagree have an orange one, whatever the license', () => {
  useDiagnosticsStore().replicas = { asOf: '2026-11-25T09:00:00.000Z', answeredBy: 'a', seen: [], disagreeAbout: ['state'], remedy: null }
  expect(markOf({})).toEqual({ tone: 'orange', text: 'needs attention' })
})
