import type { Page, Request } from '@playwright/test'
import { expect, test, useSession } from '../support/browser/fixtures.ts'
import {
  activate, bannerOf, comeBack, expectState, expectUsable, fieldOf, openLicense, openPath, statusOf,
} from '../support/browser/screen.ts'

/* What takes time: answers that come late, clocks that are wrong, timers that should have ended. */

const DAY = 86_400_000
const isLook = (url: string) => new URL(url).pathname === '/api/license'

test('a response that was on its way during a save does not undo the save', async ({ licensePage: page }) => {
  const { promise: gate, resolve: release } = Promise.withResolvers<void>()
  const { promise: held, resolve: hold } = Promise.withResolvers<void>()
  await page.route('**/api/license', async (route, request) => {
    if (request.method() !== 'GET') return route.continue()
    const response = await route.fetch()
    hold()
    await gate
    await route.fulfill({ response })
  })
  await comeBack(page)
  await held
  await activate(page, 'nc_demo_standard')
  const announced = page.getByTestId('announcement')
  await expect(announced).toHaveText('License status changed: Enterprise is on.')
  const late = page.waitForEvent('requestfinished', request => isLook(request.url()) && request.method() === 'GET')
  release()
  await late
  // The page has been given the answer: a call after it is answered too.
  await page.evaluate(() => fetch('/api/health/live'))
  await expectState(page, 'active')
  // What had flickered would have been read out.
  await expect(announced).toHaveText('License status changed: Enterprise is on.')
})

for (const [what, days] of [['right', 0], ['six days ahead', 6], ['forty days behind', -40], ['two years ahead', 730]] as const) {
  test(`with a browser clock that is ${what}, what is left of the term is counted by the server`, async ({ page, product, api }) => {
    await api.save('nc_demo_expiring')
    await page.clock.install({ time: Date.now() + days * DAY })
    await useSession(page, product, api)
    await openLicense(page, product)
    const left = page.getByText(/in (20|21) days/)
    await expect(statusOf(page).locator(left).first()).toBeVisible()
    // The clock of the page has moved on since, twice.
    const clock = () => page.evaluate(() => Number(Reflect.get(Reflect.get(window, 'useNuxtApp')().payload.state, '$snow')))
    for (let ticks = 0; ticks < 2; ticks++) {
      const before = await clock()
      await expect.poll(clock).not.toBe(before)
    }
    expect(Math.abs(await clock() - Date.now())).toBeLessThan(DAY / 2)
    await expect(statusOf(page).locator(left).first()).toBeVisible()
    await page.getByRole('navigation').getByRole('link', { name: 'Activity' }).click()
    await expect(bannerOf(page).filter({ hasText: /in (20|21) days/ })).toBeVisible()
    await expect(page.locator('[data-kind=activated]')).toContainText(/(now|seconds? ago|minutes? ago)\)/)
  })
}

/** The paths of the API that are asked for from now on. */
function recordCalls(page: Page): string[] {
  const calls: string[] = []
  page.on('request', (request) => {
    const { pathname } = new URL(request.url())
    if (pathname.startsWith('/api/')) calls.push(pathname)
  })
  return calls
}
/** Lets time pass in the page, and whatever that sets off begin. */
async function passTime(page: Page): Promise<void> {
  for (let minute = 0; minute < 5; minute++) await page.clock.fastForward(60_000)
  await page.evaluate(() => fetch('/favicon.ico'))
}

test('nothing is asked for after signing out', async ({ page, product, api }) => {
  await api.save('nc_demo_standard')
  await page.clock.install()
  await useSession(page, product, api)
  await openLicense(page, product)
  const look = page.waitForRequest(request => isLook(request.url()))
  await page.clock.fastForward(60_000)
  await look
  await page.getByRole('button', { name: 'Sign out' }).click()
  await expect(page).toHaveURL(/\/login$/)
  await expectUsable(page)
  const calls = recordCalls(page)
  await passTime(page)
  expect(calls).toEqual([])
})

test('nothing is asked for on a page that shows no license', async ({ page, product, api }) => {
  await api.save('nc_demo_standard')
  await page.clock.install()
  await useSession(page, product, api)
  await openLicense(page, product)
  await page.evaluate(() => { Reflect.get(window, 'useNuxtApp')().$router.push('/there-is-no-such-page') })
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('There is no such page')
  const calls = recordCalls(page)
  await passTime(page)
  await comeBack(page)
  await passTime(page)
  expect(calls).toEqual([])
  // Back where it is shown it is asked for again, once a turn.
  await page.goBack()
  await expectState(page, 'active')
  const look = page.waitForRequest(request => isLook(request.url()))
  await page.clock.fastForward(60_000)
  await look
})

test('going from page to page leaves one timer behind, not one per page', async ({ page, product, api }) => {
  const open = new Set<Request>()
  page.on('request', request => open.add(request))
  page.on('requestfinished', request => open.delete(request))
  page.on('requestfailed', request => open.delete(request))
  await page.clock.install()
  await useSession(page, product, api)
  await openLicense(page, product)
  for (const label of ['Activity', 'Help & diagnostics', 'Access', 'License', 'Activity', 'License']) {
    await page.getByRole('navigation').getByRole('link', { name: label, exact: true }).click()
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(label)
  }
  await expect(fieldOf(page)).toBeVisible()
  // What has begun by itself has ended before the calls are counted, and nothing more begins.
  await page.clock.pauseAt(Date.now() + 1000)
  await expect.poll(() => open.size).toBe(0)
  const calls = recordCalls(page)
  const look = page.waitForResponse(response => isLook(response.url()))
  await page.clock.fastForward(15_000)
  await look
  await page.evaluate(() => fetch('/favicon.ico'))
  expect(calls).toEqual(['/api/license'])
  await page.clock.resume()
  await openPath(page, product, '/admin/activity')
})
