import { DatabaseSync } from 'node:sqlite'
import { expect, leave, test } from '../support/browser/fixtures.ts'
import {
  activate, badgeOf, checkInNow, expectMethod, expectSaved, expectState, featureOf, mailBehind, openLicense, openPath, openWay, primaryOf,
  signInByForm, statusOf, warningOf,
} from '../support/browser/screen.ts'

/* An airgapped license, as its owner meets it: one call at activation, and none until it has to be renewed. */

const CAN_GO = 'You can remove internet access from this server now.'

test('How to activate: one outbound call, and then the internet access can go, with every feature on', async ({ page, product, licenseServer, launch }) => {
  const key = await test.step('1. You receive a license key starting with nc_ag_', async () => 'nc_ag_demo_airgapped')
  await test.step('2. The server has temporary outbound internet access', async () => {
    expect(await licenseServer.control.requests()).toEqual([])
  })
  await test.step('3. Open the NocoDB UI and go to Admin Panel > License', async () => {
    await signInByForm(page, product)
    await openLicense(page, product)
    await openWay(page, 'airgapped')
    await expectState(page, 'unlicensed')
  })
  await test.step('4. Paste your nc_ag_ license key and click Save', async () => {
    await page.getByLabel('License key or token').fill(key)
    await page.getByRole('button', { name: 'Save', exact: true }).click()
  })
  await test.step('5. It is activated with a single outbound call; the internet access can be removed', async () => {
    await expectSaved(page)
    await expectState(page, 'active')
    await expectMethod(page, 'airgapped')
    await expect(badgeOf(page)).toHaveText('Active')
    // Whoever has opened the steps keeps them.
    await expect(page.locator('button[data-method=airgapped]')).toHaveAttribute('aria-pressed', 'true')
    await expect(page.getByText(CAN_GO)).toBeVisible()
    expect((await licenseServer.control.requests()).map(({ path }) => path)).toEqual(['/api/v1/licenses/activate'])
  })
  await test.step('NocoDB continues running with full Enterprise features, restarts included', async () => {
    await licenseServer.stop()
    await leave(page)
    const again = await launch.restart(product)
    await openLicense(page, again)
    await expectState(page, 'active')
    await expect(featureOf(page, 'sso')).toHaveAttribute('data-result', 'on')
    await expect(statusOf(page).getByTestId('finding')).toHaveCount(0)
    await openPath(page, again, '/admin/diagnostics')
    await expect(page.getByText(CAN_GO)).toBeVisible()
    await expect(page.getByRole('alert')).toHaveCount(0)
  })
})

test('Good to know: no internet connection is needed until the license expires', async ({ licensePage: page, api, product, licenseServer, launch }) => {
  await activate(page, 'nc_ag_demo_airgapped')
  await leave(page)
  await launch.restart(product)
  expect((await api.license()).state).toBe('active')
  expect((await licenseServer.control.requests()).map(({ path }) => path)).toEqual(['/api/v1/licenses/activate'])
  await openLicense(page, product)
  await expect(primaryOf(page)).toHaveCount(0)
})

test('Good to know: the license is tied to the installation; where the Instance ID has changed, support re-activates it', async ({ licensePage: page, product, launch }) => {
  await activate(page, 'nc_ag_demo_airgapped')
  await leave(page)
  await product.stop()
  const database = new DatabaseSync(product.databaseFile)
  database.exec(`UPDATE installation SET instance_id = '${'e'.repeat(32)}'`)
  database.close()
  await launch.restart(product)
  await signInByForm(page, product)
  await expectState(page, 'mismatch')
  await expectMethod(page, 'airgapped')
  await expect(badgeOf(page)).toHaveText('Bound to a different installation')
  expect((await mailBehind(page, primaryOf(page, 'reissue'))).pathname).toBe('cs@nocodb.com')
})

test('Renewing: with internet access and a restart the new expiry is picked up automatically', async ({ licensePage: page, api, product, licenseServer: { control }, launch }) => {
  const { key } = await control.createLicense({ method: 'airgapped', days: 20 })
  await activate(page, key)
  await expect(warningOf(page, 'EXPIRES_SOON')).toBeVisible()
  await expect(primaryOf(page, 'renew')).toBeVisible()
  const { expiresAt } = await api.license()
  await control.changeLicense(key, { days: 400 })
  await leave(page)
  await launch.restart(product)
  await api.waitFor(view => (view.expiresAt ?? '') > (expiresAt ?? ''))
  await openLicense(page, product)
  await expect(warningOf(page, 'EXPIRES_SOON')).toHaveCount(0)
  await expectState(page, 'active')
})

test('Renewing: the same after the license has expired', async ({ licensePage: page, api, product, licenseServer: { control }, launch }) => {
  const { key } = await control.createLicense({ method: 'airgapped', days: 20 })
  await activate(page, key)
  await control.changeLicense(key, { exp: Math.floor(Date.now() / 1000) + 10 })
  await checkInNow(page)
  await expectState(page, 'expired', 30_000)
  await expect(primaryOf(page, 'renew')).toBeVisible()
  await control.changeLicense(key, { days: 300 })
  await leave(page)
  await launch.restart(product)
  await api.waitFor(view => view.state === 'active')
  await openLicense(page, product)
  await expectState(page, 'active')
})
