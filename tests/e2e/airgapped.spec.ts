import { expect, leave, test } from '../support/browser/fixtures.ts'
import { activate, checkInNow, expectFailure, expectState, openLicense, openPath, statusHeading, statusOf, warningsOf } from '../support/browser/screen.ts'

const DAY = 86_400_000
const METHOD = 'Activation methods'
const CAN_GO = 'You can remove internet access from this server now.'

test('an airgapped key is activated by one call, then needs no license server, restart included', async ({ licensePage: page, licenseServer, product, launch }) => {
  await page.getByRole('button', { name: /^Airgapped/ }).click()
  await expect(page.getByText('Keep internet access until the status is Active.')).toBeVisible()
  await activate(page, 'nc_ag_demo_airgapped')
  // Whoever has opened the steps keeps them.
  await expect(page.getByRole('button', { name: /^Airgapped/ })).toHaveAttribute('aria-pressed', 'true')
  await expect(page.getByText(CAN_GO)).toBeVisible()
  await expect(page.getByText(/To renew, give this server internet access once before \d+ \w+ \d{4}, /)).toBeVisible()
  await expect(statusOf(page)).toContainText('Until then this server needs no internet access, except once before that date, to renew. Nothing to do.')
  expect((await licenseServer.control.requests()).map(({ path }) => path)).toEqual(['/api/v1/licenses/activate'])

  await licenseServer.stop()
  await leave(page)
  const again = await launch.restart(product)
  await openLicense(page, again)
  await expectState(page, 'active')
  await openPath(page, again, '/admin/diagnostics')
  await expect(page.getByRole('region', { name: METHOD }).getByText(CAN_GO)).toBeVisible()
  await expect(page.getByRole('alert')).toHaveCount(0)
})

test('Renew now picks up the new end of the term, and says why when it cannot', async ({ licensePage: page, licenseServer, api }) => {
  const { control } = licenseServer
  const { key } = await control.createLicense({ method: 'airgapped', days: 20 })
  await activate(page, key)
  const before = await api.license()
  await expect(statusOf(page)).toContainText('Give this server internet access once before then and renew the license.')
  await expect(warningsOf(page)).toContainText(/The license ends in 2[01] days/)

  await control.changeLicense(key, { days: 400 })
  await checkInNow(page, 'Renew now')
  await expect(page.getByRole('status').filter({ hasText: 'Renewed: the license now ends on' })).toBeAttached()
  await expect(statusHeading(page)).toBeFocused()
  await expect(statusOf(page)).toContainText('Until then this server needs no internet access')
  await expect(warningsOf(page)).toHaveCount(0)
  const after = await api.license()
  expect(Date.parse(after.expiresAt ?? '') - Date.parse(before.expiresAt ?? '')).toBeGreaterThan(300 * DAY)

  await licenseServer.stop()
  await checkInNow(page, 'Renew now')
  const alert = await expectFailure(page, 'NET_CONNECT', 'The connection to the license server failed')
  await expect(alert.getByTestId('finding')).toHaveAttribute('data-cause', 'refused')
  await expectState(page, 'active')
})

test('a renewal is picked up by a restart with internet access, even after the term has ended', async ({ licensePage: page, licenseServer, product, launch }) => {
  const { control } = licenseServer
  const { key } = await control.createLicense({ method: 'airgapped', exp: Math.floor(Date.now() / 1000) + 5 })
  await activate(page, key)
  await expectState(page, 'expired')
  await expect(statusOf(page)).toContainText('Renew the subscription, give this server internet access and click Renew now.')
  await control.changeLicense(key, { days: 300 })
  await leave(page)
  await openLicense(page, await launch.restart(product))
  await expectState(page, 'active')
})
