import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import { useLicensePolling } from '../../../../app/composables/useLicensePolling.ts'
import { useLicenseStore } from '../../../../app/stores/license.ts'
import { useNow } from '../../../../app/stores/now.ts'
import type { LicenseView } from '../../../../shared/contracts.ts'
import { fakeServer } from '../../../support/app/fake-server.ts'
import { nextCheckIn, viewOf } from '../../../support/app/license-view.ts'
import { mountWith } from '../../../support/app/mount.ts'
import { openFreshPage } from '../../../support/app/nuxt-imports.ts'

const SERVER_TIME = '2026-03-01T12:00:00.000Z'
const NOW = Date.parse(SERVER_TIME)

let server: ReturnType<typeof fakeServer>
let tab: EventTarget & { visibilityState: string }
beforeEach(() => {
  vi.useFakeTimers({ now: NOW })
  server = fakeServer()
  tab = Object.assign(new EventTarget(), { visibilityState: 'visible' })
  vi.stubGlobal('document', tab)
  openFreshPage()
  setActivePinia(createPinia())
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** The page as it is once hydrated, with what the server rendered. */
function openPage(view: Partial<LicenseView> = {}) {
  const [store, now] = [useLicenseStore(), useNow()]
  store.view = viewOf(view)
  now.value = Date.parse(store.view.serverTime)
  return { store, now, ...mountWith(useLicensePolling) }
}
const looks = () => server.calls.filter(({ path }) => path === '/api/license').length
async function answer(view: Partial<LicenseView> = {}): Promise<void> {
  server.callTo('/api/license').answer(viewOf({ serverTime: new Date(Date.now()).toISOString(), ...view }))
  await vi.advanceTimersByTimeAsync(0)
}
function show(visibilityState: 'visible' | 'hidden'): void {
  tab.visibilityState = visibilityState
  tab.dispatchEvent(new Event('visibilitychange'))
}

describe('looking at the license', () => {
  it('happens every 15 seconds, the next time only after an answer', async () => {
    openPage()
    await vi.advanceTimersByTimeAsync(14_999)
    expect(looks()).toBe(0)
    await vi.advanceTimersByTimeAsync(1)
    expect(looks()).toBe(1)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(looks()).toBe(1)
    await answer()
    await vi.advanceTimersByTimeAsync(15_000)
    expect(looks()).toBe(2)
  })

  it('goes on after a request that failed', async () => {
    openPage()
    await vi.advanceTimersByTimeAsync(15_000)
    server.callTo('/api/license').fail()
    await vi.advanceTimersByTimeAsync(15_000)
    expect(looks()).toBe(2)
  })

  it.each<[string, Partial<LicenseView>, number]>([
    ['a check-in is due', { checkIn: nextCheckIn('2026-03-01T12:00:09.000Z') }, 1000],
    ['the term ends', { expiresAt: '2026-03-01T12:00:09.000Z' }, 1000],
    ['grace ends', { state: 'grace', graceEndsAt: '2026-03-01T11:59:52.000Z' }, 1000],
    ['the operator\'s key is about to be applied', { managedByEnv: true, state: 'unlicensed' }, 1000],
    ['nothing is near', { checkIn: nextCheckIn('2026-03-01T12:01:00.000Z') }, 15_000],
  ])('when %s it is quick or slow accordingly', async (_what, view, pause) => {
    openPage(view)
    await vi.advanceTimersByTimeAsync(pause - 1)
    expect(looks()).toBe(0)
    await vi.advanceTimersByTimeAsync(1)
    expect(looks()).toBe(1)
  })

  it('speeds up by itself when a check-in is near', async () => {
    openPage({ checkIn: nextCheckIn('2026-03-01T12:00:13.000Z') })
    await vi.advanceTimersByTimeAsync(5000)
    expect(looks()).toBe(1)
  })

  it('rests while an action is under way', async () => {
    const { store } = openPage()
    store.busy = 'save'
    await vi.advanceTimersByTimeAsync(31_000)
    expect(looks()).toBe(0)
    store.busy = null
    await vi.advanceTimersByTimeAsync(15_000)
    expect(looks()).toBe(1)
  })

  it('rests in a tab that nobody sees, and happens at once when it is seen again', async () => {
    openPage()
    show('hidden')
    await vi.advanceTimersByTimeAsync(600_000)
    expect(looks()).toBe(0)
    show('visible')
    expect(looks()).toBe(1)
  })
})

describe('the clock on the screen', () => {
  it.each([['right', 0], ['five days ahead', 5 * 86_400_000], ['a month behind', -30 * 86_400_000]])('is the server\'s, with a browser clock that is %s', async (_what, error) => {
    vi.setSystemTime(NOW + error)
    const { now } = openPage()
    await vi.advanceTimersByTimeAsync(3000)
    expect(now.value).toBe(NOW + 3000)
  })

  it('follows the server when that sets its clock', async () => {
    const { now } = openPage()
    await vi.advanceTimersByTimeAsync(15_000)
    await answer({ serverTime: '2026-03-01T11:00:00.000Z' })
    await vi.advanceTimersByTimeAsync(2000)
    expect(new Date(now.value).toISOString()).toBe('2026-03-01T11:00:02.000Z')
  })
})

describe('once the page has been left', () => {
  it.each(['while it waits', 'while it asks'])('nothing is asked for any more and no timer runs, left %s', async (when) => {
    const { store, now, unmount } = openPage()
    await vi.advanceTimersByTimeAsync(when === 'while it asks' ? 15_000 : 5000)
    const asked = looks()
    unmount()
    if (asked > 0) await answer()
    await vi.advanceTimersByTimeAsync(3_600_000)
    show('hidden')
    show('visible')
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect([looks(), vi.getTimerCount()]).toEqual([asked, 0])
    const shown = now.value
    store.view = viewOf({ checkIn: nextCheckIn(new Date(now.value).toISOString()) })
    await nextTick()
    await vi.advanceTimersByTimeAsync(60_000)
    expect([looks(), now.value]).toEqual([asked, shown])
  })
})
