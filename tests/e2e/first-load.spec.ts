import type { Request } from '@playwright/test'
import { expect, test, useSession } from '../support/browser/fixtures.ts'
import { expectState, openLicense } from '../support/browser/screen.ts'

/* What a browser with an empty cache loads for the License page; the budget of tests/bench/README.md (B6). */

const KIB = 1024

for (const [state, key] of [['unlicensed', null], ['active', 'nc_demo_standard']] as const) {
  test(`the License page of an installation that is ${state} loads at most 135 KiB of scripts, and 205 KiB in 15 requests in all`, async ({ product, api, openPage }) => {
    if (key) await api.save(key)
    const page = await openPage(product)
    await useSession(page, product, api)
    const loaded: Request[] = []
    page.on('requestfinished', request => loaded.push(request))
    await openLicense(page, product)
    await expectState(page, state)
    // What is loaded in advance waits until there is nothing else to do.
    for (let turn = 0; turn < 3; turn++) await page.evaluate(() => new Promise(resolve => requestIdleCallback(resolve)))
    await page.waitForLoadState('networkidle')
    const sizes = await Promise.all(loaded.map(async request => ({
      path: new URL(request.url()).pathname,
      // Less than nothing is what the browser had already.
      bytes: Math.max(0, (await request.sizes()).responseBodySize),
    })))
    const scripts = sizes.filter(({ path }) => path.endsWith('.js'))
    const sum = (list: typeof sizes) => list.reduce((total, { bytes }) => total + bytes, 0) / KIB
    expect(scripts.length).toBeGreaterThan(3)
    expect(sum(scripts), JSON.stringify(scripts)).toBeLessThanOrEqual(135)
    expect(sum(sizes), JSON.stringify(sizes)).toBeLessThanOrEqual(205)
    expect(sizes.length, JSON.stringify(sizes)).toBeLessThanOrEqual(15)
  })
}
