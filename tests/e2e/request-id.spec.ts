import { expect, test } from '../support/browser/fixtures.ts'
import { openLicense, saveCredential, statusOf } from '../support/browser/screen.ts'

test('a failure shows the id of its request, which leads to the log, here and in Copy for support', async ({ licensePage: page, product, licenseServer }) => {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: product.url })
  await licenseServer.control.addFault({ call: 'activate', times: 1, fault: { type: 'html' } })
  const answered = page.waitForResponse(response => response.url().endsWith('/api/license') && response.request().method() === 'PUT')
  await saveCredential(page, 'nc_demo_standard')
  const id = (await answered).headers()['x-request-id'] ?? ''
  expect(id).toMatch(/^[\da-f]{16}$/)
  await expect(page.getByRole('alert')).toContainText(`Request ${id}`)
  const lines = product.output().split('\n').filter(line => line.includes(id))
  expect(lines.map(line => JSON.parse(line).msg)).toContain('activation refused')
  await statusOf(page).getByRole('button', { name: 'Copy for support' }).click()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain(`Request: ${id}`)
})

test('version and commit stand below the navigation', async ({ licensePage: page, product }) => {
  await openLicense(page, product)
  const [, version, commit] = /"version":"([^"]+)","commit":"([^"]+)"/.exec(product.output()) ?? []
  await expect(page.getByText(`Version ${version} (${commit})`)).toBeVisible()
})
