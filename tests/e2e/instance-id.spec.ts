import type { Page } from '@playwright/test'
import { expect, test, useSession } from '../support/browser/fixtures.ts'
import {
  bodyOf, mailBehind, openLicense, openWay, statusOf,
} from '../support/browser/screen.ts'
import { idInLog } from '../support/vendor/issue-command.ts'

/* The Instance ID: copied, selected, and in the request to the vendor. */

const copyInstanceId = (page: Page) => statusOf(page).getByRole('button', { name: 'Copy: Instance ID' })
const CLIPBOARD = ['clipboard-read', 'clipboard-write']

async function chooseOffline(page: Page): Promise<void> {
  await openWay(page, 'offline')
}

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
