import { expect, test } from '../support/browser/fixtures.ts'
import {
  activate, checkInNow, expectCause, expectDone, expectFailure, expectState, findingOf, sentenceOf, statusOf, warningOf, warningsOf,
} from '../support/browser/screen.ts'

/* Asking the license server by a click: what it comes to, and that it changes nothing when it fails. */

const DAY = 86_400_000

test('Check in now says how it went; features stay on when it fails', async ({ licensePage: page, licenseServer }) => {
  await activate(page, 'nc_demo_standard')
  await checkInNow(page, 'Check in now')
  await expectDone(page, 'check-in')
  // Today is the last of the thirty days.
  await expect(page.locator('#time rect.good, #time rect:last-of-type')).toHaveClass(['good'])

  await licenseServer.control.addFault({ call: 'checkIn', times: 1, fault: { type: 'status', status: 500 } })
  await checkInNow(page, 'Check in now')
  const alert = await expectFailure(page, 'SERVER_ERROR')
  await expect(alert).toContainText('Nothing was changed; the license you had is kept.')
  await expectCause(alert, 'server_error_foreign')
  await expectState(page, 'active')
  // What somebody has just tried is told there, once.
  await expectCause(statusOf(page), 'server_error_foreign')
  await expect(findingOf(page)).toBeVisible()
  await expect(sentenceOf(page)).toContainText('The last check-in failed, and this server tries again by itself. Features stay on until')

  await checkInNow(page, 'Check in now')
  await expectDone(page, 'check-in')
  await expect(warningsOf(page)).toHaveCount(0)
  await expect(findingOf(page)).toHaveCount(0)
  await expect(page.getByRole('alert')).toHaveCount(0)
})

test('a check-in is shown at once, even when its answer sets the time back', async ({ licensePage: page, licenseServer }) => {
  await activate(page, 'nc_demo_standard')
  await licenseServer.control.addFault({ call: 'checkIn', times: 1, fault: { type: 'status', status: 500 } })
  await checkInNow(page)
  await expectFailure(page, 'SERVER_ERROR')
  await licenseServer.control.setClock(-90)
  await checkInNow(page)
  await expectDone(page, 'check-in')
  await expect(warningsOf(page)).toHaveCount(0)
})

test('Fetch the renewal picks up the new end of the term, and says why when it cannot', async ({ licensePage: page, licenseServer, api }) => {
  const { control } = licenseServer
  const { key } = await control.createLicense({ method: 'airgapped', days: 20 })
  await activate(page, key)
  const before = await api.license()
  await expect(warningOf(page, 'EXPIRES_SOON')).toBeVisible()

  await control.changeLicense(key, { days: 400 })
  await checkInNow(page, 'Fetch the renewal')
  await expect(await expectDone(page, 'check-in')).toContainText('Renewed: the license now ends on')
  await expect(warningsOf(page)).toHaveCount(0)
  const after = await api.license()
  expect(Date.parse(after.expiresAt ?? '') - Date.parse(before.expiresAt ?? '')).toBeGreaterThan(300 * DAY)

  await licenseServer.stop()
  await checkInNow(page, 'Fetch the renewal')
  await expectCause(await expectFailure(page, 'NET_CONNECT'), 'refused')
  await expectState(page, 'active')
})
