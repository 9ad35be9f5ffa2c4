import { expect, test } from '../support/browser/fixtures.ts'
import { activate, checkInNow, expectFailure, saveCredential, unfold } from '../support/browser/screen.ts'
import { idInLog, issueByCommand } from '../support/vendor/issue-command.ts'

/* What leaves this server. */

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
  await expectFailure(page, 'KEY_UNKNOWN')
  await expect(outbound).toContainText('"license_key": "nc_••••••••0001"')
  await licenseServer.control.addFault({ call: 'activate', times: 1, fault: { type: 'html' } })
  await saveCredential(page, 'nc_ag_demo_airgapped')
  await expectFailure(page, 'NET_CAPTIVE_PORTAL')
  await expect(outbound).toContainText('"license_key": "nc_ag_••••••••pped"')
})

test('with an offline license nothing ever leaves, and the page says so', async ({ licensePage: page, product, licenseServer }) => {
  await activate(page, await issueByCommand(idInLog(product.output())))
  await unfold(page, 'What leaves this server')
  await expect(page.getByText('Nothing, ever.')).toBeVisible()
  expect(await licenseServer.control.requests()).toEqual([])
})
