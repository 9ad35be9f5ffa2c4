import type { Page } from '@playwright/test'
import type { Product } from '../support/product-process.ts'
import { ADMIN } from '../support/product-process.ts'
import { expect, test } from '../support/browser/fixtures.ts'
import { expectFocusShown, focusOf, pressOn, tabTo, walk } from '../support/browser/focus.ts'
import {
  badgeOf, credentialOf, expectFailure, expectSaved, expectState, expectUsable, fieldOf, openLicense, openPath, signInByForm, statusHeading,
  statusOf,
} from '../support/browser/screen.ts'

/* No test here touches the mouse. */

const PERSON = { email: 'person@example.com', password: 'first password 1' }
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
const statusSays = (page: Page, text: string | RegExp) => page.getByRole('status').filter({ hasText: text })

async function type(page: Page, label: string, text: string): Promise<void> {
  await tabTo(page, page.getByLabel(label, { exact: true }))
  await page.keyboard.press('ControlOrMeta+a')
  await page.keyboard.type(text)
}

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

test('every stop of Tab can be seen and follows the one before, wide and on a phone', async ({ licensePage: page, product, api }) => {
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

test('signing in goes from field to field, says what was wrong and keeps the place', async ({ page, product }) => {
  await openPath(page, product, '/login')
  const names = (await walk(page)).map(({ name }) => name)
  expect(names.slice(0, 4)).toEqual(['email', 'password', 'Sign in', 'Language'])
  await type(page, 'E-mail', ADMIN.email)
  await page.keyboard.press('Tab')
  await page.keyboard.type('not the password')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('alert')).toContainText('E-mail or password is not right.')
  await expect(page.getByLabel('Password')).toBeFocused()
  await page.keyboard.press('ControlOrMeta+a')
  await page.keyboard.type(ADMIN.password)
  await page.keyboard.press('Enter')
  await expectState(page, 'unlicensed')
})

test('the first stop skips what is the same on every page', async ({ licensePage: page }) => {
  await page.keyboard.press('Tab')
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused()
  await expectFocusShown(page)
  await page.keyboard.press('Enter')
  await expect(page.locator('main')).toBeFocused()
  await page.keyboard.press('Tab')
  expect((await focusOf(page))?.isInMain).toBe(true)
  await expectFocusShown(page)
})

test('preview, a refused save and a good one are announced, and the focus stays where it makes sense', async ({ licensePage: page, licenseServer }) => {
  await pressOn(page, statusOf(page).getByRole('button', { name: 'Enter a license' }))
  await expect(fieldOf(page)).toBeFocused()
  await expectFocusShown(page)
  await page.keyboard.type('nc_demo_revoked')
  await pressOn(page, button(page, 'Preview'))
  await expect(statusSays(page, 'The form of this key is right')).toBeVisible()
  await expect(button(page, 'Preview')).toBeFocused()

  await tabTo(page, button(page, 'Save'), 'Shift+Tab')
  await page.keyboard.press('Enter')
  await expectFailure(page, 'LICENSE_REVOKED', 'This license was revoked')
  await expect(button(page, 'Save')).toBeFocused()
  await expectFocusShown(page)
  await expect(fieldOf(page)).toHaveAttribute('aria-invalid', 'true')

  await licenseServer.control.addFault({ call: 'activate', times: 1, fault: { type: 'delay', ms: 1500 } })
  await type(page, 'License key or token', 'nc_demo_standard')
  await pressOn(page, button(page, 'Save'), 'Space')
  await expect(statusSays(page, 'Checked')).toBeAttached()
  await expectSaved(page)
  await expect(statusSays(page, 'License status changed: Enterprise is on.')).toBeAttached()
  await page.keyboard.press('Tab')
  await expectFocusShown(page)
})

test('Check in now leads to the status when it worked, and keeps the focus when it did not', async ({ licensePage: page, product, api, licenseServer }) => {
  await api.save('nc_demo_standard')
  await openLicense(page, product)
  const checkIn = credentialOf(page).getByRole('button', { name: 'Check in now' })
  await pressOn(page, checkIn)
  await expect(statusSays(page, 'The check-in worked.')).toBeAttached()
  await expect(statusHeading(page)).toBeFocused()
  await licenseServer.control.addFault({ call: 'checkIn', times: 1, fault: { type: 'status', status: 500 } })
  await pressOn(page, checkIn)
  // What went wrong comes in above the button, and is in sight.
  await expect(await expectFailure(page, 'SERVER_ERROR', 'The license server answered with an error')).toBeInViewport()
  await expect(checkIn).toBeFocused()
})

test('Renew now of an airgapped license leads to the status', async ({ licensePage: page, product, api }) => {
  await api.save('nc_ag_demo_airgapped')
  await openLicense(page, product)
  await pressOn(page, credentialOf(page).getByRole('button', { name: 'Renew now' }))
  await expect(statusSays(page, 'it has no later term yet')).toBeAttached()
  await expect(statusHeading(page)).toBeFocused()
})

test('the dialog keeps the focus, gives it back on Escape, and leads to the status when confirmed', async ({ licensePage: page, product, api }) => {
  await api.save('nc_demo_standard')
  await openLicense(page, product)
  const dialog = page.getByRole('dialog', { name: 'Remove the license?' })
  // What is behind is out of reach; only the browser's own controls may come in between.
  const isInside = () => dialog.evaluate(element => element.contains(document.activeElement) || document.activeElement === document.body)
  await pressOn(page, button(page, 'Remove license'))
  await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeFocused()
  await expectFocusShown(page)
  for (const key of ['Tab', 'Tab', 'Tab', 'Tab', 'Tab', 'Shift+Tab', 'Shift+Tab', 'Shift+Tab', 'Shift+Tab', 'Shift+Tab']) {
    await page.keyboard.press(key)
    expect(await isInside(), key).toBe(true)
  }
  await page.keyboard.press('Escape')
  await expect(dialog).toBeHidden()
  await expect(button(page, 'Remove license')).toBeFocused()
  await expectFocusShown(page)

  await page.keyboard.press('Enter')
  await pressOn(page, dialog.getByRole('button', { name: 'Remove license' }))
  await expectState(page, 'unlicensed')
  await expect(statusSays(page, 'The license was removed.')).toBeAttached()
  await expect(statusHeading(page)).toBeFocused()
})

test('method cards, copying, section links and entries answer to Enter and Space', async ({ licensePage: page, product }) => {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: product.url })
  const copied = () => page.evaluate(() => navigator.clipboard.readText())
  await pressOn(page, page.getByRole('button', { name: 'Copy: Instance ID' }).first())
  await expect(statusSays(page, /^Copied$/)).toBeAttached()
  await expectFocusShown(page)
  expect(await copied()).toBe(await page.getByTestId('instance-id').textContent())
  await pressOn(page, page.getByRole('link', { name: 'Copy a link to this section: Which method?' }))
  await expect(statusSays(page, 'Link copied')).toBeVisible()
  await expect(page).toHaveURL(/#method$/)
  expect(await copied()).toMatch(/\/admin\/license#method$/)
  await pressOn(page, page.getByRole('button', { name: /^Airgapped/ }), 'Space')
  await expect(page.getByRole('button', { name: /^Airgapped/ })).toHaveAttribute('aria-pressed', 'true')
  await pressOn(page, page.getByRole('button', { name: /^Offline/ }))
  await expectFocusShown(page)
  await pressOn(page, button(page, 'Copy message'))
  await expect.poll(copied).toBe(await page.getByLabel('Message', { exact: true }).inputValue())
  const all = page.locator('details').filter({ has: page.getByText(/^All (other )?errors, by reference/) }).last()
  await pressOn(page, all.locator('> summary'))
  const entry = page.locator('#NCL-204')
  await pressOn(page, entry.locator('summary'))
  await expect(entry).toHaveAttribute('open', '')
  await expect(entry.getByText('The certificate that was shown is not trusted.')).toBeVisible()
})

test('a link with a reference opens its entry and takes the focus there', async ({ licensePage: page, product }) => {
  for (const path of ['/admin/license#NCL-204', '/admin/license#NCL-101']) {
    await openPath(page, product, '/admin/activity')
    await openPath(page, product, path)
    const entry = page.locator(path.slice(path.indexOf('#')))
    await expect(entry).toHaveAttribute('open', '')
    await expect(entry.locator('summary')).toBeFocused()
    await expect(entry.locator('summary')).toBeInViewport()
  }
})

test('the reference of a refused save leads to its entry', async ({ licensePage: page }) => {
  await type(page, 'License key or token', 'nc_demo_revoked')
  await pressOn(page, button(page, 'Save'))
  const alert = await expectFailure(page, 'LICENSE_REVOKED', 'This license was revoked')
  await pressOn(page, alert.getByRole('link', { name: 'NCL-104' }))
  await expect(page.locator('#NCL-104 summary')).toBeFocused()
  await expectFocusShown(page)
})

test('diagnostics are run and the support bundle is fetched', async ({ licensePage: page, product }) => {
  await pressOn(page, page.getByRole('link', { name: 'Diagnostics', exact: true }).first())
  await expect(page).toHaveURL(/\/admin\/diagnostics$/)
  await openPath(page, product, '/admin/diagnostics')
  await pressOn(page, button(page, 'Run diagnostics'))
  await expect(statusSays(page, 'Nothing is in the way')).toBeVisible({ timeout: 20_000 })
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
  await page.keyboard.type('Account a')
  await expect(events).toHaveCount(28)
  await expect(filter).toBeFocused()
  await expect(filter).toHaveValue('account_created')
})

test('accounts are added, promoted, given a password and removed', async ({ page, product }) => {
  await signInByForm(page, product)
  await openPath(page, product, '/admin/access')
  await type(page, 'First password', PERSON.password)
  await tabTo(page, page.locator('#new-email'), 'Shift+Tab')
  await page.keyboard.type(PERSON.email)
  await pressOn(page, page.getByRole('radio', { name: /^Viewer/ }), 'ArrowDown')
  await expect(page.getByRole('radio', { name: /^Administrator/ })).toBeChecked()
  await page.keyboard.press('ArrowUp')
  await pressOn(page, button(page, 'Add account'))
  await expect(statusSays(page, `${PERSON.email} was added.`)).toBeVisible()
  await expect(page.locator('#new-email')).toBeFocused()

  const role = page.getByLabel(`Role of ${PERSON.email}`)
  await tabTo(page, role, 'Shift+Tab')
  await page.keyboard.press('ArrowUp')
  await expect(statusSays(page, `${PERSON.email} is now Administrator.`)).toBeVisible()
  await expect(role).toBeFocused()
  await expect(role).toHaveValue('admin')

  const reset = button(page, `Reset password: ${PERSON.email}`)
  await pressOn(page, reset)
  await expect(page.getByRole('dialog').getByLabel('New password')).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toBeHidden()
  await expect(reset).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('dialog').getByLabel('New password')).toBeFocused()
  await page.keyboard.type('second password 2')
  await page.keyboard.press('Enter')
  await expect(statusSays(page, `The password of ${PERSON.email} was reset.`)).toBeVisible()
  await expect(reset).toBeFocused()

  await pressOn(page, button(page, `Remove: ${PERSON.email}`))
  const dialog = page.getByRole('dialog', { name: `Remove ${PERSON.email}?` })
  await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeFocused()
  await pressOn(page, dialog.getByRole('button', { name: 'Remove' }))
  await expect(statusSays(page, `${PERSON.email} was removed.`)).toBeVisible()
  await expect.poll(async () => (await focusOf(page))?.isInMain).toBe(true)
})

test('one\'s own password is changed; a wrong one is announced at its field', async ({ page, product }) => {
  await signInByForm(page, product)
  await openPath(page, product, '/admin/access')
  await type(page, 'Current password', 'not the password')
  await type(page, 'New password', 'a brand new password')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('alert')).toHaveText('The current password is not right.')
  await expect(page.getByLabel('New password')).toBeFocused()
  await tabTo(page, page.getByLabel('Current password'), 'Shift+Tab')
  await page.keyboard.press('ControlOrMeta+a')
  await page.keyboard.type(ADMIN.password)
  await page.keyboard.press('Enter')
  await expect(statusSays(page, 'Your password was changed.')).toBeVisible()
  await expect(page.getByLabel('Current password')).toBeFocused()
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

test('the banner is put off, and the focus goes on in the page', async ({ licensePage: page, product, api }) => {
  await api.save('nc_demo_expiring')
  await openLicense(page, product)
  await pressOn(page, button(page, 'Remind me in a week'))
  await expect(button(page, 'Remind me in a week')).toHaveCount(0)
  await expect(page.locator('main')).toBeFocused()
})

test('on a phone the menu holds the focus, and gives it back', async ({ licensePage: page }) => {
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

test('signing out ends at the sign-in page, and a change of the license meanwhile is announced', async ({ licensePage: page, api, product }) => {
  await openLicense(page, product)
  await api.save('nc_demo_standard')
  await expect(statusSays(page, 'License status changed: Enterprise is on.')).toBeAttached({ timeout: 30_000 })
  await expect(badgeOf(page)).toHaveText('Active')
  await expectUsable(page)
  await pressOn(page, button(page, 'Sign out'))
  await expect(page).toHaveURL(/\/login$/)
})
