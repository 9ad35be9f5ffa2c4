import type { Page } from '@playwright/test'
import { expect, test } from '../support/browser/fixtures.ts'
import { expectCause, openPath, statusOf } from '../support/browser/screen.ts'

const STAGES = ['storage', 'configuration', 'dns', 'proxy', 'tcp', 'tls', 'http', 'clock']
/* The sandbox license server has no name, no proxy and no encryption. */
const NEEDED = ['storage', 'configuration', 'tcp', 'http', 'clock']
const stagesOn = (page: Page) => page.locator('[data-stage]').evaluateAll(all => all.map(stage => stage.getAttribute('data-stage')))
const verdictOf = (page: Page) => page.getByTestId('diagnostics-verdict')
const stageOf = (page: Page, name: string) => page.locator(`[data-stage=${name}]`)

async function run(page: Page): Promise<void> {
  await page.getByTestId('run-diagnostics').click()
  await expect(verdictOf(page)).toBeVisible({ timeout: 20_000 })
}

test('diagnostics show every stage with its result, and use up no activation', async ({ licensePage: page, product, licenseServer }) => {
  await openPath(page, product, '/admin/diagnostics')
  expect(await stagesOn(page)).toEqual(STAGES)
  await run(page)
  await expect(verdictOf(page)).toHaveAttribute('data-verdict', 'reachable')
  // What does not apply here is not shown.
  expect(await stagesOn(page)).toEqual(NEEDED)
  for (const name of NEEDED) await expect(stageOf(page, name)).toHaveAttribute('data-result', 'ok')
  await expect(page.getByTestId('finding')).toHaveCount(0)
  await expect(stageOf(page, 'http')).toContainText(/\d+ ms/)
  expect((await licenseServer.control.requests()).map(({ path }) => path)).toEqual(['/api/v1/ping'])
  await expect(page.getByRole('button', { name: 'Copy for support' })).toBeVisible()
})

test('the last run is there after a reload, until there is another', async ({ licensePage: page, product, licenseServer }) => {
  await licenseServer.control.addFault({ call: 'ping', times: 1, fault: { type: 'status', status: 503 } })
  await openPath(page, product, '/admin/diagnostics')
  await run(page)
  const said = await verdictOf(page).innerText()
  await openPath(page, product, '/admin/license')
  await openPath(page, product, '/admin/diagnostics')
  await expect(verdictOf(page)).toHaveText(said)
  await expect(verdictOf(page)).toHaveAttribute('data-verdict', 'problem')
  await expectCause(stageOf(page, 'http'), 'gateway')
  await page.getByTestId('run-diagnostics').click()
  await expect(verdictOf(page)).toHaveAttribute('data-verdict', 'reachable', { timeout: 20_000 })
  await expect(page.getByTestId('finding')).toHaveCount(0)
})

test('the stage that fails says what to do, and its reference leads to the entry', async ({ licensePage: page, product, licenseServer }) => {
  await licenseServer.stop()
  await openPath(page, product, '/admin/diagnostics')
  await run(page)
  await expect(verdictOf(page)).toHaveAttribute('data-verdict', 'problem')
  const tcp = stageOf(page, 'tcp')
  await expect(tcp).toHaveAttribute('data-result', 'failed')
  await expect(tcp.getByTestId('finding')).toHaveAttribute('data-code', 'NET_CONNECT')
  await expectCause(tcp, 'refused')
  await expect(tcp).toContainText(`The connection to 127.0.0.1 on port ${licenseServer.port}, as set in NC_LICENSE_SERVER_URL, was refused.`)
  await expect(tcp).toContainText('Check host and port in NC_LICENSE_SERVER_URL.')
  await expect(stageOf(page, 'http')).toHaveAttribute('data-result', 'skipped')
  await tcp.getByRole('link', { name: 'NCL-202' }).click()
  await expect(page).toHaveURL(/\/admin\/diagnostics#NCL-202$/)
  const entry = page.locator('#NCL-202')
  await expect(entry.locator('summary')).toBeFocused()
  // And leads there again, where something else is searched for, and where the entry was shut since.
  await page.getByRole('searchbox').fill('certificate')
  await expect(entry).toHaveCount(0)
  await tcp.getByRole('link', { name: 'NCL-202' }).click()
  await expect(entry.locator('summary')).toBeFocused()
  await entry.locator('summary').click()
  await expect(entry).not.toHaveAttribute('open')
  await tcp.getByRole('link', { name: 'NCL-202' }).click()
  await expect(entry).toHaveAttribute('open')
  await expect(entry.locator('summary')).toBeFocused()
})

test('a captive portal is named, and the button for support copies it all', async ({ licensePage: page, product, licenseServer, api }) => {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: product.url })
  await licenseServer.control.addFault({ call: 'ping', fault: { type: 'html' } })
  await openPath(page, product, '/admin/diagnostics')
  await run(page)
  const http = stageOf(page, 'http')
  await expectCause(http, 'web_page')
  await expect(http).toContainText('A web page titled “Welcome to Airport Wi-Fi” came back in place of the answer from 127.0.0.1 (status 200).')
  await expect(http).toContainText('ask the network team to let this server through without it')
  await page.getByRole('button', { name: 'Copy for support' }).click()
  await expect(page.getByRole('button', { name: 'Copied' })).toBeVisible()
  const copied = await page.evaluate(() => navigator.clipboard.readText())
  expect(copied).toContain(`Instance ID: ${(await api.license()).instanceId}`)
  expect(copied).toMatch(/^http: failed \(\d+ ms\) NCL-206 web_page \(http\), .*title=Welcome to Airport Wi-Fi/m)
})

test('with an offline license no stage that would make a call is there, and nothing is said of the network', async ({ licensePage: page, product, licenseServer, api }) => {
  const { instanceId } = await api.license()
  await api.save(await licenseServer.control.issueToken({ instance_id: instanceId }))
  await openPath(page, product, '/admin/diagnostics')
  await run(page)
  await expect(verdictOf(page)).toHaveAttribute('data-verdict', 'nothing_tested')
  await expect(verdictOf(page)).toContainText('Nothing was tested over the network: an offline license makes no calls.')
  await expect(stageOf(page, 'storage')).toHaveAttribute('data-result', 'ok')
  for (const name of STAGES.slice(1, -1)) await expect(stageOf(page, name)).toHaveCount(0)
  expect(await licenseServer.control.requests()).toEqual([])
})

test('the support bundle is downloaded and holds no secret', async ({ licensePage: page, api, product }) => {
  await api.save('nc_demo_standard')
  await openPath(page, product, '/admin/diagnostics')
  const download = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Download support bundle' }).click()
  const stream = await (await download).createReadStream()
  let text = ''
  for await (const chunk of stream) text += String(chunk)
  expect(Object(JSON.parse(text))).toBeTruthy()
  expect(text).toContain((await api.license()).instanceId)
  for (const secret of ['nc_demo_standard', 'admin@example.com', 'license@acme.example', api.cookie.split('=')[1] ?? 'no cookie']) expect(text).not.toContain(secret)
})

test('whoever comes from a failed check-in to run the diagnostics finds them running', async ({ licensePage: page, product, api, licenseServer }) => {
  await api.save('nc_demo_standard')
  await licenseServer.stop()
  await api.checkIn()
  await openPath(page, product, '/admin/license')
  await statusOf(page).getByRole('link', { name: 'Run diagnostics' }).click()
  await expect(verdictOf(page)).toHaveAttribute('data-verdict', 'problem', { timeout: 20_000 })
  await expectCause(stageOf(page, 'tcp'), 'refused')
  await expect(page).toHaveURL(/\/admin\/diagnostics$/)
})
