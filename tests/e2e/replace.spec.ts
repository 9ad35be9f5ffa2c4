import type { Page } from '@playwright/test'
import type { ApiClient } from '../support/api-client.ts'
import { expect, leave, test } from '../support/browser/fixtures.ts'
import {
  credentialOf, expectFailure, expectMethod, expectSaved, expectState, fieldOf, fillField, openLicense, pressSave, replaceDialogOf, saveCredential,
  statusHeading, statusOf,
} from '../support/browser/screen.ts'
import type { LicenseServerProcess } from '../support/vendor/vendor-process.ts'

/* A license in force is replaced only after somebody has said yes. */

const saveButton = (page: Page) => page.getByTestId('save')
const confirm = (page: Page) => replaceDialogOf(page).getByRole('button', { name: 'Replace license' })
const daysFromNow = (days: number) => Math.floor(Date.now() / 1000 + days * 86_400)

async function tokenFor(api: ApiClient, { control }: LicenseServerProcess, claims: Record<string, unknown> = {}): Promise<string> {
  return control.issueToken({ instance_id: (await api.license()).instanceId, claims })
}

test('a token that gives less: the page says so first, and cancelling changes nothing', async ({ licensePage: page, product, api, licenseServer }) => {
  await api.save(await tokenFor(api, licenseServer))
  await openLicense(page, product)
  const before = await api.license()
  const token = await tokenFor(api, licenseServer, { seats: 10, exp: daysFromNow(40), features: ['sso', 'scim', 'teams', 'extensions'] })
  await pressSave(page, token)
  const dialog = replaceDialogOf(page)
  await expect(dialog.getByRole('heading', { name: 'Replace the license?' })).toBeFocused()
  await expect(dialog.getByTestId('losses').getByRole('listitem')).toHaveText([
    /^Ends: .* instead of .*$/, 'Seats: 10 instead of 25', 'Features turned off: Audit log, White label',
  ])
  await expect(dialog.getByRole('row', { name: /^Features turned on – Extensions$/ })).toBeVisible()
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await expect(dialog).toHaveCount(0)
  await expect(saveButton(page)).toBeFocused()
  await expect(fieldOf(page)).toHaveValue(token)
  expect((await api.license()).seats).toBe(before.seats)

  await saveButton(page).click()
  await confirm(page).click()
  await expect(page.getByRole('status').filter({ hasText: 'earlier than the one before' })).toBeAttached()
  expect((await api.license()).seats).toBe(10)
})

test('a token that gives more has nothing to warn of', async ({ licensePage: page, product, api, licenseServer }) => {
  await api.save(await tokenFor(api, licenseServer))
  await openLicense(page, product)
  await pressSave(page, await tokenFor(api, licenseServer, { seats: 500 }))
  await expect(replaceDialogOf(page).getByRole('row', { name: /^Seats 25 500$/ })).toBeVisible()
  await expect(replaceDialogOf(page).getByTestId('losses')).toHaveCount(0)
  await confirm(page).click()
  await expectSaved(page)
  expect((await api.license()).seats).toBe(500)
})

test('a key: the page says that its terms are unknown, and which license it replaces', async ({ licensePage: page, product, api, licenseServer }) => {
  await api.save('nc_demo_standard')
  await openLicense(page, product)
  await pressSave(page, 'nc_ag_demo_airgapped')
  const dialog = replaceDialogOf(page)
  await expect(dialog).toContainText('What this key grants is known only once')
  await expect(dialog.getByTestId('no-put-back')).toContainText('Keep its key')
  await expect(dialog.getByTestId('replaced')).toContainText(/Method: Standard.*License key: nc_••••••••dard.*Ends: \d/)
  await page.keyboard.press('Escape')
  await expect(saveButton(page)).toBeFocused()
  await pressSave(page, 'nc_demo_standard')
  await expect(dialog).toContainText('You need not save it again: “Check in now” fetches changed terms too.')
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  expect((await licenseServer.control.requests()).map(({ path }) => path)).toEqual(['/api/v1/licenses/activate'])

  await licenseServer.control.addFault({ call: 'activate', times: 1, fault: { type: 'reset' } })
  await saveCredential(page, 'nc_ag_demo_airgapped')
  await expectFailure(page, 'NET_CONNECT')
  await expect(fieldOf(page)).toHaveValue('nc_ag_demo_airgapped')
  await saveCredential(page, 'nc_ag_demo_airgapped')
  await expectSaved(page)
  await expectMethod(page, 'airgapped')
})

test('a replacement can be taken back: by the button beside the notice, also after a restart, and once', async ({ licensePage: page, product, api, licenseServer, launch }) => {
  await api.save(await tokenFor(api, licenseServer))
  const before = await api.license()
  await openLicense(page, product)
  const offer = () => statusOf(page).getByRole('button', { name: 'Put the previous license back' })
  await expect(offer()).toHaveCount(0)
  await saveCredential(page, 'nc_ag_demo_airgapped')
  await expectSaved(page)
  await expect(offer()).toBeInViewport()
  await leave(page)
  await openLicense(page, await launch.restart(product))
  await expect(statusOf(page)).toContainText(/You can put back the previous license \(Offline, valid until .*\) until /)
  await offer().click()
  await expect(page.getByTestId('notice')).toHaveText('The previous license is in force again.')
  await expect(statusHeading(page)).toBeFocused()
  await expect(offer()).toHaveCount(0)
  const { method, licenseId, expiresAt, previous } = await api.license()
  expect({ method, licenseId, expiresAt, previous }).toEqual({ method: 'offline', licenseId: before.licenseId, expiresAt: before.expiresAt, previous: null })
})

test('of a standard license the seat is given back, so that it cannot be put back', async ({ licensePage: page, product, api }) => {
  await api.save('nc_demo_standard')
  await openLicense(page, product)
  await saveCredential(page, 'nc_ag_demo_airgapped')
  await expectSaved(page)
  await expect(statusOf(page).getByTestId('put-back')).toHaveCount(0)
})

test('a license that is not in force is replaced without asking', async ({ licensePage: page, product, api, licenseServer }) => {
  const { key } = await licenseServer.control.createLicense({ method: 'standard' })
  await api.save(key)
  await licenseServer.control.changeLicense(key, { status: 'revoked' })
  await api.checkIn()
  await openLicense(page, product)
  await expectState(page, 'revoked')
  await pressSave(page, 'nc_demo_standard')
  await expectSaved(page)
  await expectState(page, 'active')
})

test('a token is judged without a word about the way to the answer, and without taking the focus', async ({ licensePage: page, api, licenseServer }) => {
  await page.route('**/api/license/preview', route => route.fulfill({ status: 429, json: { data: { code: 'RATE_LIMITED', reference: 'NCL-313' } } }))
  const failed = page.waitForResponse('**/api/license/preview')
  await fillField(page, await tokenFor(api, licenseServer))
  await (await failed).finished()
  await page.evaluate(() => new Promise(requestAnimationFrame))
  await expect(fieldOf(page)).toHaveAttribute('data-method', 'offline')
  await expect(page.getByRole('alert')).toHaveCount(0)
  await page.unroute('**/api/license/preview')
  await page.route('**/api/license/preview', route => route.fulfill({ status: 422, json: { data: { code: 'CREDENTIAL_MALFORMED', reference: 'NCL-101' } } }))
  await fillField(page, await tokenFor(api, licenseServer, { seats: 30 }))
  await expectFailure(page, 'CREDENTIAL_MALFORMED')
  await expect(fieldOf(page)).toBeFocused()
  await page.unroute('**/api/license/preview')
  await fillField(page, await tokenFor(api, licenseServer, { instance_id: 'e'.repeat(32) }))
  const refusal = page.getByTestId('preview').getByTestId('notice')
  await expect(refusal.getByRole('definition')).toHaveText(['Instance ID', (await api.license()).instanceId, 'e'.repeat(32)])
  expect(await licenseServer.control.requests()).toEqual([])
})

test('the field that was asked for beside a license can be left again', async ({ licensePage: page, product, api }) => {
  await api.save('nc_demo_standard')
  await openLicense(page, product)
  await fillField(page, 'nc_ag_demo_airgapped')
  await credentialOf(page).getByRole('button', { name: 'Cancel' }).click()
  await expect(fieldOf(page)).toHaveCount(0)
  await expect(page.getByRole('button', { name: 'Replace license' })).toBeFocused()
  await page.getByRole('button', { name: 'Replace license' }).click()
  await expect(fieldOf(page)).toHaveValue('')
})

test('a double click on Replace license asks for the field and meets no other button', async ({ licensePage: page, product, api }) => {
  await api.save('nc_demo_standard')
  await openLicense(page, product)
  const replace = page.getByTestId('replace')
  const before = await replace.boundingBox()
  await replace.dblclick()
  await expect(fieldOf(page)).toBeVisible()
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await expect(replace).toBeDisabled()
  expect((await replace.boundingBox())?.x).toBe(before?.x)
})

test('a dialog stands in the middle of the window', async ({ licensePage: page, product, api }) => {
  await api.save('nc_demo_standard')
  await openLicense(page, product)
  await page.getByRole('button', { name: 'Remove license' }).click()
  // Once it has come to rest.
  await expect.poll(() => page.getByRole('dialog').evaluate((dialog) => {
    const { top, bottom } = dialog.getBoundingClientRect()
    return Math.abs(top - (innerHeight - bottom))
  })).toBeLessThan(4)
})

test('the question goes where the license that it is about has gone meanwhile', async ({ licensePage: page, product, api }) => {
  await api.save('nc_demo_standard')
  await openLicense(page, product)
  await pressSave(page, 'nc_ag_demo_airgapped')
  await expect(replaceDialogOf(page)).toBeVisible()
  await api.remove()
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
  await expectState(page, 'unlicensed')
  await expect(replaceDialogOf(page)).toHaveCount(0)
  await expect(fieldOf(page)).toHaveValue('nc_ag_demo_airgapped')
  await expect(saveButton(page)).toBeFocused()
})
