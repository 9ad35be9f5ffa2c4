import type { Page } from '@playwright/test'
import { expect, test } from '../support/browser/fixtures.ts'
import { openPath } from '../support/browser/screen.ts'

const STAGES = ['Configuration', 'Name look-up (DNS)', 'Proxy', 'Connection (TCP)', 'Encryption (TLS)', 'License server (HTTP)', 'Clock']
const stageOf = (page: Page, name: string) => page.getByRole('region', { name: 'Diagnostics' }).getByRole('listitem').filter({ has: page.getByRole('heading', { name, exact: true }) })

async function run(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Run diagnostics' }).click()
  await expect(page.getByRole('button', { name: 'Run again' })).toBeVisible({ timeout: 20_000 })
}

test('diagnostics show every stage with its result, and use up no activation', async ({ licensePage: page, product, licenseServer }) => {
  await openPath(page, product, '/admin/diagnostics')
  await expect(page.getByRole('region', { name: 'Diagnostics' }).getByRole('heading', { level: 2 })).toHaveText(STAGES)
  await run(page)
  await expect(page.getByRole('status').filter({ hasText: 'Nothing is in the way' })).toBeVisible()
  for (const name of ['Configuration', 'Connection (TCP)', 'License server (HTTP)', 'Clock']) await expect(stageOf(page, name)).toContainText('Good')
  for (const name of ['Proxy', 'Encryption (TLS)']) await expect(stageOf(page, name)).toContainText('Skipped')
  await expect(stageOf(page, 'License server (HTTP)')).toContainText(/\d+ ms/)
  expect((await licenseServer.control.requests()).map(({ path }) => path)).toEqual(['/api/v1/ping'])
  await expect(page.getByRole('button', { name: 'Copy for support' })).toBeVisible()
})

test('the stage that fails says what to do, and its reference leads to the entry', async ({ licensePage: page, product, licenseServer }) => {
  await licenseServer.stop()
  await openPath(page, product, '/admin/diagnostics')
  await run(page)
  await expect(page.getByRole('status').filter({ hasText: 'Something is in the way.' })).toBeVisible()
  const tcp = stageOf(page, 'Connection (TCP)')
  await expect(tcp).toContainText('Failed')
  await expect(tcp).toContainText('Let this server open outgoing connections to the license server on port 443.')
  await expect(stageOf(page, 'License server (HTTP)')).toContainText('Skipped')
  await tcp.getByRole('link', { name: 'NCL-202' }).click()
  await expect(page).toHaveURL(/\/admin\/license#NCL-202$/)
  await expect(page.locator('#NCL-202 summary')).toBeFocused()
})

test('a captive portal is named, and the button for support copies it all', async ({ licensePage: page, product, licenseServer, api }) => {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: product.url })
  await licenseServer.control.addFault({ call: 'ping', fault: { type: 'html' } })
  await openPath(page, product, '/admin/diagnostics')
  await run(page)
  await expect(stageOf(page, 'License server (HTTP)')).toContainText('Sign in to the network')
  await page.getByRole('button', { name: 'Copy for support' }).click()
  await expect(page.getByRole('button', { name: 'Copied' })).toBeVisible()
  const copied = await page.evaluate(() => navigator.clipboard.readText())
  expect(copied).toContain(`Instance ID: ${(await api.license()).instanceId}`)
  expect(copied).toMatch(/^http: failed .*NET_CAPTIVE_PORTAL/m)
})

test('with an offline license every stage that would make a call is skipped', async ({ licensePage: page, product, licenseServer, api }) => {
  const { instanceId } = await api.license()
  await api.save(await licenseServer.control.issueToken({ instance_id: instanceId }))
  await openPath(page, product, '/admin/diagnostics')
  await run(page)
  for (const name of STAGES.slice(1)) await expect(stageOf(page, name)).toContainText('Skipped')
  expect(await licenseServer.control.requests()).toEqual([])
})

test('the support bundle is downloaded and holds no secret', async ({ licensePage: page, api }) => {
  await api.save('nc_demo_standard')
  const download = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Download support bundle' }).click()
  const stream = await (await download).createReadStream()
  let text = ''
  for await (const chunk of stream) text += String(chunk)
  expect(Object(JSON.parse(text))).toBeTruthy()
  expect(text).toContain((await api.license()).instanceId)
  for (const secret of ['nc_demo_standard', 'admin@example.com', 'license@acme.example', api.cookie.split('=')[1] ?? 'no cookie']) expect(text).not.toContain(secret)
})
