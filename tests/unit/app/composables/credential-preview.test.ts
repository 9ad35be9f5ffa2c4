import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { nextTick, ref } from 'vue'
import type { Failure, Result } from '../../../../app/api/failure.ts'
import { UNREACHABLE } from '../../../../app/api/failure.ts'
import { useCredentialPreview } from '../../../../app/composables/useCredentialPreview.ts'
import type { Preview } from '../../../../shared/contracts.ts'
import { mountWith } from '../../../support/app/mount.ts'

beforeEach(() => { vi.useFakeTimers() })
afterEach(() => { vi.useRealTimers() })

const previewOf = (licenseId: string): Preview => ({
  method: 'offline', accepted: true, error: null, checks: [], sends: null, difference: [{ field: 'licenseId', current: null, next: licenseId }],
})

/** A field, what was asked about it, and how to answer. */
function openField() {
  const text = ref('')
  const asked: { text: string, answer: (result: Result<Preview>) => void }[] = []
  const failures: Failure[] = []
  const { value, unmount } = mountWith(() => useCredentialPreview({
    text, isToken: () => text.value.startsWith('eyJ'), onFailure: failure => failures.push(failure),
    ask: about => new Promise((resolve) => { asked.push({ text: about, answer: resolve }) }),
  }))
  return { ...value, text, asked, failures, unmount }
}
async function pass(): Promise<void> {
  await nextTick()
  await vi.runAllTimersAsync()
}

it('asks once about a token that is being typed, after the last character', async () => {
  const { text, asked, preview } = openField()
  for (const typed of ['eyJ1', 'eyJ12', 'eyJ123']) {
    text.value = typed
    await nextTick()
    await vi.advanceTimersByTimeAsync(50)
  }
  expect(asked).toEqual([])
  await pass()
  expect(asked.map(({ text: about }) => about)).toEqual(['eyJ123'])
  asked[0]?.answer({ ok: true, value: previewOf('lic_1') })
  await pass()
  expect(preview.value).toEqual(previewOf('lic_1'))
})

it('asks nothing by itself about what is no token', async () => {
  const { text, asked } = openField()
  text.value = 'nc_demo_standard'
  await pass()
  expect(asked).toEqual([])
})

it('drops an answer about a text that has changed, even if it comes last', async () => {
  const { text, asked, preview } = openField()
  for (const typed of ['eyJ1', 'eyJ2']) {
    text.value = typed
    await pass()
  }
  asked[1]?.answer({ ok: true, value: previewOf('second') })
  await pass()
  asked[0]?.answer({ ok: true, value: previewOf('first') })
  await pass()
  expect(preview.value).toEqual(previewOf('second'))
  text.value = 'nc_'
  await nextTick()
  expect(preview.value).toBeNull()
})

it('is silent about a failure, except one about the token', async () => {
  const { text, asked, failures } = openField()
  const codes = ['UNREACHABLE', 'RATE_LIMITED', 'STORAGE_UNAVAILABLE', 'CREDENTIAL_MALFORMED', 'VALIDATION'] as const
  for (const [index, code] of codes.entries()) {
    text.value = `eyJ${code}`
    await pass()
    asked[index]?.answer({ ok: false, failure: { ...UNREACHABLE, code } })
    await pass()
  }
  expect(failures.map(({ code }) => code)).toEqual(['CREDENTIAL_MALFORMED', 'VALIDATION'])
})

it('answers whoever asks, in place of the question that was to come', async () => {
  const { text, asked, look } = openField()
  text.value = 'eyJ1'
  await nextTick()
  const answer = look()
  asked[0]?.answer({ ok: false, failure: UNREACHABLE })
  expect(await answer).toEqual({ ok: false, failure: UNREACHABLE })
  await pass()
  expect(asked).toHaveLength(1)
})

it('says nothing of an answer that comes once the page is left', async () => {
  const { text, asked, failures, preview, unmount } = openField()
  text.value = 'eyJ1'
  await pass()
  unmount()
  asked[0]?.answer({ ok: false, failure: { ...UNREACHABLE, code: 'TOKEN_SIGNATURE_INVALID' } })
  await pass()
  expect([failures, preview.value]).toEqual([[], null])
})

it('asks nothing any more once the page is left', async () => {
  const { text, asked, unmount } = openField()
  text.value = 'eyJ1'
  await nextTick()
  unmount()
  await pass()
  expect(asked).toEqual([])
})
