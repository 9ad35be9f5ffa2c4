import { readFile } from 'node:fs/promises'
import type { Page } from '@playwright/test'
import jsQR from 'jsqr'
import { PNG } from 'pngjs'
import { expect, test } from '../support/browser/fixtures.ts'
import { bodyOf, credentialOf, mailBehind, openPath, openWay, wayOf } from '../support/browser/screen.ts'

/* What is sent to the vendor by somebody whose server has no way out. */

const messageOf = (page: Page) => page.getByLabel('Message', { exact: true })
const keyOf = (page: Page) => page.getByLabel('Your full license key')
const qrOf = (page: Page) => page.getByRole('img', { name: /^QR code that contains the message/ })

/** What a phone reads from the screen. */
async function scan(page: Page): Promise<string | undefined> {
  const { data, width, height } = PNG.sync.read(await qrOf(page).screenshot())
  return jsQR(new Uint8ClampedArray(data), width, height)?.data
}

function longKey(): string {
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_'
  return `nc_off_${Array.from({ length: 249 }, (_, index) => letters[(index * 37 + 11) % letters.length]).join('')}`
}

test('?method= opens the page at that method, if it is a known one', async ({ licensePage: page, product }) => {
  for (const [address, open] of [
    ['?method=offline', ['offline']], ['?method=airgapped', ['airgapped']], ['?method=standard', []], ['?method=nonsense', []], ['', []],
    ['#method', ['offline']], ['?method=airgapped#method', ['airgapped']],
  ] as const) {
    await openPath(page, product, `/admin/license${address}`)
    await expect(credentialOf(page).getByRole('heading', { name: 'No internet on this server?' })).toBeVisible()
    await expect.poll(() => credentialOf(page).locator('details[data-method][open]').evaluateAll(all => all.map(element => element.dataset.method)), address).toEqual(open)
    await expect(messageOf(page)).toHaveCount(open[0] === 'offline' ? 1 : 0)
  }
  await expect(wayOf(page, 'airgapped').locator('summary')).toBeInViewport()
})

test('the request is asked for where it is shown, and not before', async ({ licensePage: page }) => {
  const asked: string[] = []
  page.on('request', request => asked.push(new URL(request.url()).pathname))
  await openWay(page, 'airgapped')
  await expect(wayOf(page, 'airgapped').getByRole('listitem')).toHaveCount(4)
  expect(asked).not.toContain('/api/license/activation-request')
  await openWay(page, 'offline')
  await expect(messageOf(page)).toHaveValue(/Instance ID: /)
  expect(asked).toContain('/api/license/activation-request')
})

test('a request that cannot be had is said to be, where it would stand', async ({ licensePage: page }) => {
  await page.route('**/api/license/activation-request', route => route.fulfill({ status: 503, json: { data: { code: 'STORAGE_UNAVAILABLE', reference: 'NCL-315' } } }))
  await openWay(page, 'offline')
  await expect(wayOf(page, 'offline').getByRole('link', { name: 'NCL-315' })).toBeVisible()
})

test('with another license in force the link still opens its method', async ({ licensePage: page, product, api }) => {
  await api.save('nc_demo_standard')
  await openPath(page, product, '/admin/license?method=offline')
  await expect(messageOf(page)).toHaveValue(new RegExp((await api.license()).instanceId))
})

for (const scheme of ['light', 'dark'] as const) {
  for (const width of [1440, 390]) {
    test(`the QR code is read from the screen as the message, ${scheme}, ${width} wide`, async ({ licensePage: page, product }) => {
      await page.emulateMedia({ colorScheme: scheme })
      await page.setViewportSize({ width, height: 900 })
      await openPath(page, product, '/admin/license?method=offline')
      await expect(page.locator('html')).toHaveAttribute('data-theme', scheme)
      const plain = await messageOf(page).inputValue()
      expect(plain).toMatch(/Instance ID: [0-9a-f]{32}/)
      expect(await scan(page)).toBe(plain)
      for (const key of ['nc_off_demo_key_quagga', longKey()]) {
        await keyOf(page).fill(key)
        const message = await messageOf(page).inputValue()
        expect(message).toContain(`License key: ${key}`)
        expect(await scan(page)).toBe(message)
      }
      await keyOf(page).fill('')
      expect(await scan(page)).toBe(plain)
    })
  }
}

test('a key with characters that are special elsewhere stays as it was typed', async ({ licensePage: page, product }) => {
  await openPath(page, product, '/admin/license?method=offline')
  const key = 'nc_$&_$1_%20&body=x?#<b>"\''
  await keyOf(page).fill(key)
  await expect(messageOf(page)).toHaveValue(new RegExp(`^License key: ${key.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`, 'm'))
  const message = await messageOf(page).inputValue()
  expect(await scan(page)).toBe(message)
  const mail = await mailBehind(page, page.getByRole('button', { name: 'Write e-mail' }))
  expect(bodyOf(mail)).toBe(message)
})

test('mail, copy, file and QR code carry the same text', async ({ licensePage: page, product }) => {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: product.url })
  await openPath(page, product, '/admin/license?method=offline')
  await keyOf(page).fill('nc_off_demo_key_quagga')
  const message = await messageOf(page).inputValue()
  await page.getByRole('button', { name: 'Copy message' }).click()
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(message)
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Download .txt' }).click()
  expect(await readFile(await (await download).path(), 'utf8')).toBe(message)
  const mail = await mailBehind(page, page.getByRole('button', { name: 'Write e-mail' }))
  expect([mail.protocol, mail.pathname]).toEqual(['mailto:', 'cs@nocodb.com'])
  expect(mail.searchParams.get('subject')).toMatch(/^Offline license request for installation [0-9a-f]{4}…[0-9a-f]{4}$/)
  expect(bodyOf(mail)).toBe(message)
  expect(await scan(page)).toBe(message)
})

test('the key that is typed goes to no server, by no method, address or body, and into no cookie or storage', async ({ licensePage: page, product, licenseServer, api }) => {
  const sent: string[] = []
  page.on('request', request => sent.push(`${request.method()} ${request.url()} ${request.postData() ?? ''} ${JSON.stringify(request.headers())}`))
  await openPath(page, product, '/admin/license?method=offline')
  await keyOf(page).pressSequentially('nc_off_secret_quagga', { delay: 5 })
  await page.keyboard.press('Enter')
  await expect(messageOf(page)).toHaveValue(/nc_off_secret_quagga/)
  await page.getByRole('button', { name: 'Copy message' }).click()
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Download .txt' }).click()
  await download
  await page.getByTestId('language').selectOption('de')
  await expect(page.locator('html')).toHaveAttribute('lang', 'de')
  await expect(page.locator('#request-key')).toHaveValue('nc_off_secret_quagga')
  const stored = await page.evaluate(() => JSON.stringify([location.href, document.cookie, { ...localStorage }, { ...sessionStorage }]))
  expect(stored).not.toContain('quagga')
  await page.getByRole('link', { name: 'Aktivität' }).first().click()
  await expect(page).toHaveURL(/\/admin\/activity/)
  await openPath(page, product, '/admin/license?method=offline')
  await expect(page.locator('#request-key')).toHaveValue('')
  expect(sent.length).toBeGreaterThan(5)
  expect(sent.filter(text => text.includes('quagga'))).toEqual([])
  expect(await licenseServer.control.requests()).toEqual([])
  expect(product.output()).not.toContain('quagga')
  expect((await api.request('GET', '/api/license/support-bundle')).text).not.toContain('quagga')
})
