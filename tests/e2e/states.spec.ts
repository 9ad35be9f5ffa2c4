import { DatabaseSync } from 'node:sqlite'
import type { Page } from '@playwright/test'
import type { LicenseState } from '../../shared/contracts.ts'
import { SERVICE_TOKEN } from '../support/product-process.ts'
import { expect, leave, test } from '../support/browser/fixtures.ts'
import {
  activate, activateShort, badgeOf, bannerOf, checkInNow, expectCause, expectState, featureOf, instanceIdOf, mailBehind, openLicense, primaryOf,
  statusHeading, statusOf, warningOf,
} from '../support/browser/screen.ts'

const SAFE = 'Everything in the Community Edition keeps working and your data is never locked.'

/** What stands at the top: badge, headline, a sentence that says what stopped and what still works. */
async function expectShown(page: Page, state: LicenseState, badge: string | RegExp, headline: string, ...sentences: (string | RegExp)[]): Promise<void> {
  await expectState(page, state, 20_000)
  await expect(badgeOf(page)).toHaveText(badge)
  await expect(statusHeading(page)).toHaveText(headline)
  for (const sentence of sentences) await expect(statusOf(page)).toContainText(sentence)
  await expect(instanceIdOf(page)).toHaveText(/^[0-9a-f]{32}$/)
}

test('unlicensed, then active', async ({ licensePage: page }) => {
  await expectShown(page, 'unlicensed', 'Community Edition', 'No Enterprise license', 'no restart is needed')
  await activate(page, 'nc_demo_standard')
  await expectShown(page, 'active', 'Active', 'Enterprise is on', 'All licensed features work.')
  await page.evaluate(() => scrollTo(0, 0))
  await expect(instanceIdOf(page)).toBeInViewport()
})

test('grace, with the time left and the one action that helps', async ({ licensePage: page, licenseServer, launch }) => {
  const { key } = await licenseServer.control.createLicense({ method: 'standard', every: 1, grace: 200_000 })
  await activateShort(page, key)
  await licenseServer.stop()
  await expectShown(page, 'grace', 'Grace period, 2 days left', 'Enterprise is on, but a check-in is overdue', 'Everything stays on until')
  await expectCause(statusOf(page), 'refused')
  await expect(statusOf(page).getByRole('heading', { name: /check-ins? (have|has) failed|The last check-in failed/ })).toBeVisible()
  await expect(statusOf(page).getByRole('link', { name: 'Run diagnostics' })).toBeVisible()
  await expect(featureOf(page, 'sso')).toHaveAttribute('data-result', 'on')
  const back = await launch.licenseServer(licenseServer.port)
  await back.control.createLicense({ method: 'standard', key })
  await checkInNow(page)
  await expectState(page, 'active')
})

test('paused', async ({ licensePage: page, licenseServer }) => {
  const { key } = await licenseServer.control.createLicense({ method: 'standard', every: 1, grace: 1 })
  await activateShort(page, key)
  await licenseServer.stop()
  await expectShown(page, 'paused', 'Paused', 'Enterprise is paused', SAFE.replace('Everything', 'everything'), 'one successful check-in turns everything on again')
  await expect(primaryOf(page, 'checkIn')).toBeVisible()
})

test('expired, by a standard license that was not renewed, and renewed again', async ({ licensePage: page, licenseServer }) => {
  const { control } = licenseServer
  const { key } = await control.createLicense({ method: 'standard', days: 20, renews: false })
  await activate(page, key)
  await control.changeLicense(key, { exp: Math.floor(Date.now() / 1000) + 10 })
  await checkInNow(page)
  await expectState(page, 'expired', 30_000)
  await expectShown(page, 'expired', 'Expired', 'The license has expired', /The license expired on \d+ \w+ \d{4}/, 'your data is never locked', 'Renew the subscription')
  await control.changeLicense(key, { days: 365 })
  await checkInNow(page)
  await expectState(page, 'active')
})

for (const [status, state, badge, headline, sentence] of [
  ['revoked', 'revoked', 'Revoked', 'The license was revoked', 'because NocoDB revoked this license.'],
  ['suspended', 'suspended', 'Suspended', 'The license is suspended', 'while this license is suspended.'],
  ['bound_elsewhere', 'mismatch', 'Bound to a different installation', 'The license is bound to a different installation', 'ask NocoDB for a re-issue with this Instance ID.'],
] as const) {
  test(`F07: ${state}, with the vendor's reason, until the vendor takes it back`, async ({ licensePage: page, licenseServer }) => {
    const { control } = licenseServer
    const { key } = await control.createLicense({ method: 'standard' })
    await activate(page, key)
    await control.changeLicense(key, { status, reason: 'Invoice <b>4711</b> is open' })
    await checkInNow(page)
    await expectShown(page, state, badge, headline, sentence, SAFE, 'Invoice <b>4711</b> is open')
    await expectCause(statusOf(page), status)
    await expect(featureOf(page, 'sso')).toHaveAttribute('data-result', 'off')
    const help = primaryOf(page, state === 'mismatch' ? 'reissue' : 'support')
    expect((await mailBehind(page, help)).href).toMatch(/^mailto:cs@nocodb\.com\?/)
    await expect(statusOf(page).getByText('Off since')).toBeVisible()
    await expect(statusOf(page).getByText('Renews by itself')).toHaveCount(0)
    await expect(page.getByRole('button', { name: 'Download a calendar reminder (.ics)' })).toHaveCount(0)
    await checkInNow(page, 'Check again')
    await expect(page.getByTestId('notice')).toHaveText(`The license server has just answered: ${headline}.`)
    await expect(page.getByTestId('notice')).toBeInViewport()
    await control.changeLicense(key, { status: 'active' })
    await checkInNow(page, 'Check again')
    await expectState(page, 'active')
    await expect(statusOf(page)).not.toContainText('Invoice')
  })
}

test('F64: invalid, where the stored license was edited, and repaired by saving again', async ({ licensePage: page, product, launch }) => {
  await activate(page, 'nc_demo_standard')
  await leave(page)
  await product.stop()
  const database = new DatabaseSync(product.databaseFile)
  database.exec('UPDATE license SET lease = replace(lease, substr(lease, -20, 4), \'AAAA\')')
  database.close()
  await openLicense(page, await launch.restart(product))
  await expectShown(page, 'invalid', 'Invalid', 'The stored license cannot be trusted', SAFE, 'Enter the license key or token again.')
  await expectCause(statusOf(page), 'row_edited')
  await activate(page, 'nc_demo_standard')
})

// A named license ends with a day of UTC: before noon that is nearer to 21 days.
const DAYS = '2[01] days'

test('warnings: the license ends soon, and the banner can be put off', async ({ licensePage: page, product }) => {
  await activate(page, 'nc_demo_expiring')
  await expect(warningOf(page, 'EXPIRES_SOON')).toContainText(new RegExp(`The license ends in ${DAYS}`))
  await expect(statusOf(page)).toContainText('The subscription does not renew by itself')
  const banner = bannerOf(page)
  // The License page itself says it, and what to do.
  await expect(banner).toHaveCount(0)
  await page.getByRole('link', { name: 'Activity' }).first().click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Activity')
  await expect(banner).toHaveAttribute('data-code', 'EXPIRES_SOON')
  await expect(banner).toHaveAccessibleName(new RegExp(`^Enterprise features stop in ${DAYS}, on `))
  await banner.getByRole('button', { name: 'Hide for a week' }).click()
  await expect(banner).toHaveCount(0)
  await page.reload()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Activity')
  await expect(banner).toHaveCount(0)
  await openLicense(page, product)
  await expect(warningOf(page, 'EXPIRES_SOON')).toBeVisible()
})

test('warnings: more seats in use than licensed', async ({ licensePage: page, api, product }) => {
  await activate(page, 'nc_demo_standard')
  const { status } = await api.request('PUT', '/api/usage', { seats: 30 }, { authorization: `Bearer ${SERVICE_TOKEN}` })
  expect(status).toBeLessThan(300)
  await openLicense(page, product)
  await expect(warningOf(page, 'SEATS_EXCEEDED')).toContainText('30 seats are in use, 25 are licensed.')
  await expect(page.getByText('30 of 25 used')).toBeVisible()
  await expectState(page, 'active')
})

test('the sandbox build says so on every page', async ({ licensePage: page, openPage, product }) => {
  for (const name of ['License', 'Activity', 'Help & diagnostics', 'Access']) {
    await page.getByRole('link', { name, exact: true }).first().click()
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(name)
    await expect(page.getByRole('complementary', { name: 'Kind of build' })).toContainText('Never use it in production.')
  }
  const login = await openPage(product)
  await login.goto(`${product.url}/login`)
  await expect(login.getByRole('complementary', { name: 'Kind of build' })).toBeVisible()
})

test('the end of the license becomes a reminder in a calendar', async ({ licensePage: page, api }) => {
  await activate(page, 'nc_demo_expiring')
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Download a calendar reminder (.ics)' }).click()
  const file = await download
  expect(file.suggestedFilename()).toBe('nocodb-license-renewal.ics')
  let text = ''
  for await (const chunk of await file.createReadStream()) text += String(chunk)
  expect(text).toMatch(/^BEGIN:VCALENDAR\r\n[\s\S]*END:VCALENDAR\r\n$/)
  const { expiresAt } = await api.license()
  const start = new Date(Date.parse(expiresAt ?? '') - 14 * 86_400_000).toISOString().replaceAll(/[-:]|\.\d+/g, '')
  expect(text).toContain(`DTSTART:${start}`)
})
