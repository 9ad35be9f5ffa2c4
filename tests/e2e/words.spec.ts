import { readFileSync } from 'node:fs'
import type { Page, Route } from '@playwright/test'
import { ADMIN } from '../support/product-process.ts'
import { expect, test, useSession } from '../support/browser/fixtures.ts'
import { badgeOf, expectState, expectUsable, fieldOf, fillField, openLicense, openPath } from '../support/browser/screen.ts'

/* Words that do not arrive, or not yet. What the browser complains of, a hydration mismatch too, fails the test (fixtures.ts). */

const wordsFile = (code: string) => new RegExp(`/_nuxt/${code}\\.[\\w-]+\\.json$`)

/** Makes the words of a language wait until the function that it resolves to is called; whoever has given up on them by then gets none. */
async function holdWords(page: Page, code: string): Promise<() => void> {
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  await page.route(wordsFile(code), async (route) => {
    await released
    await route.continue().catch(() => undefined)
  })
  return release
}

function keysOf(tree: object, prefix = ''): string[] {
  return Object.entries(tree).flatMap(([name, value]) => typeof value === 'string' ? [prefix + name] : keysOf(value, `${prefix}${name}.`))
}
const KEYS = keysOf(JSON.parse(readFileSync(new URL('../../app/locales/en.json', import.meta.url), 'utf8')))

/** Notes every raw key that is ever shown, however short. */
async function watchForKeys(page: Page): Promise<() => Promise<void>> {
  const seen: string[] = []
  await page.exposeFunction('noteKey', (text: string) => { seen.push(text) })
  await page.addInitScript((keys) => {
    const look = () => {
      const named = [...document.querySelectorAll('[aria-label], [title], [placeholder]')].flatMap(element => ['aria-label', 'title', 'placeholder'].map(name => element.getAttribute(name) ?? ''))
      const text = [document.title, document.body?.innerText ?? '', ...named].join('\n')
      const found = keys.find(key => text.includes(key))
      if (found) Reflect.get(window, 'noteKey')(found)
    }
    new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true, attributes: true })
  }, KEYS)
  return async () => expect(seen).toEqual([])
}

const FAULTS: Record<string, (route: Route) => Promise<void>> = {
  'a broken connection': route => route.abort('connectionreset'),
  'an error of a proxy': route => route.fulfill({ status: 502, body: 'Bad Gateway' }),
  'a sign-in page of a network in between': route => route.fulfill({ status: 200, contentType: 'text/html', body: '<html><p>Welcome</p></html>' }),
}

const isUsable = (page: Page) => page.evaluate(() => typeof Reflect.get(window, 'useNuxtApp') === 'function'
  && Reflect.get(Object(Reflect.get(window, 'useNuxtApp')()), 'isHydrating') === false)

for (const [what, fault] of Object.entries(FAULTS)) {
  test(`after ${what} in place of its words the License page stays readable, and comes to life by itself`, async ({ page, product, api }) => {
    await api.save('nc_demo_standard')
    await useSession(page, product, api)
    const expectNoKeys = await watchForKeys(page)
    let failures = 0
    let isBack = false
    await page.route(wordsFile('en'), async (route) => {
      if (isBack) return route.continue()
      failures++
      await fault(route)
    })
    await page.goto(`${product.url}/admin/license`)
    await expect.poll(() => failures).toBeGreaterThanOrEqual(2)
    expect(await isUsable(page)).toBe(false)
    await expect(badgeOf(page)).toHaveText('Active')
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('License')
    await page.getByRole('button', { name: 'Remove license' }).click()
    isBack = true
    await expectUsable(page)
    // What was clicked meanwhile is done now.
    await expect(page.getByRole('dialog', { name: 'Remove the license?' })).toBeVisible()
    await expectNoKeys()
  })
}

test('sign-in waits for words that are slow, with what was entered and sent meanwhile', async ({ page, product }) => {
  const expectNoKeys = await watchForKeys(page)
  let release = () => {}
  const gate = new Promise<void>((resolve) => { release = resolve })
  await page.route(wordsFile('en'), async (route) => {
    await gate
    await route.continue()
  })
  await page.goto(`${product.url}/login`)
  await page.getByLabel('E-mail').fill(ADMIN.email)
  await page.getByLabel('Password').fill(ADMIN.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sign in')
  expect(await isUsable(page)).toBe(false)
  release()
  await expectState(page, 'unlicensed')
  await expectNoKeys()
})

test('sign-in recovers by itself from words that fail', async ({ page, product }) => {
  const expectNoKeys = await watchForKeys(page)
  let failures = 0
  await page.route(wordsFile('en'), route => ++failures <= 2 ? route.abort() : route.continue())
  await page.goto(`${product.url}/login`)
  await expectUsable(page)
  expect(failures).toBe(3)
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible()
  await expectNoKeys()
})

test('another language waits for its words: the current one stays, and the control says that it is busy', async ({ page, product, api }) => {
  await useSession(page, product, api)
  const expectNoKeys = await watchForKeys(page)
  await openLicense(page, product)
  const release = await holdWords(page, 'fr')
  const control = page.getByTestId('language')
  await control.selectOption('fr')
  await expect(control).toHaveAttribute('aria-busy', 'true')
  await expect(page.getByRole('status').filter({ hasText: 'Loading Français …' })).toBeAttached()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('License')
  await expect(page.locator('html')).toHaveAttribute('lang', 'en')
  // The page goes on meanwhile.
  await fillField(page, 'nc_demo_standard')
  await expect(fieldOf(page)).toHaveAttribute('data-method', 'standard')
  release()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Licence')
  await expect(page.locator('html')).toHaveAttribute('lang', 'fr')
  await expect(control).toHaveAttribute('aria-busy', 'false')
  await expect(control).toHaveValue('fr')
  await expectNoKeys()
})

test('a language whose words fail at first is shown all the same', async ({ page, product }) => {
  const expectNoKeys = await watchForKeys(page)
  await openPath(page, product, '/login')
  let failures = 0
  await page.route(wordsFile('ar'), route => ++failures <= 2 ? route.abort() : route.continue())
  await page.getByTestId('language').selectOption('ar')
  await expect(page.locator('html')).toHaveAttribute('dir', 'rtl')
  expect(failures).toBe(3)
  await expect(page.getByRole('alert')).toHaveCount(0)
  await expectNoKeys()
})

for (const path of ['/login', '/admin/license']) {
  test(`a language whose words never come is said so on ${path}, in the present one, and the choice undone`, async ({ page, product, api }) => {
    if (path !== '/login') await useSession(page, product, api)
    const expectNoKeys = await watchForKeys(page)
    await openPath(page, product, path)
    await page.route(wordsFile('de'), route => route.abort())
    const control = page.getByTestId('language')
    await control.selectOption('de')
    const notice = page.getByRole('alert').filter({ hasText: 'Deutsch could not be loaded, so the page stays in English.' })
    await expect(notice).toBeVisible({ timeout: 40_000 })
    await expect(notice).toBeInViewport({ ratio: 1 })
    await expect(control).toHaveValue('en')
    await expect(control).toHaveAttribute('aria-busy', 'false')
    await expect(page.locator('html')).toHaveAttribute('lang', 'en')
    await page.reload()
    await expectUsable(page)
    await expect(page.locator('html')).toHaveAttribute('lang', 'en')
    // Chosen again once the connection is back.
    await page.unrouteAll()
    await page.getByTestId('language').selectOption('de')
    await expect(page.locator('html')).toHaveAttribute('lang', 'de')
    await page.reload()
    await expect(page.locator('html')).toHaveAttribute('lang', 'de')
    await expectNoKeys()
  })
}

test('a language that was chosen just before its page was left is that of the next one, and stays', async ({ page, product, api }) => {
  await useSession(page, product, api)
  await openLicense(page, product)
  const release = await holdWords(page, 'fr')
  await page.getByTestId('language').selectOption('fr')
  await page.getByRole('link', { name: 'Activity' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Activity')
  await expect(page.getByTestId('language')).toHaveAttribute('aria-busy', 'true')
  release()
  await expect(page.locator('html')).toHaveAttribute('lang', 'fr')
  await expect(page.getByTestId('language')).toHaveAttribute('aria-busy', 'false')
  await page.reload()
  await expect(page.locator('html')).toHaveAttribute('lang', 'fr')
})

test('of two languages chosen one after the other, the last one wins, whichever arrives first', async ({ page, product }) => {
  await openPath(page, product, '/login')
  const release = await holdWords(page, 'ja')
  await page.getByTestId('language').selectOption('ja')
  await expect(page.getByTestId('language')).toHaveAttribute('aria-busy', 'true')
  await page.getByTestId('language').selectOption('es')
  await expect(page.locator('html')).toHaveAttribute('lang', 'es')
  release()
  await page.getByTestId('language').selectOption('en')
  await expect(page.locator('html')).toHaveAttribute('lang', 'en')
  await page.reload()
  await expect(page.locator('html')).toHaveAttribute('lang', 'en')
})

test('the words are requested once, along with the page, and no script compiles or evaluates any', async ({ page, product, api }) => {
  await useSession(page, product, api)
  const asked: string[] = []
  page.on('request', request => asked.push(request.url()))
  await openLicense(page, product)
  expect(asked.filter(address => address.endsWith('.json'))).toHaveLength(1)
  expect(asked.find(address => address.endsWith('.json'))).toMatch(wordsFile('en'))
  expect(asked.filter(address => address.includes('i18n'))).toEqual([])
})
