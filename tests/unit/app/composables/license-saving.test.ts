import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick, ref } from 'vue'
import { useLicenseSaving } from '../../../../app/composables/useLicenseSaving.ts'
import { useLicenseStore } from '../../../../app/stores/license.ts'
import type { LicenseView, Preview } from '../../../../shared/contracts.ts'
import { fakeServer } from '../../../support/app/fake-server.ts'
import { viewOf } from '../../../support/app/license-view.ts'
import { mountWith } from '../../../support/app/mount.ts'
import { openFreshPage } from '../../../support/app/nuxt-imports.ts'

const TOKEN = 'eyJhbGciOiJFZERTQSJ9.eyJhIjoxfQ.c2ln'
const PREVIEW = '/api/license/preview'

let server: ReturnType<typeof fakeServer>
beforeEach(() => {
  vi.useFakeTimers()
  server = fakeServer()
  openFreshPage()
  setActivePinia(createPinia())
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const pass = (ms = 0) => vi.advanceTimersByTimeAsync(ms)
const previewOf = (current: string): Preview => ({
  method: 'offline', accepted: true, error: null, checks: [], sends: null, difference: [{ field: 'plan', current, next: 'business' }],
})
const previewsAsked = () => server.calls.filter(({ path }) => path === PREVIEW).length

/** The License page, with a license in force and the field open. */
function openPage(view: Partial<LicenseView> = {}) {
  const license = useLicenseStore()
  license.view = viewOf(view)
  const credential = ref('')
  const { value, unmount } = mountWith(() => useLicenseSaving({
    credential, isFieldOpen: () => true, field: () => null, tell: (failure) => { license.actionFailure = failure },
    begin: () => {}, onFailed: async () => {}, onSaved: async () => {},
  }))
  return { ...value, license, credential, unmount }
}
/** The same, once a token is in the field and its preview is there. */
async function openPageWithPreview() {
  const page = openPage()
  page.credential.value = TOKEN
  await pass(300)
  server.callTo(PREVIEW, 'POST').answer(previewOf('enterprise'))
  await pass()
  expect(page.preview.value).toEqual(previewOf('enterprise'))
  return page
}

describe('what saving a token would change', () => {
  it('is asked anew once another license is here, and said of that', async () => {
    const { license, preview } = await openPageWithPreview()
    license.view = viewOf({ revision: 8, plan: 'starter' })
    await nextTick()
    server.callTo(PREVIEW, 'POST').answer(previewOf('starter'))
    await pass()
    expect([previewsAsked(), preview.value]).toEqual([2, previewOf('starter')])
  })

  it('is not asked anew by a look that finds the same license', async () => {
    const { license } = await openPageWithPreview()
    license.view = viewOf({ serverTime: '2026-03-01T12:00:15.000Z' })
    await pass(1000)
    expect(previewsAsked()).toBe(1)
  })

  it('is not asked by another license alone, without a preview', async () => {
    const { license } = openPage()
    license.view = viewOf({ revision: 8 })
    await pass(1000)
    expect(previewsAsked()).toBe(0)
  })

  it('is asked about before it is done, and not once it is refused meanwhile', async () => {
    const { license, save, replacing } = await openPageWithPreview()
    await save(TOKEN)
    expect(replacing.value?.text).toBe(TOKEN)
    license.view = viewOf({ revision: 8, plan: 'starter' })
    await nextTick()
    server.callTo(PREVIEW, 'POST').answer({ ...previewOf('starter'), accepted: false })
    await pass()
    expect(replacing.value).toBeNull()
  })
})

it('what is asked about stays the license that was there when it was asked', async () => {
  const { license, save, replacing, carryOut } = await openPageWithPreview()
  const before = license.view
  await save(TOKEN)
  license.view = viewOf({ revision: 8, plan: 'starter' })
  await nextTick()
  expect(replacing.value?.view).toEqual(before)
  void carryOut(TOKEN, replacing.value?.view.revision)
  expect(server.callTo('/api/license', 'PUT').body).toEqual({ credential: TOKEN, revision: before?.revision })
})

describe('what was typed and not saved', () => {
  it('is there again on a page that finds it kept, and goes with the page', async () => {
    useLicenseStore().draft = 'nc_demo_standard'
    const { credential, license, unmount } = openPage()
    expect(credential.value).toBe('nc_demo_standard')
    credential.value = 'nc_demo_other'
    await nextTick()
    expect(license.draft).toBe('nc_demo_other')
    unmount()
    expect(license.draft).toBe('')
  })
})
