import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it } from 'vitest'
import { nextTick } from 'vue'
import { useActionResult } from '../../../../app/composables/useActionResult.ts'
import { toFailure, UNREACHABLE } from '../../../../app/api/failure.ts'
import { useLicenseStore } from '../../../../app/stores/license.ts'
import type { LicenseView } from '../../../../shared/contracts.ts'
import { found } from '../../../support/app/findings.ts'
import { viewOf } from '../../../support/app/license-view.ts'
import { mountWith } from '../../../support/app/mount.ts'
import { openFreshPage } from '../../../support/app/nuxt-imports.ts'

beforeEach(() => {
  openFreshPage()
  setActivePinia(createPinia())
})

/** A page with a license and a field; `moves` is where the focus and the sight went. */
function openPage({ fieldOpen = true } = {}) {
  const license = useLicenseStore()
  license.view = viewOf()
  const moves: string[] = []
  const { value, unmount } = mountWith(() => useActionResult({
    status: () => ({ focus: () => moves.push('status'), keepFailureInSight: () => moves.push('failure in status') }),
    field: () => ({ keepFailureInSight: () => moves.push('failure in field') }),
    isFieldOpen: () => fieldOpen,
  }))
  return { ...value, license, moves, unmount }
}

describe('what was done is told', () => {
  it.each<[string, Partial<LicenseView>]>([
    ['the license is in another state', { state: 'revoked', entitled: false }],
    ['something is found', { finding: found('refused') }],
  ])('until %s', async (_what, change) => {
    const { notice, report, license } = openPage()
    await report('check-in', 'Checked in.')
    license.view = viewOf(change)
    await nextTick()
    expect(notice.value).toBe('')
  })

  it('until something else is found', async () => {
    const { notice, report, license } = openPage()
    license.view = viewOf({ finding: found('refused') })
    await nextTick()
    await report('save', 'Saved.')
    license.view = viewOf({ finding: found('no_answer') })
    await nextTick()
    expect(notice.value).toBe('')
  })

  it('for as long as a look at the license brings nothing new', async () => {
    const { notice, did, isWarning, moves, report, license } = openPage()
    license.view = viewOf({ finding: found('refused') })
    await nextTick()
    await report('save', 'Saved, with less.', true)
    license.view = viewOf({ finding: found('refused'), serverTime: '2026-03-01T12:00:15.000Z' })
    await nextTick()
    expect([notice.value, did.value, isWarning.value, moves]).toEqual(['Saved, with less.', 'save', true, ['status']])
  })

  it('until the next action begins', async () => {
    const { notice, report, begin } = openPage()
    await report('save', 'Saved.')
    begin('status')
    expect(notice.value).toBe('')
  })
})

describe('what failed is told where it was done', () => {
  it.each([
    ['status', true, 'failure in status'], ['field', true, 'failure in field'], ['field', false, 'failure in status'],
  ] as const)('begun at the %s, with the field there: %j', async (where, fieldOpen, place) => {
    const { begin, keepInView, isToldInStatus, moves } = openPage({ fieldOpen })
    begin(where)
    await keepInView()
    expect([moves, isToldInStatus.value]).toEqual([[place], place === 'failure in status'])
  })

  it('at the field for what was found of a text there, without steps of an earlier save', () => {
    const { begin, tellInField, isToldInStatus, license } = openPage()
    begin('status')
    license.steps = ['checked']
    const failure = toFailure({ data: { code: 'CREDENTIAL_MALFORMED' } }, 422)
    tellInField(failure)
    expect([license.actionFailure, license.steps, isToldInStatus.value]).toEqual([failure, [], false])
  })

  it('and not on the next page', () => {
    const { license, unmount } = openPage()
    license.actionFailure = UNREACHABLE
    unmount()
    expect(license.actionFailure).toBeNull()
  })
})
