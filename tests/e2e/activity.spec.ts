import { readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { Page } from '@playwright/test'
import type { ApiClient } from '../support/api-client.ts'
import { expect, test, useSession } from '../support/browser/fixtures.ts'
import { openPath } from '../support/browser/screen.ts'

const eventsOf = (page: Page) => page.getByRole('region', { name: 'Activity' }).getByRole('listitem')
const showOnly = (page: Page, label: string) => page.getByLabel('Show').selectOption({ label })

/** Lets what happened have happened days before. */
function moveBack(file: string, kind: string, days: number): void {
  const database = new DatabaseSync(file, { timeout: 10_000 })
  database.prepare('update events set at = at - ?, first_at = first_at - ? where kind = ?').run(days * 86_400_000, days * 86_400_000, kind)
  database.close()
}

/** Adds and removes accounts: two events for each. */
async function fillLog(api: ApiClient, accounts: number): Promise<void> {
  for (let nth = 0; nth < accounts; nth++) {
    const { body } = await api.request<{ id: string }>('POST', '/api/users', { email: `person${nth}@example.com`, password: 'a long password', role: 'viewer' })
    await api.request('DELETE', `/api/users/${body.id}`)
  }
}

test('the activity lists what happened, newest first, by whom and from where, and can be filtered', async ({ licensePage: page, product, api, licenseServer }) => {
  await api.save('nc_demo_standard')
  // Until a first success a failed check-in is tried again within seconds, by itself.
  await api.checkIn()
  await licenseServer.control.addFault({ call: 'checkIn', times: 2, fault: { type: 'status', status: 500 } })
  await api.checkIn()
  await api.checkIn()
  await api.remove()
  await openPath(page, product, '/admin/activity')
  const events = eventsOf(page)
  await expect(events.first()).toBeVisible()
  const of = (kind: string) => events.filter({ has: page.getByRole('heading', { name: kind }) })
  for (const kind of ['License activated', 'Check-in succeeded', 'Check-in failed', 'License removed', 'Account added']) {
    await expect(of(kind)).toHaveCount(1)
  }
  await expect(of('License activated')).toContainText('by admin@example.com from 127.0.0.1')
  await expect(of('Check-in failed')).toContainText('2 times since')
  const order = await events.getByRole('heading').allInnerTexts()
  const place = (kind: string) => order.findIndex(text => text.startsWith(kind))
  expect(place('License removed')).toBeLessThan(place('Check-in failed'))
  expect(place('Check-in failed')).toBeLessThan(place('Check-in succeeded'))
  expect(place('Check-in succeeded')).toBeLessThan(place('License activated'))

  await showOnly(page, 'Check-in failed')
  await expect(events).toHaveCount(1)
  await expect(events).toContainText('The license server could not answer (NCL-207)')
  await expect(events.locator('[data-cause=server_error_foreign]')).toHaveText(/^The call to 127\.0\.0\.1 was answered with an error \(status 500\)/)
  await showOnly(page, 'Account removed')
  await expect(events).toHaveCount(0)
  await expect(page.getByRole('status').filter({ hasText: /^None of this kind/ })).toBeVisible()
  await showOnly(page, 'Everything')
  await expect(of('License removed')).toHaveCount(1)
  await expect(of('Account added')).toHaveCount(1)
})

test('further pages are loaded on demand, and reading continues where the new events begin', async ({ licensePage: page, product, api }) => {
  await fillLog(api, 53)
  await openPath(page, product, '/admin/activity')
  const events = eventsOf(page)
  await expect(events).toHaveCount(50)
  await expect(page.getByText('That is all.')).toBeHidden()
  await page.getByRole('button', { name: 'Load more' }).press('Enter')
  await expect(events).toHaveCount(100)
  await expect(events.nth(50)).toBeFocused()
  await expect(events.nth(50)).toBeInViewport()
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await expect(events).toHaveCount(107)
  await expect(events.nth(100)).toBeFocused()
  await expect(page.getByRole('button', { name: 'Load more' })).toBeHidden()
  await expect(page.getByRole('status').filter({ hasText: 'That is all.' })).toBeVisible()
})

test('a kind is found however far back it is, and its pages hold only that kind', async ({ licensePage: page, product, api }) => {
  await api.save('nc_demo_standard')
  await fillLog(api, 51)
  await openPath(page, product, '/admin/activity')
  const events = eventsOf(page)
  const activated = events.and(page.locator('[data-kind=activated]'))
  await expect(events).toHaveCount(50)
  await expect(activated).toHaveCount(0)
  await showOnly(page, 'License activated')
  await expect(events).toHaveCount(1)
  await expect(activated).toHaveCount(1)
  await expect(page.getByText('That is all.')).toBeVisible()

  await showOnly(page, 'Account removed')
  await expect(events).toHaveCount(50)
  await page.getByRole('button', { name: 'Load more' }).click()
  await expect(events).toHaveCount(51)
  await expect(events.and(page.locator('[data-kind=account_removed]'))).toHaveCount(51)
})

test('the address keeps the kind: after a reload, in a shared link, and without scripts', async ({ licensePage: page, product, api, openPage }) => {
  await api.save('nc_demo_standard')
  await openPath(page, product, '/admin/activity')
  await showOnly(page, 'License activated')
  await expect(page).toHaveURL(`${product.url}/admin/activity?kind=activated`)
  await page.reload()
  await expect(page.getByLabel('Show')).toHaveValue('activated')
  await expect(eventsOf(page)).toHaveCount(1)
  await showOnly(page, 'Everything')
  await expect(page).toHaveURL(`${product.url}/admin/activity`)
  await expect(eventsOf(page).nth(1)).toBeVisible()

  const scriptless = await openPage(product, { javaScriptEnabled: false })
  await useSession(scriptless, product, api)
  await scriptless.goto(`${product.url}/admin/activity?kind=account_created`)
  await expect(scriptless.getByLabel('Show')).toHaveValue('account_created')
  await expect(eventsOf(scriptless)).toHaveCount(1)
  await expect(eventsOf(scriptless)).toHaveAttribute('data-kind', 'account_created')
  // What is no kind (any more) is not an error.
  await scriptless.goto(`${product.url}/admin/activity?kind=constructor`)
  await expect(scriptless.getByLabel('Show')).toHaveValue('')
  await expect(eventsOf(scriptless).nth(1)).toBeVisible()
})

test('the list stays in view while another is on its way, and a late answer does not replace a newer one', async ({ licensePage: page, product, api }) => {
  await api.save('nc_demo_standard')
  await openPath(page, product, '/admin/activity')
  const events = eventsOf(page)
  const list = page.getByTestId('timeline')
  const count = await events.count()
  const late = Promise.withResolvers<void>()
  await page.route(/\/api\/license\/events\?.*kind=removed/, async (route) => {
    await late.promise
    await route.continue()
  })
  await showOnly(page, 'License removed')
  await expect(list).toHaveAttribute('aria-busy', 'true')
  await expect(events).toHaveCount(count)
  await showOnly(page, 'License activated')
  await expect(events).toHaveCount(1)
  const answered = page.waitForResponse(/kind=removed/)
  late.resolve()
  await (await answered).finished()
  await expect(list).toHaveAttribute('aria-busy', 'false')
  // One more round trip: by then the late answer has been dealt with.
  await page.evaluate(() => fetch('/api/health/live').then(answer => answer.text()))
  await expect(events).toHaveCount(1)
  await expect(events).toHaveAttribute('data-kind', 'activated')
})

test('a license that replaces another is one entry, below the heading of its day, and what is shown can be exported', async ({ licensePage: page, product, api, licenseServer }) => {
  await api.save('nc_demo_standard')
  const { key } = await licenseServer.control.createLicense({ method: 'standard', plan: 'Business' })
  await api.save(key)
  await expect.poll(async () => (await api.request('GET', '/api/license/events?kind=vendor_told')).text).toContain('lic_')
  moveBack(product.databaseFile, 'account_created', 1)
  await openPath(page, product, '/admin/activity')
  const events = eventsOf(page)
  const replaced = events.filter({ has: page.getByRole('heading', { name: 'License replaced', level: 3 }) })
  await expect(replaced).toHaveCount(1)
  await expect(replaced.getByTestId('replacement')).toContainText(/Before: Enterprise · Standard · until .*After: Business · Standard · until /)
  await expect(replaced).toContainText('that the earlier license is no longer used here')
  await expect(page.getByRole('heading', { name: 'Reporting the removal to the license server' })).toHaveCount(0)

  await expect(page.getByRole('main').getByRole('heading', { level: 2 })).toHaveText(['Today', 'Yesterday'])
  await expect(page.getByRole('list', { name: 'Today' }).getByRole('listitem')).toHaveCount(2)
  await expect(page.getByRole('list', { name: 'Yesterday' }).getByRole('heading')).toHaveText('Account added')

  await showOnly(page, 'Everything about accounts')
  await expect(page).toHaveURL(`${product.url}/admin/activity?kind=accounts`)
  await expect(events).toHaveCount(1)
  moveBack(product.databaseFile, 'account_created', 7)
  await page.reload()
  await expect(page.getByLabel('Show')).toHaveValue('accounts')
  await expect(page.getByRole('main').getByRole('heading', { level: 2 })).toHaveText(/^\w+day,? \d+ \w+ \d{4}$/)

  for (const [name, content] of [['Export CSV', /^\uFEFFid,.*\r\n\d+,[^\n]*account_created[^\n]*\r\n$/], ['Export JSON', /^\{"events":\[\n\{"id":\d+,"kind":"account_created"[^\n]*\n\]\}\n$/]] as const) {
    const download = page.waitForEvent('download')
    await page.getByRole('link', { name, exact: true }).click()
    expect(readFileSync(await (await download).path(), 'utf8')).toMatch(content)
  }
})

test('today is the day where the browser is, also while it is another day in UTC', async ({ product, api, openPage }) => {
  // Eleven hours behind UTC and fourteen ahead: one of them has another day, with half an hour or more to its midnight.
  const isBehind = Date.now() % 86_400_000 < 10.5 * 3_600_000
  const page = await openPage(product, { timezoneId: isBehind ? 'Pacific/Niue' : 'Pacific/Kiritimati' })
  await useSession(page, product, api)
  await openPath(page, product, '/admin/activity')
  await expect(page.getByRole('main').getByRole('heading', { level: 2 })).toHaveText(['Today'])
})

test('events of another kind do not stay under the name of one that could not be loaded', async ({ licensePage: page, product }) => {
  await openPath(page, product, '/admin/activity')
  await expect(eventsOf(page)).not.toHaveCount(0)
  await page.route(/kind=verdict/, route => route.fulfill({ contentType: 'application/json', body: 'not JSON' }))
  await showOnly(page, 'Decision of the license server')
  await expect(page.getByRole('alert')).toBeVisible()
  await expect(eventsOf(page)).toHaveCount(0)
  await showOnly(page, 'Everything')
  await expect(page.getByRole('alert')).toBeHidden()
  await expect(eventsOf(page)).not.toHaveCount(0)
})
