import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { useReplicasPolling } from '../../../../app/composables/useReplicasPolling.ts'
import { useDiagnosticsStore } from '../../../../app/stores/diagnostics.ts'
import { fakeServer } from '../../../support/app/fake-server.ts'
import { mountWith } from '../../../support/app/mount.ts'
import { openFreshPage } from '../../../support/app/nuxt-imports.ts'

let server: ReturnType<typeof fakeServer>
let tab: EventTarget & { visibilityState: string }
beforeEach(() => {
  vi.useFakeTimers()
  server = fakeServer()
  tab = Object.assign(new EventTarget(), { visibilityState: 'visible' })
  vi.stubGlobal('document', tab)
  openFreshPage()
  setActivePinia(createPinia())
  useDiagnosticsStore().replicas = { asOf: '2026-03-01T12:00:00.000Z', answeredBy: 'a', seen: [], disagreeAbout: [], remedy: null }
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})
const looks = () => server.calls.length

it('replicas are looked at every 15 seconds, and when the page is looked at again, not while it is hidden', async () => {
  mountWith(useReplicasPolling)
  await vi.advanceTimersByTimeAsync(15_000)
  expect(looks()).toBe(1)
  tab.visibilityState = 'hidden'
  await vi.advanceTimersByTimeAsync(60_000)
  expect(looks()).toBe(1)
  tab.visibilityState = 'visible'
  tab.dispatchEvent(new Event('visibilitychange'))
  expect(looks()).toBe(2)
})

it('a process that is alone is not asked about others', async () => {
  useDiagnosticsStore().replicas = null
  mountWith(useReplicasPolling)
  await vi.advanceTimersByTimeAsync(60_000)
  tab.dispatchEvent(new Event('visibilitychange'))
  expect(looks()).toBe(0)
})

it('replicas are not looked at while diagnostics run, which bring them', async () => {
  mountWith(useReplicasPolling)
  useDiagnosticsStore().running = true
  await vi.advanceTimersByTimeAsync(60_000)
  expect(looks()).toBe(0)
})

it('replicas are not looked at once the page has been left', async () => {
  const { unmount } = mountWith(useReplicasPolling)
  unmount()
  tab.dispatchEvent(new Event('visibilitychange'))
  await vi.advanceTimersByTimeAsync(60_000)
  expect(looks()).toBe(0)
})
