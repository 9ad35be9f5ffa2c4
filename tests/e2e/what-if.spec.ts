import type { Page } from '@playwright/test'
import { expect, test } from '../support/browser/fixtures.ts'
import { expectState, openLicense, openPath, signInByForm, unfold } from '../support/browser/screen.ts'

/* The outage rehearsed: what a person sees of it, and a link that support can send. */

const DAY = 86_400_000
const VIEWER = { email: 'viewer@example.com', password: 'viewer password 1' }
const inDays = (days: number) => new Date(Math.floor(Date.now() / 60_000) * 60_000 + days * DAY).toISOString()
const internetOf = (page: Page) => page.getByRole('button', { name: 'What happens if the internet goes down?' })
const clockOf = (page: Page) => page.getByRole('button', { name: 'What happens if this server\'s clock is wrong?' })
const firstOf = (page: Page) => page.getByTestId('rehearsal')
const statesOf = (page: Page) => page.getByTestId('what-if').getByRole('listitem')
const run = (page: Page) => page.getByRole('button', { name: 'Show what happens' }).click()
const stateNames = (page: Page) => statesOf(page).evaluateAll(items => items.map(item => item.getAttribute('data-state')))

test('without a license there is nothing to rehearse', async ({ licensePage: page }) => {
  await expectState(page, 'unlicensed')
  await expect(internetOf(page)).toHaveCount(0)
})

test('ten days without internet pause Enterprise, and it starts again by itself', async ({ page, product, api, licenseServer }) => {
  await api.save('nc_demo_standard')
  await signInByForm(page, product)
  const requests = (await licenseServer.control.requests()).length
  await unfold(page, 'Timeline')
  await internetOf(page).click()
  await expect(internetOf(page)).toHaveAttribute('aria-expanded', 'true')
  await expect(page.getByText('it changes nothing and makes no call')).toBeVisible()
  await run(page)
  await expect(firstOf(page)).toHaveText(/^Enterprise features stop on .+ \(in 7 days\) and start again by themselves on .+ \(in 10 days\)\.$/)
  await expect(firstOf(page)).toBeFocused()
  expect(await stateNames(page)).toEqual(['active', 'grace', 'paused', 'active'])
  await expect(statesOf(page).nth(2)).toContainText('These stop: Single sign-on')
  await expect(statesOf(page).nth(3)).toContainText('A check-in succeeds, by itself.')
  await expect(page.getByRole('img', { name: /^What happens from .+Enterprise is paused/ })).toBeVisible()
  expect(await licenseServer.control.requests()).toHaveLength(requests)
  await expectState(page, 'active')

  await page.getByLabel('Comes back').fill('')
  await run(page)
  await expect(firstOf(page)).toHaveText(/once the internet is back, if that is before the term ends\.$/)
  expect(await stateNames(page)).toEqual(['active', 'grace', 'paused', 'expired'])
  await page.getByRole('button', { name: 'Close' }).click()
  await expect(internetOf(page)).toBeFocused()
  await expect(page.getByTestId('what-if')).toHaveCount(0)
})

test('a clock that is wrong makes no difference where the license server has answered', async ({ page, product, api }) => {
  await api.save('nc_demo_standard')
  await signInByForm(page, product)
  await unfold(page, 'Timeline')
  await clockOf(page).click()
  await page.getByLabel('Wrong by').fill('20')
  await run(page)
  await expect(firstOf(page)).toHaveText(/^Enterprise stays on until the term ends on .+ as it would anyway\.$/)
  await page.getByLabel('Unit and direction').selectOption({ label: 'days behind' })
  await run(page)
  await expect(firstOf(page)).toHaveText(/^Enterprise stays on until the term ends/)
})

test('a clock that is ahead ends a license whose time nobody confirms, until it is right', async ({ page, product, api, licenseServer }) => {
  const { instanceId } = await api.license()
  await api.save(await licenseServer.control.issueToken({ instance_id: instanceId }))
  await signInByForm(page, product)
  await openPath(page, product, `/admin/license?what-if=clock&offset=${2 * 365 * 86_400}#time`)
  await expect(firstOf(page)).toHaveText(/once the clock is right\.$/)
  expect(await stateNames(page)).toEqual(['active', 'expired'])
  await expect(statesOf(page).nth(1)).toContainText('By this server\'s clock, the license has ended')
  await expect(page.getByLabel('Wrong by')).toHaveValue('730')
  await internetOf(page).click()
  await expect(page.getByText('This license makes no check-ins')).toBeVisible()
  await run(page)
  await expect(firstOf(page)).toHaveText('Enterprise stays on the whole time.')
})

test('a link opens it with its dates and runs it at once, for a viewer too; it can be copied again', async ({ page, product, api }) => {
  expect((await api.request('POST', '/api/users', { ...VIEWER, role: 'viewer' })).status).toBe(201)
  await api.save('nc_demo_standard')
  await signInByForm(page, product, VIEWER)
  const query = new URLSearchParams({ 'what-if': 'internet', 'from': inDays(20), 'to': inDays(23) })
  await openPath(page, product, `/admin/license?${query}#time`)
  await expect(firstOf(page)).toHaveText('Enterprise stays on the whole time.')
  await expect(firstOf(page)).toBeFocused()
  await expect(firstOf(page)).toBeInViewport()
  expect(await stateNames(page)).toEqual(['active', 'grace', 'active'])
  const shown = await page.getByLabel('Goes down', { exact: true }).inputValue()
  expect(await page.evaluate(local => new Date(local).toISOString(), shown)).toBe(inDays(20))
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.getByRole('button', { name: 'Copy a link to this rehearsal' }).click()
  await expect(page.getByText('Copied').first()).toBeVisible()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(`${product.url}/admin/license?${query}#time`)
})

test('an address that says too little opens it, and one that makes no sense does not', async ({ page, product, api }) => {
  await api.save('nc_demo_standard')
  await signInByForm(page, product)
  await openPath(page, product, '/admin/license?what-if=internet&from=yesterday#time')
  await expect(page.getByRole('button', { name: 'Show what happens' })).toBeVisible()
  await expect(firstOf(page)).toBeHidden()
  await openPath(page, product, '/admin/license?what-if=nothing#time')
  await expect(page.getByTestId('what-if')).toHaveCount(0)
  await openLicense(page, product)
  await unfold(page, 'Timeline')
  await internetOf(page).focus()
  await page.keyboard.press('Enter')
  await expect(page.getByLabel('Goes down', { exact: true })).toBeVisible()
  await page.keyboard.press('Tab')
  await expect(clockOf(page)).toBeFocused()
  await page.keyboard.press('Tab')
  await expect(page.getByLabel('Goes down', { exact: true })).toBeFocused()
})
