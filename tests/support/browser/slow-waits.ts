import type { Page } from '@playwright/test'
import { chromium, devices } from '@playwright/test'
import { throttling } from 'lighthouse/core/config/constants.js'
import { BROWSER_ARGS } from './launch.ts'

/* What a person with a slow phone waits for, on a browser that really is that slow. */

/** A page of a signed-in person, with `data-testid=license-state` on what is waited for and a menu button in its header. */
export interface WaitedFor { browser: string, url: string, session: { name: string, value: string } }

/** Milliseconds since the navigation began. */
export interface Waits {
  /** The first frame that shows the license's state. */
  statusVisible: number
  /** The first frame after a tap opened the navigation. */
  tapAnswered: number
  hydrated: number
  /** The longest time the page could not answer at all. */
  longestTask: number
}

const PARTS = ['statusVisible', 'tapAnswered', 'hydrated', 'longestTask'] as const

/** Opens a page so many times; the median of each wait. */
export async function measureWaits(target: WaitedFor, runs: number, resources: AsyncDisposableStack): Promise<Waits> {
  const browser = await chromium.launch({ executablePath: target.browser, args: BROWSER_ARGS })
  resources.defer(() => browser.close())
  const measured: Waits[] = []
  for (let run = 0; run < runs; run++) {
    const context = await browser.newContext(devices['Moto G4'])
    await context.addCookies([{ ...target.session, url: new URL(target.url).origin, httpOnly: true, sameSite: 'Lax' }])
    const page = await context.newPage()
    await slowDown(page)
    await page.addInitScript(watchFrames)
    measured.push(await open(page, target))
    await context.close()
  }
  await browser.close()
  const medianOf = (part: keyof Waits) => measured.map(waits => waits[part]).sort((a, b) => a - b)[Math.floor((runs - 1) / 2)] ?? NaN
  const [statusVisible, tapAnswered, hydrated, longestTask] = PARTS.map(medianOf)
  return { statusVisible: statusVisible ?? NaN, tapAnswered: tapAnswered ?? NaN, hydrated: hydrated ?? NaN, longestTask: longestTask ?? NaN }
}

async function slowDown(page: Page): Promise<void> {
  const { requestLatencyMs, downloadThroughputKbps, uploadThroughputKbps, cpuSlowdownMultiplier } = throttling.mobileSlow4G
  const session = await page.context().newCDPSession(page)
  await session.send('Network.enable')
  await session.send('Network.emulateNetworkConditions', {
    offline: false, latency: requestLatencyMs,
    downloadThroughput: downloadThroughputKbps * 1024 / 8, uploadThroughput: uploadThroughputKbps * 1024 / 8,
  })
  await session.send('Emulation.setCPUThrottlingRate', { rate: cpuSlowdownMultiplier })
}

async function open(page: Page, target: WaitedFor): Promise<Waits> {
  await page.goto(target.url, { waitUntil: 'commit' })
  const waits = await page.waitForFunction((): unknown => Reflect.get(window, 'waits'), undefined, { timeout: 60_000 })
  const measured = Object(await waits.jsonValue()) as Partial<Waits>
  if (page.url() !== target.url) throw new Error(`${page.url()} was measured instead of ${target.url}`)
  const { statusVisible = NaN, tapAnswered = NaN, hydrated = NaN, longestTask = NaN } = measured
  return { statusVisible, tapAnswered, hydrated, longestTask }
}

/** Runs in the page. A frame comes only once nothing blocks rendering any more. */
function watchFrames(): void {
  const seen: Record<string, number> = { longestTask: 0 }
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) seen.longestTask = Math.max(seen.longestTask ?? 0, duration)
  }).observe({ type: 'longtask', buffered: true })
  const isHydrated = () => {
    const nuxt: unknown = Reflect.get(window, 'useNuxtApp')
    return typeof nuxt === 'function' && Reflect.get(Object(nuxt()), 'isHydrating') === false
  }
  const frame = (now: number) => {
    if (document.querySelector('[data-testid="license-state"]')?.checkVisibility()) seen.statusVisible ??= now
    const menu = document.querySelector<HTMLElement>('header button[aria-expanded]')
    if (menu?.getAttribute('aria-expanded') === 'true') seen.tapAnswered ??= now
    // Taps again and again, as an impatient person would; before hydration nothing listens.
    else menu?.click()
    if (isHydrated()) seen.hydrated ??= now
    if (seen.statusVisible && seen.tapAnswered && seen.hydrated) Reflect.set(window, 'waits', seen)
    else requestAnimationFrame(frame)
  }
  requestAnimationFrame(frame)
}
