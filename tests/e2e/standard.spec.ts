import type { Page } from '@playwright/test'
import { expect, leave, test } from '../support/browser/fixtures.ts'
import {
  activate, activateShort, badgeOf, checkInNow, expectCause, expectFailure, expectMethod, expectSaved, expectState, featureOf, fieldOf, findingOf,
  instanceIdOf, mailBehind, openLicense, openPath, primaryOf, saveCredential, signInByForm, statusHeading, statusOf, warningOf,
} from '../support/browser/screen.ts'

/* A standard license, as its owner meets it: activated, kept alive, renewed, and put right when something is wrong. */

const SERVER = 'what is sent to the license server'
const announcementOf = (page: Page) => page.getByTestId('announcement')

test('How to activate: paste the key, click Save, and Enterprise is on without a restart', async ({ page, product, licenseServer }) => {
  const { pid } = product.process
  await test.step('1. Open the NocoDB UI and go to Admin Panel > License', async () => {
    await signInByForm(page, product)
    await openPath(page, product, '/admin/access')
    await page.getByRole('navigation', { name: 'Admin Panel' }).getByRole('link', { name: 'License' }).click()
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('License')
    await expectState(page, 'unlicensed')
  })
  await test.step('2. Paste your license key and click Save', async () => {
    await page.getByLabel('License key or token').fill('nc_demo_standard')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
  })
  await test.step('3. NocoDB activates the license immediately, no restart needed', async () => {
    await expectSaved(page)
    await expectState(page, 'active')
    await expectMethod(page, 'standard')
    await expect(badgeOf(page)).toHaveText('Active')
    await expect(statusHeading(page)).toHaveText('Enterprise is on')
    await expect(featureOf(page, 'sso')).toHaveAttribute('data-result', 'on')
    await expect(fieldOf(page)).toHaveCount(0)
    expect(product.process.pid).toBe(pid)
  })
  await test.step(SERVER, async () => {
    const requests = await licenseServer.control.requests()
    expect(requests.map(({ path }) => path)).toEqual(['/api/v1/licenses/activate'])
    expect(Object.keys(Object(requests[0]?.body)).toSorted()).toEqual(['instance_id', 'kids', 'license_key', 'nonce', 'version'])
  })
})

test('How it stays active: it checks in by itself, with a light call that holds no application data', async ({ licensePage: page, api, licenseServer: { control } }) => {
  const { key } = await control.createLicense({ method: 'standard', every: 2 })
  await activateShort(page, key)
  const { checkIn } = await api.license()
  await test.step('periodic check-ins', () => api.waitFor(view => (view.checkIn?.lastSuccessAt ?? '') > (checkIn?.nextAt ?? '')))
  await test.step(SERVER, async () => {
    const [call] = (await control.requests()).filter(({ path }) => path.endsWith('/check-in'))
    expect(Object.keys(Object(call?.body)).toSorted()).toEqual(['kids', 'lease', 'nonce', 'seats_used', 'version'])
    expect(JSON.stringify(call).length).toBeLessThan(4096)
  })
  await expectState(page, 'active')
})

test('How it stays active: without internet a grace period of 7 days follows the check-in that was missed', async ({ licensePage: page, api, licenseServer }) => {
  await activate(page, 'nc_demo_standard')
  await licenseServer.stop()
  await checkInNow(page)
  await expectCause(await expectFailure(page, 'NET_CONNECT'), 'refused')
  await expectState(page, 'active')
  const { issuedAt, graceEndsAt, checkIn } = await api.license()
  const HOUR = 3_600_000
  expect(Date.parse(graceEndsAt ?? '') - Date.parse(issuedAt ?? '')).toBe((6 + 7 * 24) * HOUR)
  expect(checkIn?.consecutiveFailures).toBeGreaterThan(0)
})

test('How it stays active: grace, then a pause; connectivity restored, everything resumes, with nobody clicking', async ({ licensePage: page, licenseServer, launch }) => {
  const { key } = await licenseServer.control.createLicense({ method: 'standard', every: 2, grace: 20 })
  await activateShort(page, key)
  await test.step('the server loses its internet access: grace, and features stay on', async () => {
    await licenseServer.kill()
    await expectState(page, 'grace', 20_000)
    await expect(badgeOf(page)).toHaveText(/^Grace period, \d+ seconds? left$/)
    await expect(announcementOf(page)).toHaveText('License status changed: Enterprise is on, but a check-in is overdue.')
    // A call that was under way when it died has seen its end.
    await expectCause(statusOf(page), /^(refused|reset_while_receiving)$/)
    await expect(featureOf(page, 'sso')).toHaveAttribute('data-result', 'on')
  })
  await test.step('the grace period is over: Enterprise features are paused, the license is kept', async () => {
    await expectState(page, 'paused', 40_000)
    await expectMethod(page, 'standard')
    await expect(announcementOf(page)).toHaveText('License status changed: Enterprise is paused.')
    await expect(featureOf(page, 'sso')).toHaveAttribute('data-result', 'off')
  })
  await test.step('connectivity restored: everything resumes automatically', async () => {
    const back = await launch.licenseServer(licenseServer.port)
    await back.control.createLicense({ method: 'standard', key })
    await expectState(page, 'active', 20_000)
    await expect(findingOf(page)).toHaveCount(0)
    await expect(featureOf(page, 'sso')).toHaveAttribute('data-result', 'on')
    await expect(announcementOf(page)).toHaveText('License status changed: Enterprise is on.')
  })
})

test('Renewing: nothing to do, once the subscription is renewed', async ({ licensePage: page, api, licenseServer: { control } }) => {
  const { key } = await control.createLicense({ method: 'standard', every: 2, days: 20, renews: false })
  await activateShort(page, key)
  await expect(warningOf(page, 'EXPIRES_SOON')).toBeVisible()
  const { expiresAt } = await api.license()
  await control.changeLicense(key, { days: 400, renews: true })
  await api.waitFor(view => (view.expiresAt ?? '') > (expiresAt ?? ''))
  await expect(warningOf(page, 'EXPIRES_SOON')).toHaveCount(0, { timeout: 30_000 })
  await expectState(page, 'active')
})

test('What is the Instance ID: it stays stable across restarts, and so does the license, even without the license server', async ({ licensePage: page, product, licenseServer, launch }) => {
  await activate(page, 'nc_demo_standard')
  const instanceId = await instanceIdOf(page).innerText()
  await leave(page)
  const again = await launch.restart(product)
  await openLicense(page, again)
  await expectState(page, 'active')
  await expect(instanceIdOf(page)).toHaveText(instanceId)

  await licenseServer.stop()
  await leave(page)
  const third = await launch.restart(again)
  await openLicense(page, third)
  await expectState(page, 'active')
  await expect(instanceIdOf(page)).toHaveText(instanceId)
  await expect(featureOf(page, 'sso')).toHaveAttribute('data-result', 'on')
  expect(third.output()).toContain(`Instance ID: ${instanceId}`)
})

test('Troubleshooting, activation fails: the page says what is in the way, and once it is gone Save works', async ({ licensePage: page, licenseServer, launch }) => {
  await licenseServer.stop()
  await saveCredential(page, 'nc_demo_standard')
  const failure = await expectFailure(page, 'NET_CONNECT')
  await expectCause(failure, 'refused')
  await expectState(page, 'unlicensed')
  await test.step('diagnostics show the stage that fails', async () => {
    await failure.getByRole('link', { name: 'Run diagnostics' }).click()
    await expect(page.getByTestId('diagnostics-verdict')).toHaveAttribute('data-verdict', 'problem', { timeout: 20_000 })
    await expectCause(page.locator('[data-stage=tcp][data-result=failed]'), 'refused')
  })
  await test.step('the firewall lets it through', async () => {
    await launch.licenseServer(licenseServer.port)
    await page.getByRole('link', { name: 'License', exact: true }).first().click()
    await activate(page, 'nc_demo_standard')
  })
})

test('Troubleshooting, "Bound to a different installation": support is written to for a re-issue', async ({ licensePage: page, licenseServer: { control } }) => {
  const { key } = await control.createLicense({ method: 'standard' })
  await activate(page, key)
  await control.changeLicense(key, { status: 'bound_elsewhere' })
  await checkInNow(page)
  await expectState(page, 'mismatch')
  await expect(badgeOf(page)).toHaveText('Bound to a different installation')
  const mail = await mailBehind(page, primaryOf(page, 'reissue'))
  expect([mail.protocol, mail.pathname]).toEqual(['mailto:', 'cs@nocodb.com'])
  expect(mail.href).toContain(await instanceIdOf(page).innerText())
  await control.changeLicense(key, { status: 'active' })
  await checkInNow(page)
  await expectState(page, 'active')
})

test('Troubleshooting, Enterprise features stopped working: internet access and a restart bring them back', async ({ licensePage: page, product, api, licenseServer, launch }) => {
  await activateShort(page, 'nc_demo_short')
  await licenseServer.kill()
  await expectState(page, 'paused', 30_000)
  await leave(page)
  await launch.licenseServer(licenseServer.port)
  await launch.restart(product)
  await openLicense(page, product)
  await expectState(page, 'active')
  expect((await api.license()).entitled).toBe(true)
})

test('Troubleshooting, Enterprise features stopped working: an expired license comes back once the subscription is renewed', async ({ licensePage: page, licenseServer: { control } }) => {
  const { key } = await control.createLicense({ method: 'standard', days: 20, renews: false })
  await activate(page, key)
  await control.changeLicense(key, { exp: Math.floor(Date.now() / 1000) + 10 })
  await checkInNow(page)
  await expectState(page, 'expired', 30_000)
  await expect(primaryOf(page, 'renewal')).toBeVisible()
  await expect(featureOf(page, 'sso')).toHaveAttribute('data-result', 'off')
  await control.changeLicense(key, { days: 365 })
  await checkInNow(page)
  await expectState(page, 'active')
})
