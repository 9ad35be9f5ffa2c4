import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { FunctionalComponent } from 'vue'
import { computed, nextTick } from 'vue'
import OfflineRequest from '../../../../app/components/license/OfflineRequest.vue'
import { isRecord } from '../../../../app/api/failure.ts'
import { FakePage } from '../../../support/app/fake-page.ts'
import { viewOf } from '../../../support/app/license-view.ts'
import { openFreshPage, useI18n } from '../../../support/app/nuxt-imports.ts'

const REQUEST = 'Please send an offline license.\n\nInstance ID: 0123\nLicense key: nc_…abcd\nState: active'
const saved: string[] = []
vi.mock('../../../../app/composables/useActivationRequest.ts', () => ({
  useActivationRequest: () => Promise.resolve({ text: computed(() => REQUEST), failure: computed(() => null) }),
}))
vi.mock('../../../../app/composables/useTextExport.ts', () => ({
  useDownload: () => (_name: string, _type: string, text: string) => saved.push(text),
}))

beforeEach(() => openFreshPage())
afterEach(() => {
  saved.length = 0
  vi.unstubAllGlobals()
})

/** Shows the request; `attributesOf` tells what its parts were last given, in their order. */
async function openRequest() {
  const drawn: { name: string, attrs: Record<string, unknown> }[] = []
  const part = (name: string): FunctionalComponent => (_props, { attrs }) => {
    drawn.push({ name, attrs })
    return null
  }
  const names = ['AInput', 'ATextarea', 'AButton', 'CommonMailAction', 'CommonCopyButton', 'CommonQrCode', 'CommonFailureNotice']
  await new FakePage().show(OfflineRequest, { view: viewOf() }, Object.fromEntries(names.map(name => [name, part(name)])))
  await vi.waitFor(() => expect(drawn).not.toEqual([]))
  const attributesOf = (name: string, fits: (attrs: Record<string, unknown>) => boolean = () => true) =>
    drawn.findLast(each => each.name === name && fits(each.attrs))?.attrs ?? {}
  async function type(key: string) {
    const enter = attributesOf('AInput')['onUpdate:value']
    if (typeof enter === 'function') enter(key)
    await nextTick()
  }
  return { attributesOf, type }
}
type Request = Awaited<ReturnType<typeof openRequest>>

const WAYS: [string, (request: Request) => unknown][] = [
  ['what is shown', ({ attributesOf }) => attributesOf('ATextarea').value],
  ['the mail', ({ attributesOf }) => {
    const { mail } = attributesOf('CommonMailAction')
    return isRecord(mail) ? mail.text : null
  }],
  ['what is copied', ({ attributesOf }) => attributesOf('CommonCopyButton', ({ label }) => label === useI18n().t('request.copy')).text],
  ['the QR code', ({ attributesOf }) => attributesOf('CommonQrCode').text],
  ['the file', ({ attributesOf }) => {
    const { onClick } = attributesOf('AButton')
    if (typeof onClick === 'function') onClick()
    return saved.at(-1)
  }],
]

it.each(WAYS)('%s has the key that was typed, as it was typed, in place of its ends', async (_way, read) => {
  const request = await openRequest()
  expect(read(request)).toBe(REQUEST)
  await request.type(' nc_$&_full_key ')
  expect(read(request)).toBe(REQUEST.replace('nc_…abcd', () => 'nc_$&_full_key'))
  await request.type('  ')
  expect(read(request)).toBe(REQUEST)
})
