import { expect, leave, test } from '../support/browser/fixtures.ts'
import {
  activate, badgeOf, bodyOf, checkInButtonOf, expectCause, expectForeseen, expectMethod, expectSaved, expectState, featureOf, instanceIdOf,
  mailBehind, openLicense, openWay, pressSave, primaryOf, saveCredential, signInByForm, warningOf,
} from '../support/browser/screen.ts'
import { idInLog, issueByCommand } from '../support/vendor/issue-command.ts'

/* Offline activation, as its owner meets it: an Instance ID goes out by mail, a token comes back, and no call is ever made. */

const KEY = 'nc_off_demo_key_quagga'

test('What to do: the Instance ID from the log goes to the vendor, the token that comes back is saved', async ({ page, product, licenseServer }) => {
  const instanceId = await test.step('1. NocoDB prints an Instance ID in the logs during startup', async () => {
    const lines = product.output().split('\n').filter(line => line.includes('Instance ID'))
    expect(lines).toHaveLength(1)
    return idInLog(lines.join(''))
  })
  await test.step('2. Send the Instance ID along with the license key', async () => {
    await signInByForm(page, product)
    await openLicense(page, product)
    await openWay(page, 'offline')
    await page.locator('#request-key').fill(KEY)
    const mail = await mailBehind(page, page.getByRole('button', { name: 'Write e-mail' }))
    expect([mail.protocol, mail.pathname]).toEqual(['mailto:', 'cs@nocodb.com'])
    for (const part of [instanceId, KEY]) expect(bodyOf(mail)).toContain(part)
  })
  const token = await test.step('3. The vendor sends back a license token', () => issueByCommand(instanceId))
  await test.step('Go to Admin Panel > License, paste the token, and click Save', async () => {
    // As a mail has wrapped it.
    expect(token).toContain('\n')
    await page.getByLabel('License key or token').fill(token)
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await expectSaved(page)
    await expectState(page, 'active')
    await expectMethod(page, 'offline')
    await expect(badgeOf(page)).toHaveText('Active')
    await expect(featureOf(page, 'sso')).toHaveAttribute('data-result', 'on')
  })
  await test.step('no call was made, and none is offered', async () => {
    await expect(checkInButtonOf(page)).toHaveCount(0)
    expect(await licenseServer.control.requests()).toEqual([])
    expect(await page.content()).not.toContain(token.split('\r\n')[1])
  })
})

test('The token is unique to the installation and cannot be transferred to another server', async ({ licensePage: page, product, launch, licenseServer, openPage }) => {
  const token = await issueByCommand(idInLog(product.output()))
  await activate(page, token)
  const elsewhere = await launch.product({ licenseServerUrl: licenseServer.url })
  const other = await openPage(elsewhere)
  await signInByForm(other, elsewhere)
  await pressSave(other, token)
  const refused = other.getByTestId('notice').and(other.locator('[data-code=BOUND_TO_DIFFERENT_INSTALLATION]')).first()
  await expectCause(refused, 'other_installation')
  await expectState(other, 'unlicensed')
})

test('What is the Instance ID: printed every time NocoDB starts, stable across restarts, and so is the license', async ({ licensePage: page, product, launch, licenseServer }) => {
  const instanceId = idInLog(product.output())
  await expect(instanceIdOf(page)).toHaveText(instanceId)
  await activate(page, await issueByCommand(instanceId))
  await leave(page)
  const again = await launch.restart(product)
  expect(idInLog(again.output())).toBe(instanceId)
  await openLicense(page, again)
  await expect(instanceIdOf(page)).toHaveText(instanceId)
  await expectState(page, 'active')
  expect(await licenseServer.control.requests()).toEqual([])
})

test('Renewing: a new license token, saved in Admin Panel > License; the one before it is refused', async ({ licensePage: page, product, api }) => {
  const instanceId = idInLog(product.output())
  const older = await issueByCommand(instanceId, '--days', '20')
  const newer = await issueByCommand(instanceId, '--days', '400')
  await activate(page, older)
  await expect(warningOf(page, 'EXPIRES_SOON')).toBeVisible()
  await expect(primaryOf(page, 'request')).toBeVisible()
  await saveCredential(page, newer)
  await expect(warningOf(page, 'EXPIRES_SOON')).toHaveCount(0)
  const { expiresAt } = await api.license()
  await pressSave(page, older)
  await expect(await expectForeseen(page, 'TOKEN_OLDER_THAN_CURRENT')).toBeFocused()
  await expectState(page, 'active')
  expect((await api.license()).expiresAt).toBe(expiresAt)
})

test('Troubleshooting, features stopped: an offline license that has ended asks for a new token, and for no call', async ({ licensePage: page, product, api, licenseServer }) => {
  const instanceId = idInLog(product.output())
  await api.save(await licenseServer.control.issueToken({ instance_id: instanceId, claims: { exp: Math.floor(Date.now() / 1000) + 15 } }))
  await expectState(page, 'expired', 60_000)
  await primaryOf(page, 'request').click()
  await expect(page.locator('#method')).toBeInViewport()
  await expect(page.locator('#request-message')).toHaveValue(new RegExp(instanceId))
  await expect(checkInButtonOf(page)).toHaveCount(0)
  expect(await licenseServer.control.requests()).toEqual([])
  await activate(page, await issueByCommand(instanceId))
})
