import { expect, test } from '../support/browser/fixtures.ts'
import { activate, credentialOf, expectState, fillField } from '../support/browser/screen.ts'
import { idInLog, issueByCommand } from '../support/vendor/issue-command.ts'

/* A token says what it grants before it is saved. */

test('a pasted token is judged at once, with every check and the difference, and nothing is changed', async ({ licensePage: page, product, api, licenseServer }) => {
  const instanceId = idInLog(product.output())
  await activate(page, await issueByCommand(instanceId))
  await fillField(page, await issueByCommand(instanceId, '--seats', '500', '--days', '700'))
  await expect(page.getByTestId('preview')).toHaveAttribute('data-accepted', 'true')
  await expect(page.getByTestId('preview')).toHaveAttribute('data-method', 'offline')
  await expect(credentialOf(page).getByRole('button', { name: 'Preview' })).toHaveCount(0)
  await expect(page.getByRole('region', { name: 'Checks' })).toBeHidden()
  await page.getByText('All checks').click()
  const checks = page.getByRole('region', { name: 'Checks' }).getByRole('row')
  await expect(checks.filter({ hasText: 'Passed' })).toHaveCount(8)
  await expect(page.getByRole('region', { name: 'What would change' }).getByRole('row', { name: /^Seats 25 500$/ })).toBeVisible()
  await expect(page.getByText('Nothing: this server verifies a token by itself.')).toBeVisible()
  expect((await api.license()).seats).toBe(25)

  await fillField(page, await licenseServer.control.issueToken({ instance_id: instanceId, claims: { features: ['sso', 'scim', 'teams', 'extensions'] } }))
  await expect(page.getByTestId('losses')).toContainText('Features turned off: Audit log, White label')
  await expect(page.getByRole('row', { name: /^Features turned on – Extensions$/ })).toBeVisible()

  const other = '0123456789abcdef'.repeat(2)
  await fillField(page, await issueByCommand(other))
  await expect(page.getByTestId('preview')).toHaveAttribute('data-accepted', 'false')
  await page.getByText('All checks').click()
  const installation = checks.filter({ hasText: 'Failed' })
  await expect(installation).toContainText('Instance ID')
  await expect(installation).toContainText(instanceId)
  await expect(installation).toContainText(other)
  await expectState(page, 'active')
})

test('the limits of a plan are shown by their titles, and by their names where they have none', async ({ licensePage: page, product }) => {
  const instanceId = idInLog(product.output())
  await fillField(page, await issueByCommand(instanceId, '--limits', 'limit_workspace=5,limit_tomorrow=unlimited'))
  await expect(page.getByRole('row', { name: 'Limits – limit_tomorrow: Unlimited, Workspaces: 5' })).toBeVisible()
  await page.getByTestId('save').click()
  await expectState(page, 'active')
  const details = page.locator('#details dl')
  await expect(details.locator('div', { hasText: 'Workspaces' })).toHaveText('Workspaces5')
  await expect(details.locator('div', { hasText: 'limit_tomorrow' })).toHaveText('limit_tomorrowUnlimited')
})
