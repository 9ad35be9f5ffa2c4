import { expect, leave, test } from '../support/browser/fixtures.ts'
import {
  activate, badgeOf, checkInNow, credentialOf, expectFailure, expectState, fieldOf,
  fillField, openLicense, saveCredential, statusHeading, statusOf, warningsOf, unfold,
} from '../support/browser/screen.ts'

const STEPS = ['Checked', 'Contacting the license server', 'Verify', 'Store']

test('pasting a key and clicking Save turns Enterprise on without a restart, step by step', async ({ licensePage: page, licenseServer, product }) => {
  const { pid } = product.process
  await licenseServer.control.addFault({ call: 'activate', times: 1, fault: { type: 'delay', ms: 1500 } })
  await saveCredential(page, 'nc_demo_standard')
  const steps = page.getByRole('list', { name: 'Progress' })
  await expect(steps.getByRole('listitem')).toHaveText(STEPS)
  await expect(steps.locator('[aria-current=step]')).toHaveText('Contacting the license server')
  await expect(page.getByRole('button', { name: 'Saving…' })).toBeVisible()

  await expectState(page, 'active')
  await expect(badgeOf(page)).toHaveText('Active')
  const [red = 0, green = 0, blue = 0] = await badgeOf(page).evaluate(badge => getComputedStyle(badge).color.match(/\d+/g)?.map(Number) ?? [])
  expect(green).toBeGreaterThan(Math.max(red, blue))
  await expect(statusHeading(page)).toHaveText('Enterprise is on')
  await expect(statusHeading(page)).toBeFocused()
  await expect(page.getByRole('status').filter({ hasText: 'The license was saved.' })).toBeAttached()
  await expect(page.getByTestId('announcement')).toHaveText('License status changed: Enterprise is on.')
  await expect(statusOf(page)).toContainText(/Next check-in: .*\(in [5-6] hours\)\. Nothing to do\./)
  await expect(fieldOf(page)).toHaveCount(0)
  await expect(statusOf(page)).toContainText('••••••••dard')
  await expect(page.locator('body')).not.toContainText('nc_demo_standard')
  expect(product.process.pid).toBe(pid)
  expect((await licenseServer.control.requests()).map(({ path }) => path)).toEqual(['/api/v1/licenses/activate'])
})

test('the field names the method as one types', async ({ licensePage: page }) => {
  const hint = credentialOf(page).locator('#credential-hint')
  const cases: [string, string][] = [
    ['nc_demo_standard', 'This is a license key for the standard method.'],
    ['nc_ag_demo_airgapped', 'This is a license key for the airgapped method.'],
    ['eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl', 'This looks like a license token for the offline method.'],
    ['eyJhbGci\n  OiJFZERTQSJ9.eyJzdWIi\r\nOiJ4In0.c2ln bmF0dXJl', 'This looks like a license token for the offline method.'],
    ['NC_AG_DEMO_AIRGAPPED', 'The beginning of this key is in capital letters. Keys begin with nc_ or nc_ag_, in small letters.'],
    ['nc_', 'This looks like neither a license key nor a license token.'],
    ['', 'Line breaks and spaces around it are ignored.'],
  ]
  for (const [text, expected] of cases) {
    await fillField(page, text)
    await expect(hint).toHaveText(expected)
  }
  await expect(fieldOf(page)).toHaveAccessibleDescription('Line breaks and spaces around it are ignored.')
  await credentialOf(page).getByRole('button', { name: 'Save', exact: true }).click()
  await expect(hint).toHaveText('Paste a license key or token first.')
  await expect(fieldOf(page)).toBeFocused()
  await expectState(page, 'unlicensed')
})

test('a key that was wrapped and padded along the way works', async ({ licensePage: page }) => {
  await activate(page, '\uFEFF  \r\n nc_demo_stan\u200Bdard \t\n')
})

test('a restart changes neither state nor Instance ID, even without the license server', async ({ licensePage: page, product, licenseServer, launch }) => {
  await activate(page, 'nc_demo_standard')
  const instanceId = await page.getByTestId('instance-id').textContent()
  await leave(page)
  const again = await launch.restart(product)
  await openLicense(page, again)
  await expectState(page, 'active')
  await expect(page.getByTestId('instance-id')).toHaveText(instanceId ?? '')

  await licenseServer.stop()
  await leave(page)
  const third = await launch.restart(again)
  await openLicense(page, third)
  await expectState(page, 'active')
  await expect(page.getByTestId('instance-id')).toHaveText(instanceId ?? '')
  await expect(page.getByRole('listitem').filter({ hasText: 'Single sign-on' })).toContainText('On')
  expect(third.output()).toContain(`Instance ID: ${instanceId}`)
})

test('Check in now says how it went; features stay on when it fails', async ({ licensePage: page, licenseServer }) => {
  await activate(page, 'nc_demo_standard')
  await checkInNow(page)
  await expect(page.getByRole('status').filter({ hasText: 'The check-in succeeded.' })).toBeAttached()
  await expect(statusHeading(page)).toBeFocused()
  // Today is the last of the thirty days.
  await expect(page.locator('#time rect.good, #time rect:last-of-type')).toHaveClass(['good'])

  await licenseServer.control.addFault({ call: 'checkIn', times: 1, fault: { type: 'status', status: 500 } })
  await checkInNow(page)
  const alert = await expectFailure(page, 'SERVER_ERROR', 'The license server could not answer')
  await expect(alert).toContainText('Nothing was changed; the license you had is kept.')
  await expect(alert.getByTestId('finding')).toHaveAttribute('data-cause', 'server_error_foreign')
  await expectState(page, 'active')
  await expect(statusOf(page).getByTestId('finding')).toHaveAttribute('data-cause', 'server_error_foreign')
  await expect(statusOf(page).getByTestId('finding')).toContainText('was answered with an error (status 500) that does not say who sent it.')
  await expect(statusOf(page).getByTestId('finding').first()).toBeVisible()
  await expect(statusOf(page)).toContainText('The last check-in failed, and this server tries again by itself. Features stay on until')

  await checkInNow(page)
  await expect(page.getByRole('status').filter({ hasText: 'The check-in succeeded.' })).toBeAttached()
  await expect.poll(() => warningsOf(page).allInnerTexts()).toEqual([])
  await expect(page.getByTestId('finding')).toHaveCount(0)
  await expect(page.getByRole('alert')).toHaveCount(0)
})

test('a check-in is shown at once, even when its answer sets the time back', async ({ licensePage: page, licenseServer }) => {
  await activate(page, 'nc_demo_standard')
  await licenseServer.control.addFault({ call: 'checkIn', times: 1, fault: { type: 'status', status: 500 } })
  await checkInNow(page)
  await expectFailure(page, 'SERVER_ERROR', 'The license server could not answer')
  await licenseServer.control.setClock(-90)
  await checkInNow(page)
  await expect(page.getByRole('status').filter({ hasText: 'The check-in succeeded.' })).toBeAttached()
  await expect.poll(() => warningsOf(page).allInnerTexts()).toEqual([])
})

test('more than ten tries a minute are refused, and the page says how long to wait', async ({ licensePage: page, api }) => {
  for (let tries = 0; tries < 10; tries++) await api.save('nc_unknown_key_0001')
  await saveCredential(page, 'nc_demo_standard')
  const alert = await expectFailure(page, 'RATE_LIMITED', 'Too many attempts')
  await expect(alert).toContainText(/Try again in \d+ seconds?\./)
  await expectState(page, 'unlicensed')
})

test('what leaves the server is shown literally, key and secret masked', async ({ licensePage: page, product, licenseServer }) => {
  const outbound = page.getByRole('region', { name: 'What leaves this server' })
  await expect(outbound).toContainText('Nothing has been sent yet.')
  await unfold(page, 'What leaves this server')
  await activate(page, 'nc_demo_standard')
  await expect(outbound).toContainText(`POST ${licenseServer.url}/api/v1/licenses/activate`)
  await expect(outbound).toContainText('"license_key": "nc_••••••••dard"')
  await checkInNow(page)
  await expect(outbound).toContainText(`POST ${licenseServer.url}/api/v1/licenses/check-in`)
  const [sent] = (await licenseServer.control.requests()).slice(-1)
  const shown: unknown = JSON.parse((await outbound.getByTestId('outbound').innerText()).replace(/^.*\n/, ''))
  expect(Object.keys(Object(shown))).toEqual(Object.keys(Object(sent?.body)))
  expect(Object(shown).nonce).toBe(Object(sent?.body).nonce)
  expect(await page.content()).not.toContain(Object(sent?.body).lease)
  expect(product.output()).not.toContain('nc_demo_standard')
})

test('what was sent is shown at once, even when it was refused or not answered', async ({ licensePage: page, licenseServer }) => {
  const outbound = page.getByRole('region', { name: 'What leaves this server' })
  await saveCredential(page, 'nc_unknown_key_0001')
  await expectFailure(page, 'KEY_UNKNOWN', 'The license server does not know this key')
  await expect(outbound).toContainText('"license_key": "nc_••••••••0001"')
  await licenseServer.control.addFault({ call: 'activate', times: 1, fault: { type: 'html' } })
  await saveCredential(page, 'nc_ag_demo_airgapped')
  await expectFailure(page, 'NET_CAPTIVE_PORTAL', 'Something else answered in place of the license server')
  await expect(outbound).toContainText('"license_key": "nc_ag_••••••••pped"')
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

test('what was acknowledged as saved is there after kill -9', async ({ licensePage: page, api, product, launch }) => {
  await leave(page)
  expect((await api.save('nc_demo_standard')).status).toBe(200)
  await product.kill()
  await openLicense(page, await launch.restart(product))
  await expectState(page, 'active')
})

test('removing asks first, says what stops, and tells the license server', async ({ licensePage: page, licenseServer }) => {
  const { key } = await licenseServer.control.createLicense({ method: 'standard', features: ['sso', 'scim'] })
  await activate(page, key)
  const remove = page.getByRole('button', { name: 'Remove license', exact: true })
  const dialog = page.getByRole('dialog', { name: 'Remove the license?' })
  await remove.click()
  await expect(dialog).toContainText('These Enterprise features: Single sign-on, SCIM provisioning')
  await expect(dialog).toContainText('All your data, bases, users and settings')
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await expect(dialog).toBeHidden()
  await expectState(page, 'active')
  await expect(remove).toBeFocused()

  await remove.click()
  await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeVisible()
  await expect.poll(() => page.evaluate(() => document.activeElement?.closest('dialog') !== null)).toBe(true)
  await page.keyboard.press('Escape')
  await expect(dialog).toBeHidden()
  await expectState(page, 'active')
  expect((await licenseServer.control.getLicense(key)).deactivations).toBe(0)

  await remove.click()
  await dialog.getByRole('button', { name: 'Remove license' }).click()
  await expectState(page, 'unlicensed')
  await expect(dialog).toBeHidden()
  await expect(badgeOf(page)).toHaveText('Community Edition')
  await expect(page.getByRole('status').filter({ hasText: 'The license was removed.' })).toBeAttached()
  await expect(statusHeading(page)).toBeFocused()
  await expect.poll(async () => (await licenseServer.control.getLicense(key)).boundTo).toEqual([])
})
