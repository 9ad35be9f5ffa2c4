import type { Page } from '@playwright/test'
import { expect, test } from '../support/browser/fixtures.ts'
import { expectFocusShown, pressOn, tabTo } from '../support/browser/focus.ts'
import {
  checkInButtonOf, expectDone, expectFailure, expectSaved, expectState, fieldOf, openLicense, openPath, wayOf,
} from '../support/browser/screen.ts'

/* Somebody who has a keyboard and no mouse: the License page. */

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
const statusSays = (page: Page, text: string | RegExp) => page.getByRole('status').filter({ hasText: text })

async function type(page: Page, label: string, text: string): Promise<void> {
  await tabTo(page, page.getByLabel(label, { exact: true }))
  await page.keyboard.press('ControlOrMeta+a')
  await page.keyboard.type(text)
}

test('preview, a refused save and a good one are announced, and have the focus', async ({ licensePage: page, licenseServer }) => {
  await type(page, 'License key or token', 'nc_demo_revoked')
  await expectFocusShown(page)
  await pressOn(page, button(page, 'Preview'))
  await expect(statusSays(page, 'This has the form of a license key')).toBeVisible()
  await expect(button(page, 'Preview')).toBeFocused()

  await tabTo(page, button(page, 'Save'), 'Shift+Tab')
  await page.keyboard.press('Enter')
  const refused = await expectFailure(page, 'LICENSE_REVOKED')
  await expect(refused).toBeFocused()
  await expect(refused).toBeInViewport()
  await expect(fieldOf(page)).toHaveAttribute('aria-invalid', 'true')

  await licenseServer.control.addFault({ call: 'activate', times: 1, fault: { type: 'hold' } })
  await type(page, 'License key or token', 'nc_demo_standard')
  await pressOn(page, button(page, 'Save'), 'Space')
  await expect(statusSays(page, 'Checked')).toBeAttached()
  await licenseServer.control.clearFaults()
  await expectSaved(page)
  await expect(statusSays(page, 'License status changed: Enterprise is on.')).toBeAttached()
  await page.keyboard.press('Tab')
  await expectFocusShown(page)
})

test('Check in now leads to the status when it worked, and to what went wrong when it did not', async ({ licensePage: page, product, api, licenseServer }) => {
  await api.save('nc_demo_standard')
  await openLicense(page, product)
  const checkIn = checkInButtonOf(page)
  await pressOn(page, checkIn)
  await expectDone(page, 'check-in')
  await licenseServer.control.addFault({ call: 'checkIn', times: 1, fault: { type: 'status', status: 500 } })
  await pressOn(page, checkIn)
  const failed = await expectFailure(page, 'SERVER_ERROR')
  await expect(failed).toBeFocused()
  await expect(failed).toBeInViewport()
})

test('Fetch the renewal of an airgapped license leads to the status', async ({ licensePage: page, product, api }) => {
  await api.save('nc_ag_demo_airgapped')
  await openLicense(page, product)
  await pressOn(page, checkInButtonOf(page))
  await expectDone(page, 'check-in')
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
  await expectDone(page, 'remove')
})

test('method cards, copy buttons, section links and entries respond to Enter and Space', async ({ licensePage: page, product }) => {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: product.url })
  const copied = () => page.evaluate(() => navigator.clipboard.readText())
  await pressOn(page, page.getByRole('button', { name: 'Copy: Instance ID' }).first())
  await expect(statusSays(page, /^Copied$/)).toBeAttached()
  await expectFocusShown(page)
  expect(await copied()).toBe(await page.getByTestId('instance-id').textContent())
  await pressOn(page, page.getByRole('link', { name: 'Copy a link to this section: Activate a license' }))
  await expect(statusSays(page, 'Link copied')).toBeVisible()
  await expect(page).toHaveURL(/#activate$/)
  expect(await copied()).toMatch(/\/admin\/license#activate$/)
  await pressOn(page, wayOf(page, 'airgapped').locator('summary'), 'Space')
  await expect(wayOf(page, 'airgapped')).toHaveAttribute('open', '')
  await pressOn(page, wayOf(page, 'offline').locator('summary'))
  await expectFocusShown(page)
  await pressOn(page, button(page, 'Copy message'))
  await expect.poll(copied).toBe(await page.getByLabel('Message', { exact: true }).inputValue())
  await openPath(page, product, '/admin/diagnostics')
  const all = page.locator('details').filter({ has: page.getByText(/^All (other )?errors, by reference/) }).last()
  await pressOn(page, all.locator('> summary'))
  const entry = page.locator('#NCL-204')
  await pressOn(page, entry.locator('summary'))
  await expect(entry).toHaveAttribute('open', '')
  await expect(entry.getByText('Encryption could not be set up, or the certificate cannot be trusted.')).toBeVisible()
})

test('a link with a reference opens its entry and takes the focus there', async ({ licensePage: page, product }) => {
  for (const path of ['/admin/license#NCL-204', '/admin/license#NCL-101', '/admin/license#ncl-401']) {
    await openPath(page, product, '/admin/activity')
    await openPath(page, product, path)
    const entry = page.locator(path.slice(path.indexOf('#')).toUpperCase())
    await expect(entry).toHaveAttribute('open', '')
    await expect(entry.locator('summary')).toBeFocused()
    await expect(entry.locator('summary')).toBeInViewport()
  }
})

test('a link with a reference that does not exist says so, where the references are', async ({ licensePage: page, product }) => {
  const notice = page.getByRole('region', { name: 'Troubleshooting' }).getByText('There is no entry NCL-999.')
  await openPath(page, product, '/admin/activity')
  await openPath(page, product, '/admin/license#ncl-999')
  await expect(notice).toBeFocused()
  await expect(notice).toBeInViewport()
  await expect(page).toHaveURL(/\/admin\/diagnostics#ncl-999$/)
  await page.evaluate(() => { location.hash = '#NCL-204' })
  await expect(page.locator('#NCL-204 summary')).toBeFocused()
  await expect(notice).toHaveCount(0)
})

test('what comes after a refusal leaves the focus where somebody has moved it', async ({ licensePage: page }) => {
  const facts = Promise.withResolvers<undefined>()
  await page.route('**/api/license/check-ins*', async (route) => {
    await facts.promise
    await route.continue()
  })
  await type(page, 'License key or token', 'nc_demo_revoked')
  await pressOn(page, button(page, 'Save'))
  const alert = await expectFailure(page, 'LICENSE_REVOKED')
  await expect(alert).toBeFocused()
  const reference = alert.getByRole('link', { name: 'NCL-104' })
  await tabTo(page, reference)
  const answered = page.waitForResponse('**/api/license/check-ins*')
  facts.resolve(undefined)
  await (await answered).finished()
  // What the page does with the answer, it does within two frames.
  await page.evaluate(() => new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)) }))
  await expect(reference).toBeFocused()
})

test('the reference of a refused save leads to its entry', async ({ licensePage: page }) => {
  await type(page, 'License key or token', 'nc_demo_revoked')
  await pressOn(page, button(page, 'Save'))
  const alert = await expectFailure(page, 'LICENSE_REVOKED')
  await pressOn(page, alert.getByRole('link', { name: 'NCL-104' }))
  await expect(page.locator('#NCL-104 summary')).toBeFocused()
  await expectFocusShown(page)
  await page.goBack()
  await expect(page).toHaveURL(/\/admin\/license$/)
})
