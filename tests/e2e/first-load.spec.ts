import type { Request } from '@playwright/test'
import { expect, test, useSession } from '../support/browser/fixtures.ts'
import { watchRequests } from '../support/browser/requests.ts'
import { expectState, openLicense } from '../support/browser/screen.ts'

/* What a browser with an empty cache loads for the License page until it can be used, and what it loads in advance when it is idle. */

const KIB = 1024

for (const [state, key] of [['unlicensed', null], ['active', 'nc_demo_standard']] as const) {
  test(`the License page of an installation that is ${state} needs at most 135 KiB of scripts, and 205 KiB in 15 requests in all`, async ({ product, api, openPage }) => {
    if (key) await api.save(key)
    const page = await openPage(product)
    await page.addInitScript(() => { window.requestIdleCallback = () => 0 })
    await useSession(page, product, api)
    const loaded: Request[] = []
    page.on('requestfinished', request => loaded.push(request))
    await openLicense(page, product)
    await expectState(page, state)
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

test('what opens later opens without the server, too', async ({ product, api, openPage }) => {
  await api.save('nc_demo_standard')
  const page = await openPage(product)
  const requests = watchRequests(page)
  await useSession(page, product, api)
  await openLicense(page, product)
  await requests.answered()
  await page.route(/\.js$/, route => route.abort())
  await page.getByTestId('remove').click()
  await expect(page.getByRole('dialog')).toContainText('Remove the license?')
  await page.getByTestId('cancel').click()
  await page.getByRole('link', { name: 'Help & diagnostics' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Help & diagnostics')
})
