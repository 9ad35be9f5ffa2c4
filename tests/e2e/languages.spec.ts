import { readFileSync } from 'node:fs'
import type { BrowserContextOptions, Page } from '@playwright/test'
import type { ApiClient } from '../support/api-client.ts'
import type { Product } from '../support/product-process.ts'
import { ADMIN } from '../support/product-process.ts'
import { expect, test, useSession } from '../support/browser/fixtures.ts'
import { expectNoHorizontalScroll, expectState, expectUsable, openLicense, openPath } from '../support/browser/screen.ts'

type Words = Map<string, string>

function flatten(value: unknown, path: string, into: Words): Words {
  if (typeof value === 'string') into.set(path, value)
  else for (const [name, inner] of Object.entries(Object(value))) flatten(inner, path ? `${path}.${name}` : name, into)
  return into
}
const wordsOf = (code: string): Words =>
  flatten(JSON.parse(readFileSync(new URL(`../../app/locales/${code}.json`, import.meta.url), 'utf8')), '', new Map())
const ENGLISH = wordsOf('en')

/** Code, what a browser asks for, and how a date looks: day, month and year in the language's own order. */
const LANGUAGES = [
  ['en', 'en-US', /\b\d{1,2} [A-Z][a-z]{2,3} \d{4}\b/],
  ['de', 'de-AT', /\b\d{1,2}\. \p{L}{3,4}\.? \d{4}\b/u],
  ['fr', 'fr-CA', /\b\d{1,2} \p{L}{3,5}\.? \d{4}\b/u],
  ['es', 'es-MX', /\b\d{1,2} \p{L}{3,4} \d{4}\b/u],
  ['pt-BR', 'pt-BR', /\b\d{1,2} de \p{L}{3}\. de \d{4}\b/u],
  ['ja', 'ja-JP', /\d{4}年\d{1,2}月\d{1,2}日/],
  ['zh-CN', 'zh-CN', /\d{4}年\d{1,2}月\d{1,2}日/],
  ['ar', 'ar-EG', /\d{1,2} \p{Script=Arabic}+ \d{4}/u],
] as const

const DIRECTIONS: Record<string, string> = { ar: 'rtl' }
const directionOf = (code: string) => DIRECTIONS[code] ?? 'ltr'

async function openIn(
  openPage: (target: Product, options?: BrowserContextOptions) => Promise<Page>, product: Product, api: ApiClient, options: BrowserContextOptions,
): Promise<Page> {
  const page = await openPage(product, options)
  await useSession(page, product, api)
  return page
}

/** All that is said on the page: its text, and what only a screen reader or a pointer meets. */
function everythingSaid(page: Page): Promise<string> {
  return page.evaluate(() => {
    const named = [...document.querySelectorAll('[aria-label], [title], [placeholder]')]
      .flatMap(element => ['aria-label', 'title', 'placeholder'].map(name => element.getAttribute(name) ?? ''))
    return [document.title, document.body.innerText, ...named].join('\n')
  })
}

const ROOTS = [...new Set([...ENGLISH.keys()].map(key => key.split('.')[0]))]
const KEY = new RegExp(`(?<![\\w./@])(${ROOTS.join('|')})(\\.\\w+)+`, 'g')
const HOST = 'app.nocodb.com'

/** English sentences that the language has words of its own for. */
function englishLeftIn(text: string, own: Words): string[] {
  return [...ENGLISH].flatMap(([key, english]) =>
    english.length > 15 && !/[{|]/.test(english) && own.get(key) !== english && text.includes(english) ? [english] : [])
}

async function expectAllSaid(page: Page, code: string, what: string): Promise<void> {
  const text = await everythingSaid(page)
  const faults = [...(text.match(KEY) ?? []).filter(found => found !== HOST), ...(text.match(/\{\w+\}/g) ?? [])]
  if (code !== 'en') faults.push(...englishLeftIn(text, wordsOf(code)))
  expect(faults, `${code} ${what}`).toEqual([])
  await expect(page.locator('html')).toHaveAttribute('lang', code)
  await expect(page.locator('html')).toHaveAttribute('dir', directionOf(code))
}

for (const [code, asked, date] of LANGUAGES) {
  test(`${code}: chosen by the browser's wish, whole on every page, dates in its way`, async ({ product, api, openPage, launch }) => {
    test.slow()
    await api.save('nc_demo_expiring')
    await api.save('nc_demo_revoked')
    await api.request('POST', '/api/users', { email: 'person@example.com', password: 'a long password', role: 'viewer' })
    const words = wordsOf(code)
    const visitor = await openPage(product, { locale: asked })
    await openPath(visitor, product, '/login')
    await expectAllSaid(visitor, code, 'signing in')
    const empty = await launch.product({ licenseServerUrl: product.url, env: { NC_ADMIN_EMAIL: undefined, NC_ADMIN_PASSWORD: undefined } })
    const first = await openPage(empty, { locale: asked })
    for (const path of ['/login', '/setup']) {
      await openPath(first, empty, path)
      await expectAllSaid(first, code, path)
    }
    const page = await openIn(openPage, product, api, { locale: asked })
    for (const path of ['/admin/license?method=offline', '/admin/license?method=airgapped', '/admin/activity', '/admin/access', '/admin/diagnostics', '/admin/nothing-here']) {
      await openPath(page, product, path)
      await expectAllSaid(page, code, path)
    }
    await openPath(page, product, '/admin/diagnostics')
    await page.getByRole('button', { name: words.get('diagnostics.run') }).click()
    await expect(page.getByRole('status').filter({ hasText: words.get('diagnostics.allGood') })).toBeVisible({ timeout: 20_000 })
    await expectAllSaid(page, code, 'diagnostics that were run')
    await openLicense(page, product)
    await page.getByTestId('replace').click()
    await page.locator('#credential').fill('nc_demo_revoked')
    await page.getByRole('button', { name: words.get('credential.preview'), exact: true }).click()
    await expect(page.getByRole('heading', { name: words.get('preview.sends'), exact: true })).toBeVisible()
    await page.getByRole('button', { name: words.get('credential.save'), exact: true }).click()
    await expect(page.getByRole('dialog', { name: words.get('replace.title') })).toBeVisible()
    await expectAllSaid(page, code, 'the question before a replacement')
    await page.getByTestId('confirm').click()
    await expect(page.getByRole('alert').getByRole('heading')).toHaveText(words.get('errors.LICENSE_REVOKED.title') ?? 'none')
    await expectAllSaid(page, code, 'a refused save')
    await page.getByRole('button', { name: words.get('credential.remove'), exact: true }).click()
    await expect(page.getByRole('dialog').getByRole('heading').first()).toBeVisible()
    await expectAllSaid(page, code, 'the dialog')
    expect(await page.locator('#status').innerText()).toMatch(date)
  })
}

test('an unknown language, and none at all, fall back to English', async ({ product, openPage }) => {
  for (const locale of ['nl-NL', 'ko-KR']) {
    const page = await openPage(product, { locale })
    await openPath(page, product, '/login')
    await expect(page.locator('html')).toHaveAttribute('lang', 'en')
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sign in')
  }
})

test('only the words of the language that is shown are loaded', async ({ product, api, openPage }) => {
  const page = await openIn(openPage, product, api, { locale: 'fr-FR' })
  const loaded: { url: string, text: Promise<string> }[] = []
  page.on('response', response => loaded.push({ url: response.url(), text: response.text().catch(() => '') }))
  await openPath(page, product, '/admin/license')
  const MARK: Words = new Map(LANGUAGES.map(([code]) => [code, wordsOf(code).get('status.sentence.paused') ?? 'none']))
  const found = async () => {
    const all = (await Promise.all(loaded.map(({ text }) => text))).join('\n')
    return [...MARK].filter(([, sentence]) => all.includes(sentence) || all.includes(JSON.stringify(sentence).slice(1, -1))).map(([code]) => code)
  }
  // The body of what was preloaded cannot always be read; the address then tells.
  const asked = () => loaded.flatMap(({ url }) => /\/_nuxt\/([\w-]+)\.[\w-]+\.json$/.exec(url)?.[1] ?? [])
  expect([...new Set([...asked(), ...await found()])]).toEqual(['fr'])
  await page.getByTestId('language').selectOption('ja')
  await expect(page.locator('html')).toHaveAttribute('lang', 'ja')
  expect([...new Set([...asked(), ...await found()])].toSorted()).toEqual(['fr', 'ja'])
})

test('the typeface of Arabic is loaded for a page in Arabic, and for no other, though every one names that language', async ({ product, api, openPage }) => {
  const fontsOf = async (locale: string) => {
    const page = await openIn(openPage, product, api, { locale })
    const fonts: string[] = []
    page.on('response', response => fonts.push(/\/_nuxt\/([\w-]+)\.[\w-]+\.woff2$/.exec(response.url())?.[1] ?? ''))
    await openPath(page, product, '/admin/license')
    await expect(page.getByTestId('language')).toContainText('العربية')
    await page.evaluate(() => document.fonts.ready)
    return { page, fonts: () => [...new Set(fonts.filter(Boolean))].toSorted() }
  }
  const english = await fontsOf('en')
  expect(english.fonts()).toEqual(['inter-latin-wght-normal'])
  await english.page.getByTestId('language').selectOption('ar')
  await expect.poll(english.fonts).toEqual(['inter-latin-wght-normal', 'noto-sans-arabic-arabic-wght-normal'])
  const arabic = await fontsOf('ar')
  expect(arabic.fonts()).toContain('noto-sans-arabic-arabic-wght-normal')
  expect(await arabic.page.evaluate(() => document.fonts.check('14px "Noto Sans Arabic Variable"', 'ترخيص'))).toBe(true)
})

test('another language is shown without a reload, keeps what is on the screen, and is remembered', async ({ licensePage: page, product }) => {
  const german = wordsOf('de')
  await page.getByLabel('License key or token').fill('nc_demo_revoked')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await expect(page.getByRole('alert').getByRole('heading')).toHaveText('This license was revoked')
  await page.evaluate(() => Object.assign(window, { isSameDocument: true }))
  await page.getByTestId('language').selectOption('de')
  await expect(page.getByRole('alert').getByRole('heading')).toHaveText(german.get('errors.LICENSE_REVOKED.title') ?? 'none')
  await expect(page.locator('html')).toHaveAttribute('lang', 'de')
  await expect(page.locator('#credential')).toHaveValue('nc_demo_revoked')
  expect(await page.evaluate(() => Reflect.get(window, 'isSameDocument'))).toBe(true)
  await expect(page).toHaveTitle(new RegExp(german.get('nav.license') ?? 'none'))

  await page.reload()
  await expectUsable(page)
  await expect(page.locator('html')).toHaveAttribute('lang', 'de')
  await page.getByRole('button', { name: german.get('nav.signOut') }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(german.get('login.title') ?? 'none')
  await expectUsable(page)
  await page.getByTestId('language').selectOption('es')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(wordsOf('es').get('login.title') ?? 'none')
  await page.locator('#email').fill(ADMIN.email)
  await page.locator('#password').fill(ADMIN.password)
  await page.keyboard.press('Enter')
  await expectState(page, 'unlicensed')
  await expect(page.locator('html')).toHaveAttribute('lang', 'es')
  await openPath(page, product, '/admin/activity')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(wordsOf('es').get('activity.title') ?? 'none')
})

test('of two languages chosen in a row the last is shown, and the first is not said to have failed', async ({ page, product, api }) => {
  await page.clock.install()
  await useSession(page, product, api)
  await openLicense(page, product)
  let release = () => {}
  const gate = new Promise<void>((resolve) => { release = resolve })
  await page.route(/\/_nuxt\/[^?]*\.json/, async (route) => {
    await gate
    await route.continue()
  })
  const language = page.getByTestId('language')
  await language.selectOption('de')
  await language.selectOption('fr')
  const loading = page.getByRole('status').filter({ hasText: 'Loading Français' })
  await expect(loading).toBeAttached()
  // The first is given up by then, and the second still waited for.
  await page.clock.fastForward(5_000)
  await expect(loading).toBeAttached()
  await expect(page.getByRole('alert')).toHaveCount(0)
  release()
  await expect(page.locator('html')).toHaveAttribute('lang', 'fr')
  await expect(language).toHaveValue('fr')
  await expect(page.getByRole('alert')).toHaveCount(0)
})

test('Arabic runs from right to left, what is typed and copied does not, and nothing overflows on a phone', async ({ product, api, openPage }) => {
  await api.save('nc_demo_expiring')
  const page = await openIn(openPage, product, api, { locale: 'ar', viewport: { width: 1440, height: 900 } })
  await openPath(page, product, '/admin/license?method=offline')
  const side = await page.getByRole('complementary').filter({ has: page.getByRole('navigation') }).boundingBox()
  expect(Math.round((side?.x ?? 0) + (side?.width ?? 0))).toBe(1440)
  const heading = await page.getByRole('heading', { level: 1 }).boundingBox()
  const language = await page.getByTestId('language').boundingBox()
  expect(heading?.x ?? 0).toBeGreaterThan(language?.x ?? 1440)
  const directions = await page.locator('code').evaluateAll(all => all.map(element => getComputedStyle(element).direction))
  expect(directions.length).toBeGreaterThan(3)
  expect(new Set(directions)).toEqual(new Set(['ltr']))
  const license = await api.license()
  await expect(page.getByTestId('instance-id')).toHaveText(license.instanceId)
  for (const id of ['#request-key', '#request-message']) {
    expect(await page.locator(id).evaluate(element => getComputedStyle(element).direction), id).toBe('ltr')
  }
  await page.getByTestId('replace').click()
  await page.locator('#credential').fill('nc_demo_standard')
  expect(await page.locator('#credential').evaluate(element => getComputedStyle(element).direction)).toBe('ltr')

  await page.setViewportSize({ width: 390, height: 844 })
  for (const path of ['/admin/license?method=offline', '/admin/activity', '/admin/diagnostics', '/admin/access']) {
    await openPath(page, product, path)
    await expectNoHorizontalScroll(page)
    expect(await page.evaluate(() => document.documentElement.scrollLeft), path).toBe(0)
  }
  await page.getByRole('button', { name: wordsOf('ar').get('nav.open') }).click()
  const farEdge = () => page.getByRole('dialog').evaluate(element => Math.round(element.getBoundingClientRect().right))
  await expect.poll(farEdge).toBe(390)
})

// The zone never stands alone in a line: the space before it is one that does not break.
const TIMES = /\d{1,2} [A-Z][a-z]{2,3} \d{4},? \d\d:\d\d\u00A0\S+/g
const timesOn = async (page: Page) => (await page.locator('#status dl.facts').textContent())?.match(TIMES) ?? []

for (const [zone, mark] of [['Asia/Tokyo', 'GMT+9'], ['America/Bogota', 'GMT-5']] as const) {
  test(`times are those of the browser in ${zone}; from the second page on the server knows`, async ({ product, api, openPage }) => {
    await api.save('nc_demo_standard')
    const page = await openIn(openPage, product, api, { timezoneId: zone })
    await openLicense(page, product)
    await expect.poll(() => timesOn(page)).toEqual([expect.stringContaining(mark), expect.stringContaining(mark)])
    let release = () => {}
    const gate = new Promise<void>((resolve) => { release = resolve })
    await page.route(/\/_nuxt\/[^?]*\.js|\/_i18n\//, async (route) => {
      await gate
      await route.continue()
    })
    await page.goto(`${product.url}/admin/license`, { waitUntil: 'commit' })
    await expect(page.locator('#outbound')).toBeAttached()
    const before = await timesOn(page)
    expect(before).toEqual([expect.stringContaining(mark), expect.stringContaining(mark)])
    release()
    await expectUsable(page)
    expect(await timesOn(page)).toEqual(before)
  })
}
