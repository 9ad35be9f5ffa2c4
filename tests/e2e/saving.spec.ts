import { expect, leave, test } from '../support/browser/fixtures.ts'
import {
  activate, badgeOf, credentialOf, expectFailure, expectSaved, expectState, fieldOf, fillField, openLicense, saveCredential, statusHeading, statusOf,
} from '../support/browser/screen.ts'

/* Pasting and saving, in detail. */

test('a save shows how far it is, step by step, and ends at the status', async ({ licensePage: page, licenseServer }) => {
  await licenseServer.control.addFault({ call: 'activate', times: 1, fault: { type: 'hold' } })
  await saveCredential(page, 'nc_demo_standard')
  const steps = page.getByRole('list', { name: 'Progress' }).getByRole('listitem')
  const results = () => steps.evaluateAll(all => all.map(step => [step.getAttribute('data-step'), step.getAttribute('data-result')]))
  await expect.poll(results).toEqual([['checked', 'done'], ['contacted', 'running'], ['verified', 'waiting'], ['stored', 'waiting']])
  await expect(steps).toHaveText(['Checked', 'Contacting the license server', 'Not verified', 'Not stored'])
  await expect(page.getByRole('button', { name: 'Saving…' })).toBeVisible()
  await licenseServer.control.clearFaults()

  await expectState(page, 'active')
  const [red = 0, green = 0, blue = 0] = await badgeOf(page).evaluate(badge => getComputedStyle(badge).color.match(/\d+/g)?.map(Number) ?? [])
  expect(green).toBeGreaterThan(Math.max(red, blue))
  await expectSaved(page)
  await expect(statusHeading(page)).toBeFocused()
  await expect(page.getByTestId('announcement')).toHaveText('License status changed: Enterprise is on.')
  await expect(statusOf(page)).toContainText(/Next check-in: .*\(in [5-6] hours\)\./)
  await expect(statusOf(page)).toContainText('••••••••dard')
  await expect(page.locator('body')).not.toContainText('nc_demo_standard')
})

test('the field names the method as one types', async ({ licensePage: page }) => {
  const hint = credentialOf(page).locator('#credential-hint')
  for (const [text, method] of [
    ['nc_demo_standard', 'standard'], ['nc_ag_demo_airgapped', 'airgapped'],
    ['eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl', 'offline'],
    ['eyJhbGci\n  OiJFZERTQSJ9.eyJzdWIi\r\nOiJ4In0.c2ln bmF0dXJl', 'offline'],
  ] as const) {
    await fillField(page, text)
    await expect(fieldOf(page)).toHaveAttribute('data-method', method)
    await expect(hint).toHaveText(new RegExp(`for the ${method} method\\.$`))
  }
  for (const [text, cause, words] of [
    ['NC_AG_DEMO_AIRGAPPED', 'capitals', 'The beginning of this key is in capital letters. Keys begin with nc_ or nc_ag_, in lowercase.'],
    ['nc_', 'not_a_credential', 'This looks like neither a license key nor a license token.'],
  ] as const) {
    await fillField(page, text)
    await expect(fieldOf(page)).toHaveAttribute('data-cause', cause)
    await expect(fieldOf(page)).not.toHaveAttribute('data-method')
    await expect(hint).toHaveText(words)
  }
  await fillField(page, '')
  await expect(fieldOf(page)).not.toHaveAttribute('data-cause')
  await expect(fieldOf(page)).toHaveAccessibleDescription('Line breaks and spaces around it are ignored.')
  await page.getByTestId('save').click()
  await expect(fieldOf(page)).toHaveAttribute('data-cause', 'empty')
  await expect(hint).toHaveText('Paste a license key or token first.')
  await expect(fieldOf(page)).toBeFocused()
  await expectState(page, 'unlicensed')
})

test('a key that was wrapped and padded along the way works', async ({ licensePage: page }) => {
  await activate(page, '\uFEFF  \r\n nc_demo_stan\u200Bdard \t\n')
})

test('more than ten tries a minute are refused, and the page says how long to wait', async ({ licensePage: page, api }) => {
  for (let tries = 0; tries < 10; tries++) await api.save('nc_unknown_key_0001')
  await saveCredential(page, 'nc_demo_standard')
  await expect(await expectFailure(page, 'RATE_LIMITED')).toContainText(/Try again in \d+ seconds?\./)
  await expectState(page, 'unlicensed')
})

test('what was acknowledged as saved is there after kill -9', async ({ licensePage: page, api, product, launch }) => {
  await leave(page)
  expect((await api.save('nc_demo_standard')).status).toBe(200)
  await product.kill()
  await openLicense(page, await launch.restart(product))
  await expectState(page, 'active')
})
