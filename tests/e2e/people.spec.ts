import type { Page, Route } from '@playwright/test'
import { signIn } from '../support/api-client.ts'
import { ADMIN } from '../support/product-process.ts'
import { expect, test, useSession } from '../support/browser/fixtures.ts'
import {
  comeBack, expectFailure, expectState, expectUsable, fillField, fillLogin, lookAway, openLicense, openPath, signInByForm, statusOf,
} from '../support/browser/screen.ts'

/* More than one person at one browser: whoever is not signed in any more leaves nothing behind. */

const VIEWER = { email: 'viewer@example.com', password: 'viewer password 1' }
const SECOND = { email: 'second@example.com', password: 'second admin 1' }
const TYPED = 'nc_demo_typed_by_the_one_before'
const LABELS = {
  '/admin/license': 'License', '/admin/activity': 'Activity', '/admin/diagnostics': 'Help & diagnostics', '/admin/access': 'Your account',
} as const

test.beforeEach(async ({ api }) => {
  await api.request('POST', '/api/users', { ...VIEWER, role: 'viewer' })
  await api.request('POST', '/api/users', { ...SECOND, role: 'admin' })
  await api.save('nc_demo_standard')
})

/** What the page shows, and what it would show next: its stores. */
const everythingIn = (page: Page) => page.evaluate(() => {
  const { payload, $pinia } = Reflect.get(window, 'useNuxtApp')()
  const fields = [...document.querySelectorAll('input, textarea')].map(field => field instanceof HTMLElement && Reflect.get(field, 'value'))
  return [document.documentElement.outerHTML, ...fields, JSON.stringify(payload.state), JSON.stringify($pinia.state.value)].join('\n')
})
async function expectNothingOf(page: Page, ...traces: string[]): Promise<void> {
  const everything = await everythingIn(page)
  expect(traces.filter(trace => everything.includes(trace))).toEqual([])
}

/** An administrator has seen every page, list and address, and has typed something. */
async function lookAround(page: Page): Promise<void> {
  for (const label of ['Activity', 'Access', 'Help & diagnostics', 'License']) {
    await page.getByRole('navigation').getByRole('link', { name: label, exact: true }).click()
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(label)
  }
  await fillField(page, TYPED)
  expect(await everythingIn(page)).toContain(VIEWER.email)
}

/** Somebody with fewer rights sees what is theirs, and of the one before nothing, on no page. */
async function expectViewerAlone(page: Page): Promise<void> {
  for (const label of Object.values(LABELS)) {
    await page.getByRole('navigation').getByRole('link', { name: label, exact: true }).click()
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(label)
    await expect(page.locator('.sidebar .email')).toHaveText(VIEWER.email)
    await expect(page.getByRole('button', { name: /^(Save|Check in now|Remove license|Add account|Run diagnostics|Reset password.*)$/ })).toHaveCount(0)
    await expectNothingOf(page, ADMIN.email, SECOND.email, TYPED, 'license@acme.example')
  }
}

test('after a sign-out the next person in the same tab sees nothing of the previous one', async ({ licensePage: page }) => {
  await lookAround(page)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await expect(page).toHaveURL(/\/login$/)
  await expectUsable(page)
  await expectNothingOf(page, ADMIN.email, VIEWER.email, TYPED, 'Acme Robotics')
  await fillLogin(page, VIEWER)
  await expectState(page, 'active')
  await expectViewerAlone(page)
})

test('a sign-out that does not come to its end is said to have failed, in a wide and in a narrow window', async ({ licensePage: page }) => {
  const refuse = (route: Route) => route.fulfill({ status: 503, json: { data: { code: 'STORAGE_UNAVAILABLE' } } })
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: 844 })
    await page.route('**/api/auth/logout', refuse)
    if (width === 390) await page.getByRole('button', { name: 'Open the menu' }).click()
    await page.getByTestId('sign-out').filter({ visible: true }).click()
    await expect(page.getByTestId('notice')).toHaveAttribute('data-code', 'STORAGE_UNAVAILABLE')
    await expect(page.getByTestId('notice')).toBeFocused()
    await expect(page.getByTestId('notice')).toContainText('You may still be signed in. Try signing out again.')
    await page.unroute('**/api/auth/logout')
  }
  await page.getByRole('button', { name: 'Open the menu' }).click()
  await page.getByTestId('sign-out').filter({ visible: true }).click()
  await expect(page).toHaveURL(/\/login$/)
})

test('a session that has ended leaves nothing on the screen, and nothing to whoever signs in next', async ({ licensePage: page, api }) => {
  await lookAround(page)
  await api.request('POST', '/api/auth/logout')
  await comeBack(page)
  await expect(page).toHaveURL(/\/login\?next=/)
  await expectUsable(page)
  await expect(page.getByRole('status').filter({ hasText: 'Your session has ended.' })).toBeVisible()
  await expectNothingOf(page, ADMIN.email, VIEWER.email, TYPED, 'Acme Robotics')
  await fillLogin(page, VIEWER)
  await expectState(page, 'active')
  await expectViewerAlone(page)
})

test('the first tab belongs to whoever signed in in another one, as soon as it is looked at', async ({ licensePage: page, product }) => {
  await lookAround(page)
  await useSession(page, product, await signIn(product.url, VIEWER))
  const reloaded = page.waitForEvent('load')
  await comeBack(page)
  await reloaded
  await expect(page.locator('.sidebar .email')).toHaveText(VIEWER.email)
  await expectUsable(page)
  await expectViewerAlone(page)
})

test('somebody refused because the browser now has another person\'s session sees that person signed in', async ({ licensePage: page, product }) => {
  await lookAway(page)
  await useSession(page, product, await signIn(product.url, VIEWER))
  const reloaded = page.waitForEvent('load')
  await statusOf(page).getByRole('button', { name: 'Check in now' }).click()
  await reloaded
  await expect(page.locator('.sidebar .email')).toHaveText(VIEWER.email)
  await expectUsable(page)
  await expectViewerAlone(page)
})

test('somebody made a viewer while the page is open has to sign in again, and may then only look', async ({ page, product, api }) => {
  await signInByForm(page, product, SECOND)
  await expect(statusOf(page).getByRole('button', { name: 'Remove license' })).toBeVisible()
  const { body: { users } } = await api.request<{ users: { id: string, email: string }[] }>('GET', '/api/users')
  const id = users.find(({ email }) => email === SECOND.email)?.id
  await lookAway(page)
  expect((await api.request('PATCH', `/api/users/${id}`, { role: 'viewer' })).status).toBe(200)
  await statusOf(page).getByRole('button', { name: 'Check in now' }).click()
  await expectFailure(page, 'UNAUTHENTICATED')
  await openLicense(page, product)
  await fillLogin(page, SECOND)
  await expectState(page, 'active')
  await expect(statusOf(page)).toContainText('You are a viewer')
  await expect(page.getByRole('button', { name: /^(Save|Check in now|Remove license)$/ })).toHaveCount(0)
  await expectNothingOf(page, ADMIN.email, VIEWER.email, 'license@acme.example')
  await openPath(page, product, '/admin/access')
  await expectNothingOf(page, ADMIN.email, VIEWER.email)
})
