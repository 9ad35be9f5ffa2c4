import AxeBuilder from '@axe-core/playwright'
import type { Locator, Page } from '@playwright/test'
import type { Product } from '../product/process.ts'
import { expect, test, useSession } from './fixtures.ts'
import { expectNoHorizontalScroll, expectSaved, expectState, expectUsable, openLicense, openPath } from './screen.ts'

const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

async function expectAccessible(page: Page, what: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(WCAG).analyze()
  const found = violations.map(({ id, nodes }) => `${what}: ${id}: ${nodes.map(({ target }) => target.join(' ')).join(' | ')}`)
  expect.soft(found).toEqual([])
}

/** Looks at a path in light and dark, wide and on a phone. */
async function expectAccessibleEverywhere(page: Page, product: Product, path: string): Promise<void> {
  for (const [scheme, width, height] of [['light', 1440, 900], ['dark', 390, 844]] as const) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
    await page.setViewportSize({ width, height })
    await openPath(page, product, path)
    await expect(page.locator('html')).toHaveAttribute('data-theme', scheme)
    await expectAccessible(page, `${path} ${scheme} ${width}`)
    if (width === 390) await expectNoHorizontalScroll(page)
  }
}

test('axe finds nothing on the sign-in and set-up pages', async ({ page, product }) => {
  await expectAccessibleEverywhere(page, product, '/login')
  await expectAccessibleEverywhere(page, product, '/setup')
})

test('axe finds nothing while unlicensed, with an error and a preview', async ({ licensePage: page, product }) => {
  await expectAccessibleEverywhere(page, product, '/admin/license')
  await page.getByLabel('License key or token').fill('nc_demo_revoked')
  await page.getByRole('button', { name: 'Preview' }).click()
  await expect(page.getByText('What would be sent')).toBeVisible()
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await expect(page.getByRole('alert')).toBeVisible()
  await expectAccessible(page, 'a refused key')
  await page.getByRole('button', { name: /^Offline/ }).click()
  await expectAccessible(page, 'the offline request')
  await expectNoHorizontalScroll(page)
})

test('axe finds nothing while active, in the dialog neither', async ({ licensePage: page, product, api }) => {
  await api.save('nc_demo_expiring')
  await expectAccessibleEverywhere(page, product, '/admin/license')
  await page.getByRole('button', { name: 'Remove license' }).click()
  await expect(page.getByRole('dialog').getByRole('button', { name: 'Cancel' })).toBeVisible()
  await expectAccessible(page, 'the dialog')
})

for (const [state, grace] of [['grace', 600], ['paused', 1]] as const) {
  test(`axe finds nothing in the state ${state}`, async ({ licensePage: page, product, api, licenseServer }) => {
    const { key } = await licenseServer.control.createLicense({ method: 'standard', every: 1, grace })
    await api.save(key)
    await licenseServer.control.addFault({ call: 'checkIn', fault: { type: 'status', status: 503 } })
    await api.waitFor(view => view.state === state)
    await expectAccessibleEverywhere(page, product, '/admin/license')
    await expectState(page, state)
  })
}

test('axe finds nothing on activity, diagnostics and access', async ({ licensePage: page, product, api, licenseServer }) => {
  await api.save('nc_demo_revoked')
  await api.save('nc_demo_standard')
  await api.request('POST', '/api/users', { email: 'viewer@example.com', password: 'a long password', role: 'viewer' })
  for (const path of ['/admin/activity', '/admin/access']) await expectAccessibleEverywhere(page, product, path)
  await licenseServer.stop()
  await openPath(page, product, '/admin/diagnostics')
  await page.getByRole('button', { name: 'Run diagnostics' }).click()
  await expect(page.getByText('Something is in the way.')).toBeVisible({ timeout: 20_000 })
  await expectAccessible(page, 'diagnostics, dark, 390')
  await expectNoHorizontalScroll(page)
  await page.getByRole('button', { name: 'Open the menu' }).click()
  await expect(page.getByRole('dialog', { name: 'Admin Panel' })).toBeVisible()
  await expectAccessible(page, 'the drawer')
})

async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    if (await target.evaluate(element => element === document.activeElement)) return
    await page.keyboard.press('Tab')
  }
  await expect(target).toBeFocused()
}

test('a keyboard alone signs in, activates, removes and signs out', async ({ page, product }) => {
  await openPath(page, product, '/login')
  await tabTo(page, page.getByLabel('E-mail'))
  await page.keyboard.type('admin@example.com')
  await page.keyboard.press('Tab')
  await page.keyboard.type('correct horse battery')
  await page.keyboard.press('Enter')
  await expectState(page, 'unlicensed')
  await page.keyboard.press('Tab')
  await tabTo(page, page.getByLabel('License key or token'))
  await page.keyboard.type('nc_demo_standard')
  await tabTo(page, page.getByRole('button', { name: 'Save', exact: true }))
  await page.keyboard.press('Enter')
  await expectSaved(page)
  await expectState(page, 'active')

  await tabTo(page, page.getByRole('button', { name: 'Remove license' }))
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Remove the license?' })
  await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeVisible()
  await expect.poll(() => page.evaluate(() => document.activeElement?.closest('[role=dialog]') !== null)).toBe(true)
  await tabTo(page, dialog.getByRole('button', { name: 'Remove license' }))
  await page.keyboard.press('Enter')
  await expectState(page, 'unlicensed')
  await page.reload()
  await expectUsable(page)
  await tabTo(page, page.getByRole('button', { name: 'Sign out' }))
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/\/login$/)
})

test('without JavaScript the pages show what they can and say what they cannot', async ({ openPage, product, api }) => {
  await api.save('nc_demo_standard')
  const page = await openPage(product, { javaScriptEnabled: false })
  const notice = page.locator('noscript')
  await page.goto(`${product.url}/login`)
  await expect(notice).toBeVisible()
  await expect(notice).toContainText('needs JavaScript', { useInnerText: true })
  await useSession(page, product, api)
  await page.goto(`${product.url}/admin/license`)
  await expect(notice).toBeVisible()
  await expect(notice).toContainText('Changing it needs JavaScript.', { useInnerText: true })
  await expectState(page, 'active')
  await expect(page.getByText('Acme Robotics')).toBeVisible()
})

test('what the vendor wrote is text, however long and whatever is in it', async ({ licensePage: page, product, api, licenseServer }) => {
  const markup = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>{{ 1+1 }}'
  const organization = markup + 'Ä'.repeat(10_000 - markup.length)
  const { key } = await licenseServer.control.createLicense({
    method: 'standard', organization, plan: `<b>${'w'.repeat(3000)}`, features: ['sso', markup],
  })
  await api.save(key)
  await page.setViewportSize({ width: 390, height: 844 })
  await openLicense(page, product)
  await expectState(page, 'active')
  const details = page.getByRole('region', { name: 'License details' })
  await expect(details).toContainText('<img src=x onerror="window.pwned=1">')
  await expectNoHorizontalScroll(page)
  await details.getByRole('button', { name: 'Show all' }).nth(1).click()
  await expect(details).toContainText(organization)
  await expectNoHorizontalScroll(page)
  expect(await page.evaluate(() => Reflect.get(window, 'pwned'))).toBeUndefined()
  await expect(page.locator('main img, main script')).toHaveCount(0)
  await openPath(page, product, '/admin/activity')
  await expectNoHorizontalScroll(page)
})
