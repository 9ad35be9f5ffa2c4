import type { Page } from '@playwright/test'
import type { Product } from '../support/product-process.ts'
import { expect, test } from '../support/browser/fixtures.ts'
import { expectFocusShown, focusOf, pressOn, tabTo, walk } from '../support/browser/focus.ts'
import { openLicense, openPath } from '../support/browser/screen.ts'

/* Somebody who has a keyboard and no mouse: the way through the pages, and the other pages. */

const PERSON = { email: 'person@example.com', password: 'first password 1' }
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
const statusSays = (page: Page, text: string | RegExp) => page.getByRole('status').filter({ hasText: text })

/** Every stop can be seen, and nothing in the main part jumps back up. */
async function expectGoodOrder(page: Page, product: Product, path: string): Promise<void> {
  await openPath(page, product, path)
  const stops = await walk(page)
  expect(stops[0]?.name).toBe('Skip to content')
  expect(stops.filter(({ fault }) => fault !== null).map(({ name, fault }) => `${path}: ${name} ${fault}`)).toEqual([])
  const inMain = stops.filter(({ isInMain }) => isInMain)
  expect(inMain.length).toBeGreaterThan(1)
  const jumps = inMain.flatMap((stop, index) => {
    const before = inMain[index - 1]
    return before && stop.bottom <= before.top ? [`${path}: from ${before.name} at ${before.top} up to ${stop.name} at ${stop.bottom}`] : []
  })
  expect(jumps).toEqual([])
}

test('every tab stop can be seen and follows the one before, on a wide screen and on a phone', async ({ licensePage: page, product, api }) => {
  test.slow()
  await api.save('nc_demo_expiring')
  await api.request('POST', '/api/users', { ...PERSON, role: 'viewer' })
  for (const [scheme, width, height] of [['light', 1440, 900], ['dark', 390, 844]] as const) {
    await page.emulateMedia({ colorScheme: scheme })
    await page.setViewportSize({ width, height })
    for (const path of ['/admin/license?method=offline', '/admin/activity', '/admin/diagnostics', '/admin/access']) {
      await expectGoodOrder(page, product, path)
    }
  }
})

test('the first tab stop skips what is the same on every page', async ({ licensePage: page }) => {
  await page.keyboard.press('Tab')
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused()
  await expectFocusShown(page)
  await page.keyboard.press('Enter')
  await expect(page.locator('main')).toBeFocused()
  await page.keyboard.press('Tab')
  expect((await focusOf(page))?.isInMain).toBe(true)
  await expectFocusShown(page)
})

test('diagnostics are run and the support bundle is fetched', async ({ licensePage: page, product }) => {
  await pressOn(page, page.getByRole('link', { name: 'Help & diagnostics', exact: true }).first())
  await expect(page).toHaveURL(/\/admin\/diagnostics$/)
  await openPath(page, product, '/admin/diagnostics')
  await pressOn(page, button(page, 'Run diagnostics'))
  await expect(statusSays(page, 'Every stage passed')).toBeVisible({ timeout: 20_000 })
  await expect(button(page, 'Run again')).toBeFocused()
  await expectFocusShown(page)
  const download = page.waitForEvent('download')
  await pressOn(page, page.getByRole('link', { name: 'Download support bundle' }))
  expect((await download).suggestedFilename()).toMatch(/\.json$/)
})

test('the activity is filtered and more of it loaded', async ({ licensePage: page, product, api }) => {
  for (let nth = 0; nth < 27; nth++) {
    const { body } = await api.request<{ id: string }>('POST', '/api/users', { email: `person${nth}@example.com`, password: 'a long password', role: 'viewer' })
    await api.request('DELETE', `/api/users/${body.id}`)
  }
  await openPath(page, product, '/admin/activity')
  const events = page.getByRole('region', { name: 'Activity' }).getByRole('listitem')
  await pressOn(page, button(page, 'Load more'))
  await expect(events).toHaveCount(55)
  expect((await focusOf(page))?.isInMain).toBe(true)
  const filter = page.getByLabel('Show')
  await tabTo(page, filter, 'Shift+Tab')
  // Letters that come too slowly count as the beginning of another entry.
  await expect(async () => {
    await page.keyboard.type('Account a')
    await expect(filter).toHaveValue('account_created', { timeout: 2000 })
  }).toPass()
  await expect(events).toHaveCount(28)
  await expect(filter).toBeFocused()
  await expect(filter).toHaveValue('account_created')
})

test('language and appearance are chosen with the arrows', async ({ licensePage: page }) => {
  await tabTo(page, page.getByRole('radio', { name: 'System' }).first())
  await page.keyboard.press('ArrowLeft')
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')
  await expect(page.getByRole('radio', { name: 'Dark' }).first()).toBeFocused()
  await expectFocusShown(page)
  await tabTo(page, page.getByTestId('language'))
  await page.keyboard.press('ArrowDown')
  await expect(page.locator('html')).toHaveAttribute('lang', 'de')
  await expect(page.getByTestId('language')).toBeFocused()
  await expectFocusShown(page)
})

test('the banner is dismissed, and the focus stays in the page', async ({ licensePage: page, product, api }) => {
  await api.save('nc_demo_expiring')
  await openLicense(page, product)
  await page.getByRole('link', { name: 'Activity' }).first().click()
  await pressOn(page, button(page, 'Hide for a week'))
  await expect(button(page, 'Hide for a week')).toHaveCount(0)
  await expect(page.locator('main')).toBeFocused()
})

test('on a phone the menu traps the focus, and gives it back', async ({ licensePage: page }) => {
  await page.setViewportSize({ width: 390, height: 844 })
  const open = button(page, 'Open the menu')
  const drawer = page.getByRole('dialog', { name: 'Admin Panel' })
  await pressOn(page, open)
  await expect(drawer.getByRole('button', { name: 'Close the menu' })).toBeFocused()
  await expectFocusShown(page)
  // What is behind is out of reach; only the browser's own controls come in between.
  for (let presses = 0; presses < 12; presses++) {
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement === document.body || document.activeElement?.closest('dialog') !== null)).toBe(true)
  }
  await page.keyboard.press('Escape')
  await expect(drawer).toBeHidden()
  await expect(open).toBeFocused()
  await expectFocusShown(page)
  await page.keyboard.press('Enter')
  await pressOn(page, drawer.getByRole('link', { name: 'Activity' }))
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Activity')
  await expect(drawer).toBeHidden()
  await pressOn(page, open)
  await pressOn(page, drawer.getByRole('button', { name: 'Sign out' }))
  await expect(page).toHaveURL(/\/login$/)
})
