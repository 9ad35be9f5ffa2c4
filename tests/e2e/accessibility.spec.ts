import type { Locator, Page } from '@playwright/test'
import { expect, test, useSession } from './fixtures.ts'
import { expectNoHorizontalScroll, expectSaved, expectState, expectUsable, openLicense, openPath } from './screen.ts'

/* That axe finds nothing in any state, place or error is the gallery's business (tests/gallery). */

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
