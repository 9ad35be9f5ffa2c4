import type { PostgresServer } from '../support/postgres-server.ts'
import { startPostgres } from '../support/postgres-server.ts'
import { expect, leave, test as base } from '../support/browser/fixtures.ts'
import { activate, checkInNow, expectDone, expectState, openLicense, openPath, statusOf } from '../support/browser/screen.ts'

/* The product on PostgreSQL, one server for the file and a database for each test. */
const test = base.extend<object, { postgres: PostgresServer }>({
  postgres: [async ({}, use) => {
    const server = await startPostgres()
    await use(server)
    await server.remove()
  }, { scope: 'worker' }],
  productOptions: async ({ postgres }, use) => use({ env: { DATABASE_URL: await postgres.createDatabase() } }),
})

test('on PostgreSQL a key activates, renews and survives a restart, and the activity tells of it', async ({ licensePage: page, product, licenseServer, launch }) => {
  const { key } = await licenseServer.control.createLicense({ method: 'airgapped', days: 20 })
  await activate(page, key)
  await expect(statusOf(page)).toContainText(/20 days|19 days/)
  await licenseServer.control.changeLicense(key, { days: 400 })
  await checkInNow(page)
  await expectDone(page, 'check-in')
  await expect(statusOf(page)).not.toContainText(/\b(20|19) days/)
  await expectState(page, 'active')
  const instanceId = await page.getByTestId('instance-id').textContent()

  await leave(page)
  const again = await launch.restart(product)
  expect(again.output()).toContain('"database":"postgres"')
  await openLicense(page, again)
  await expectState(page, 'active')
  await expect(page.getByTestId('instance-id')).toHaveText(instanceId ?? '')
  await expect(statusOf(page)).toContainText(key.slice(-4))
  await openPath(page, again, '/admin/activity')
  const events = page.getByRole('region', { name: 'Activity' }).getByRole('listitem')
  for (const kind of ['activated', 'renewed']) await expect(events.and(page.locator(`[data-kind=${kind}]`))).toHaveCount(1)
})
