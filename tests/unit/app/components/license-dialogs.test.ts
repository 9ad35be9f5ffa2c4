import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Component, FunctionalComponent } from 'vue'
import { h } from 'vue'
import ConfirmDialog from '../../../../app/components/common/ConfirmDialog.vue'
import ModalDialog from '../../../../app/components/common/ModalDialog.vue'
import PreviewDifference from '../../../../app/components/license/PreviewDifference.vue'
import RemoveDialog from '../../../../app/components/license/RemoveDialog.vue'
import ReplaceDialog from '../../../../app/components/license/ReplaceDialog.vue'
import type { LicenseView, Preview } from '../../../../shared/contracts.ts'
import { viewOf } from '../../../support/app/license-view.ts'
import { openFreshPage } from '../../../support/app/nuxt-imports.ts'
import { render, textsIn } from '../../../support/app/render.ts'

// It brings the addresses of the words along, which only a build has.
vi.mock('../../../../app/composables/useLanguage.ts', () => ({ useListText: () => (items: string[]) => items.join(', ') }))

beforeEach(() => {
  openFreshPage()
  setActivePinia(createPinia())
})

const button: FunctionalComponent = (_props, { slots, attrs }) =>
  h('button', { 'data-testid': attrs['data-testid'], 'data-loading': attrs.loading }, slots.default?.())
const PARTS: Record<string, Component> = {
  AButton: button, CommonModalDialog: ModalDialog, CommonConfirmDialog: ConfirmDialog, LicensePreviewDifference: PreviewDifference,
}
const WITHOUT_SSO = 'Without single sign-on, people sign in to NocoDB with their e-mail and password.'

describe('the question before a license is removed', () => {
  const asked = (view: Partial<LicenseView>, busy = false) => render(RemoveDialog, { view: viewOf(view), busy }, PARTS)

  it('shows that the answer is under way, so that nobody gives it twice', async () => {
    expect(await asked({}, true)).toMatch(/<button data-testid="confirm" data-loading="true"/)
    expect(await asked({})).toMatch(/<button data-testid="confirm" data-loading="false"/)
  })

  it('warns those who sign in with single sign-on, where the license has that', async () => {
    expect(textsIn(await asked({ features: ['sso'] }))).toContain(WITHOUT_SSO)
    expect(textsIn(await asked({ features: ['scim'] }))).not.toContain(WITHOUT_SSO)
  })
})

describe('the question before a license is replaced by a token', () => {
  const TOKEN = { method: 'offline', token: 'a.b.c' } as const
  async function asked(difference: NonNullable<Preview['difference']>) {
    const preview: Preview = { method: 'offline', accepted: true, error: null, checks: [], difference, sends: null }
    const html = await render(ReplaceDialog, { view: viewOf({ features: ['sso', 'scim'] }), credential: TOKEN, preview }, PARTS)
    return textsIn(html)
  }

  it('warns those who sign in with single sign-on only where that is lost', async () => {
    expect(await asked([{ field: 'features', current: 'sso, scim', next: 'scim' }])).toContain(WITHOUT_SSO)
    expect(await asked([{ field: 'features', current: 'sso, scim', next: 'sso' }])).not.toContain(WITHOUT_SSO)
    expect(await asked([{ field: 'seats', current: '50', next: '10' }])).not.toContain(WITHOUT_SSO)
    expect(await asked([])).not.toContain(WITHOUT_SSO)
  })
})
