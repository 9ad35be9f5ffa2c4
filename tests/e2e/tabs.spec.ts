import type { Page } from '@playwright/test'
import { signIn } from '../support/api-client.ts'
import type { Product } from '../support/product-process.ts'
import { expect, test } from '../support/browser/fixtures.ts'
import {
  checkInNow, comeBack, credentialOf, expectFailure, expectState, expectUsable, fieldOf, fillLogin, lookAway, openLicense, openPath, saveCredential,
} from '../support/browser/screen.ts'
import { watchPage } from '../support/browser/watch.ts'

/* Sessions that end and tabs beside one another, while the page is open. */

for (const path of ['/admin/license?method=offline#renewal', '/admin/activity', '/admin/access']) {
  test(`a session that ends while ${path} is open leads to the sign-in page and back`, async ({ licensePage: page, product, api }) => {
    await openPath(page, product, path)
    expect((await api.request('POST', '/api/auth/logout')).status).toBeLessThan(300)
    await comeBack(page)
    await expect(page).toHaveURL(/\/login\?next=/)
    await expectUsable(page)
    await fillLogin(page)
    await expect(page).toHaveURL(product.url + path)
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  })
}

test('a save after the session has ended changes nothing, says so, and keeps what was entered', async ({ licensePage: page, product, api }) => {
  await lookAway(page)
  await api.request('POST', '/api/auth/logout')
  await saveCredential(page, 'nc_demo_standard')
  await expect(credentialOf(page).getByTestId('notice')).toHaveAttribute('data-code', 'UNAUTHENTICATED')
  await expect(fieldOf(page)).toHaveValue('nc_demo_standard')
  expect((await (await signIn(product.url)).license()).state).toBe('unlicensed')
})

test('what was entered on another page stays as well, once a refused action has said so', async ({ licensePage: page, product, api }) => {
  await openPath(page, product, '/admin/access')
  const email = page.locator('#new-email')
  await email.fill('second@example.com')
  await page.locator('#new-password').fill('second admin 1')
  await lookAway(page)
  await api.request('POST', '/api/auth/logout')
  await page.getByRole('button', { name: 'Add account' }).click()
  await expectFailure(page, 'UNAUTHENTICATED')
  const looked = page.waitForResponse(response => new URL(response.url()).pathname === '/api/license' && response.status() === 401)
  await comeBack(page)
  await looked
  await expect(page).toHaveURL(`${product.url}/admin/access`)
  await expect(email).toHaveValue('second@example.com')
})

test('what was typed when a session ended is in the field again once the same person signs in', async ({ licensePage: page, api }) => {
  await fieldOf(page).fill('nc_demo_typed')
  expect((await api.request('POST', '/api/auth/logout')).status).toBeLessThan(300)
  await comeBack(page)
  await expect(page).toHaveURL(/\/login\?next=/)
  await expectUsable(page)
  await fillLogin(page)
  await expectState(page, 'unlicensed')
  await expect(fieldOf(page)).toHaveValue('nc_demo_typed')
})

async function openTab(page: Page, product: Product, complaints: string[]): Promise<Page> {
  const tab = await page.context().newPage()
  await watchPage(tab, [`127.0.0.1:${product.port}`], complaints)
  await openLicense(tab, product)
  return tab
}

test('what one tab does shows in the other, which keeps what is typed there; signing out ends both', async ({ licensePage: page, product }) => {
  const complaints: string[] = []
  const other = await openTab(page, product, complaints)
  await fieldOf(other).fill('nc_demo_airgapped typed here')
  await saveCredential(page, 'nc_demo_standard')
  await expectState(page, 'active')
  await comeBack(other)
  await expectState(other, 'active')
  await expect(fieldOf(other)).toHaveValue('nc_demo_airgapped typed here')

  await lookAway(other)
  await page.getByRole('button', { name: 'Remove license' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove license' }).click()
  await expectState(page, 'unlicensed')
  // Nothing is there any more to check in; the other tab says so and shows the new state.
  await checkInNow(other)
  await expectFailure(other, 'NO_LICENSE')
  await expectState(other, 'unlicensed')
  await fieldOf(other).fill('nc_demo_other')
  await expect(other.getByRole('alert')).toHaveCount(0)

  await page.getByRole('button', { name: 'Sign out' }).click()
  await expect(page).toHaveURL(/\/login$/)
  // While an action is under way the page does not look again; coming back once more does.
  await expect(async () => {
    await comeBack(other)
    await expect(other).toHaveURL(/\/login\?next=/, { timeout: 3000 })
  }).toPass()
  expect(complaints).toEqual([])
})
