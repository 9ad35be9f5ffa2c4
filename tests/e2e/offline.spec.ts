import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Page } from '@playwright/test'
import { expect, test, useSession } from '../support/browser/fixtures.ts'
import {
  activate, bodyOf, credentialOf, expectForeseen, expectState, fillField, mailBehind, openLicense, pressSave, saveCredential, statusOf, unfold,
} from '../support/browser/screen.ts'

const LICENSE_SERVER = fileURLToPath(new URL('../license-server/main.ts', import.meta.url))

/** What the vendor's people do: one command, and the token goes by mail, wrapped at 76 columns. */
async function issueByCommand(instanceId: string, ...options: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    LICENSE_SERVER, 'issue', '--method', 'offline', '--instance', instanceId, ...options,
  ])
  return stdout.trim().replace(/(.{76})/g, '$1\r\n')
}

function idInLog(output: string): string {
  return /Instance ID: ([0-9a-f]{32})/.exec(output)?.[1] ?? 'none in the log'
}

async function chooseOffline(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Offline/ }).click()
  await expect(page.getByRole('heading', { name: 'Offline activation, step by step' })).toBeVisible()
}

test('Instance ID to token to Active, without any call', async ({ licensePage: page, product, licenseServer }) => {
  const instanceId = idInLog(product.output())
  await expect(page.getByTestId('instance-id')).toHaveText(instanceId)
  const token = await issueByCommand(instanceId)
  expect(token).toContain('\n')
  await saveCredential(page, token)
  await expectState(page, 'active')
  await unfold(page, 'What leaves this server')
  await expect(page.getByText('Nothing, ever.')).toBeVisible()
  await expect(statusOf(page)).toContainText('This server never calls the license server. Nothing to do.')
  await expect(statusOf(page).getByRole('button', { name: /Check in now|Renew now/ })).toHaveCount(0)
  expect(await licenseServer.control.requests()).toEqual([])
  expect(await page.content()).not.toContain(token.split('\r\n')[1])
})

test('the limits of a plan are shown by their titles, and by their names where they have none', async ({ licensePage: page, product }) => {
  const instanceId = idInLog(product.output())
  await fillField(page, await issueByCommand(instanceId, '--limits', 'limit_workspace=5,limit_tomorrow=unlimited'))
  await expect(page.getByRole('row', { name: 'Limits – limit_tomorrow: Unlimited, Workspaces: 5' })).toBeVisible()
  await credentialOf(page).getByRole('button', { name: 'Save', exact: true }).click()
  await expectState(page, 'active')
  const details = page.locator('#details dl')
  await expect(details.locator('div', { hasText: 'Workspaces' })).toHaveText('Workspaces5')
  await expect(details.locator('div', { hasText: 'limit_tomorrow' })).toHaveText('limit_tomorrowUnlimited')
})

test('a pasted token is judged at once, with every check and the difference, and nothing is changed', async ({ licensePage: page, product, api, licenseServer }) => {
  const instanceId = idInLog(product.output())
  await activate(page, await issueByCommand(instanceId))
  await fillField(page, await issueByCommand(instanceId, '--seats', '500', '--days', '700'))
  await expect(page.getByText('This token is for this installation and is valid until')).toBeVisible()
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
  await expect(page.getByText('This would be refused. Nothing has been changed.')).toBeVisible()
  await page.getByText('All checks').click()
  const installation = checks.filter({ hasText: 'Failed' })
  await expect(installation).toContainText('Instance ID')
  await expect(installation).toContainText(instanceId)
  await expect(installation).toContainText(other)
  await expectState(page, 'active')
})

test('a renewal is a new token; the older one is refused and changes nothing', async ({ licensePage: page, product, api }) => {
  const instanceId = idInLog(product.output())
  const older = await issueByCommand(instanceId, '--days', '20')
  const newer = await issueByCommand(instanceId, '--days', '400')
  await activate(page, older)
  await expect(statusOf(page)).toContainText('Ask for a new license token before then.')
  await expect(statusOf(page).getByRole('button', { name: 'Request a new token' })).toBeVisible()
  await saveCredential(page, newer)
  await expect(statusOf(page)).not.toContainText('Ask for a new license token before then.')
  const { expiresAt } = await api.license()
  await pressSave(page, older)
  await expect(await expectForeseen(page, 'TOKEN_OLDER_THAN_CURRENT', 'This license is older than one used before')).toBeFocused()
  await expectState(page, 'active')
  expect((await api.license()).expiresAt).toBe(expiresAt)
})

test('the request for the vendor holds the Instance ID, and the full key only in this browser', async ({ licensePage: page, product }) => {
  const instanceId = idInLog(product.output())
  await chooseOffline(page)
  await expect(page.getByText('docker compose logs nocodb | grep "Instance ID"')).toBeVisible()
  const message = page.getByLabel('Message', { exact: true })
  await expect(message).toHaveValue(new RegExp(`Instance ID: ${instanceId}`))
  const sent: string[] = []
  page.on('request', request => sent.push(request.url() + (request.postData() ?? '')))
  await page.getByLabel('Your full license key').fill('nc_off_secret_key_quagga')
  await expect(message).toHaveValue(/License key: nc_off_secret_key_quagga/)
  const mail = await mailBehind(page, page.getByRole('button', { name: 'Write e-mail' }))
  expect([mail.protocol, mail.pathname]).toEqual(['mailto:', 'cs@nocodb.com'])
  expect(bodyOf(mail)).toContain(`Instance ID: ${instanceId}`)
  expect(bodyOf(mail)).toContain('nc_off_secret_key_quagga')
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Download .txt' }).click()
  expect((await download).suggestedFilename()).toBe('nocodb-offline-activation.txt')
  expect(sent.filter(text => text.includes('quagga') && !text.startsWith('blob:'))).toEqual([])
})

const copyInstanceId = (page: Page) => statusOf(page).getByRole('button', { name: 'Copy: Instance ID' })
const CLIPBOARD = ['clipboard-read', 'clipboard-write']

test('the Instance ID is copied by the clipboard, and without it by a selection', async ({ openPage, product, api }) => {
  const instanceId = idInLog(product.output())
  for (const way of ['clipboard', 'refused', 'missing']) {
    const page = await openPage(product)
    await page.context().grantPermissions(CLIPBOARD, { origin: product.url })
    await page.addInitScript((kind) => {
      const read = navigator.clipboard.readText.bind(navigator.clipboard)
      Object.assign(window, { readClipboard: read })
      if (kind === 'refused') navigator.clipboard.writeText = () => Promise.reject(new DOMException('no', 'NotAllowedError'))
      if (kind === 'missing') Object.defineProperty(navigator, 'clipboard', { value: undefined })
    }, way)
    await useSession(page, product, api)
    await openLicense(page, product)
    await copyInstanceId(page).click()
    await expect(statusOf(page).getByRole('button', { name: 'Copied' })).toBeVisible()
    await expect(statusOf(page).getByRole('status').filter({ hasText: 'Copied' })).toBeAttached()
    expect(await page.evaluate(() => Reflect.get(window, 'readClipboard')())).toBe(instanceId)
    await page.context().close()
  }
})

test('where nothing can be copied, the Instance ID is selected, as the button says', async ({ openPage, product, api }) => {
  const page = await openPage(product)
  await page.addInitScript(() => {
    Object.defineProperty(navigator, 'clipboard', { value: undefined })
    document.execCommand = () => false
  })
  await useSession(page, product, api)
  await openLicense(page, product)
  await copyInstanceId(page).click()
  await expect(statusOf(page).getByRole('button', { name: 'Selected. Press Ctrl+C' })).toBeVisible()
  const selected = await page.evaluate(() => {
    const focused = document.activeElement
    return focused instanceof HTMLTextAreaElement ? focused.value : String(getSelection())
  })
  expect(selected.trim()).toBe(idInLog(product.output()))
})

test('an offline license shows no button that would make a call, and its request action leads to the message', async ({ licensePage: page, product, api, licenseServer }) => {
  const token = await licenseServer.control.issueToken({
    instance_id: idInLog(product.output()), claims: { exp: Math.floor(Date.now() / 1000) + 4 },
  })
  await api.save(token)
  await expectState(page, 'expired', 25_000)
  await expect(statusOf(page)).toContainText('Ask for a new license token and enter it.')
  await statusOf(page).getByRole('button', { name: 'Request a new token' }).click()
  await expect(page.getByRole('heading', { name: 'Activation methods' })).toBeInViewport()
  await expect(page.getByLabel('Message', { exact: true })).toHaveValue(/Instance ID: /)
  expect(await licenseServer.control.requests()).toEqual([])
  await expect(page.getByRole('button', { name: /Check in now|Renew now/ })).toHaveCount(0)
})
