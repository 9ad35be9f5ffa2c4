import type { ApiClient } from '../support/api-client.ts'
import { signIn } from '../support/api-client.ts'
import { expect, test } from '../support/browser/fixtures.ts'
import { expectCause, expectState, fieldOf, openPath, signInByForm, statusOf } from '../support/browser/screen.ts'

const VIEWER = { email: 'viewer@example.com', password: 'viewer password 1' }

async function addViewer(api: ApiClient): Promise<void> {
  expect((await api.request('POST', '/api/users', { ...VIEWER, role: 'viewer' })).status).toBe(201)
}

test('a viewer sees the license without e-mails and addresses, and no way to change it', async ({ page, product, api }) => {
  await addViewer(api)
  await api.save('nc_demo_standard')
  await signInByForm(page, product, VIEWER)
  await expectState(page, 'active')
  await expect(statusOf(page)).toContainText('You are a viewer')
  await expect(fieldOf(page)).toHaveCount(0)
  await expect(page.getByRole('button', { name: /^(Save|Check in now|Fetch the renewal|Replace license|Remove license)$/ })).toHaveCount(0)
  await expect(page.getByText('Acme Robotics')).toBeVisible()
  for (const path of ['/admin/license', '/admin/activity', '/admin/diagnostics', '/admin/access']) {
    await openPath(page, product, path)
    const content = await page.content()
    for (const secret of ['license@acme.example', 'admin@example.com', '127.0.0.1 ', 'nc_demo_standard']) expect(content, path).not.toContain(secret)
  }
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Your account')
  await expect(page.getByRole('button', { name: 'Change password' })).toBeVisible()
  await expect(page.getByRole('button', { name: /Add account|Remove|Reset password/ })).toHaveCount(0)
  await openPath(page, product, '/admin/activity')
  await expect(page.locator('[data-kind=activated]')).toContainText('by an administrator')
  await expect(page.locator('main')).not.toContainText('127.0.0.1')
  await openPath(page, product, '/admin/diagnostics')
  await expect(page.getByTestId('run-diagnostics')).toHaveCount(0)
})

test('a viewer sees what diagnostics found, without IP addresses', async ({ page, product, api, licenseServer }) => {
  await addViewer(api)
  await licenseServer.stop()
  expect((await api.request('POST', '/api/license/diagnostics', {})).status).toBe(200)
  await signInByForm(page, product, VIEWER)
  await openPath(page, product, '/admin/diagnostics')
  await expect(page.getByTestId('diagnostics-verdict')).toHaveAttribute('data-verdict', 'problem')
  await expectCause(page.getByRole('main'), 'refused')
  await expect(page.getByTestId('finding')).toContainText(`The connection to • on port ${licenseServer.port}, as set in NC_LICENSE_SERVER_URL, was refused.`)
  await expect(page.getByRole('button', { name: /^Run/ })).toHaveCount(0)
  expect(await page.content()).not.toMatch(new RegExp(`127\\.0\\.0\\.1(?!:${new URL(product.url).port})`))
})

test('a viewer may preview as a script, and the API refuses whatever changes something', async ({ page, product, api }) => {
  await addViewer(api)
  await signInByForm(page, product, VIEWER)
  await expectState(page, 'unlicensed')
  await expect(statusOf(page).getByRole('button')).toHaveText(['Copy', 'Copy for support'])

  const viewer = await signIn(product.url, VIEWER)
  for (const [method, path, body] of [
    ['PUT', '/api/license', { credential: 'nc_demo_standard' }], ['DELETE', '/api/license', {}], ['POST', '/api/license/check-in', {}],
    ['POST', '/api/license/diagnostics', {}], ['GET', '/api/users', undefined], ['POST', '/api/users', { email: 'x@example.com', password: 'a long password', role: 'admin' }],
  ] as const) {
    const { status, error } = await viewer.request(method, path, body)
    expect([path, status, error?.code]).toEqual([path, 403, 'FORBIDDEN'])
  }
  expect((await api.license()).state).toBe('unlicensed')
})
