import type { Page } from '@playwright/test'
import { signIn } from '../support/api-client.ts'
import type { Product } from '../support/product-process.ts'
import { expect, test, useSession } from '../support/browser/fixtures.ts'
import {
  badgeOf, credentialOf, expectFailure, expectNoHorizontalScroll, expectState, expectUsable, fieldOf, fillLogin, openLicense, openPath, saveCredential,
  statusOf,
} from '../support/browser/screen.ts'
import { watchPage } from '../support/browser/watch.ts'

const PATHS = ['/login', '/admin/license?method=offline', '/admin/license?method=airgapped', '/admin/activity', '/admin/diagnostics', '/admin/access']

/** What of the page is cut off or out of reach at the side: every control, badge and heading shows all of its words. */
async function expectNothingLost(page: Page, what: string): Promise<void> {
  const lost = await page.evaluate(() => {
    const found: string[] = []
    for (const element of document.querySelectorAll('body *')) {
      // The skip link waits above the page; what is hidden for the eye is cut off on purpose; a table scrolls in its frame.
      if (element.closest('.skip, .visually-hidden, .nuxt-route-announcer, .table-wrap, noscript, svg, option') || element.getClientRects().length === 0) continue
      const box = element.getBoundingClientRect()
      const style = getComputedStyle(element)
      const isCut = style.display !== 'inline' && ['hidden', 'clip'].includes(style.overflowX) && style.textOverflow !== 'ellipsis' && !element.matches('textarea') && element.scrollWidth > element.clientWidth
      const spills = style.display !== 'inline' && element.matches('button, .ant-btn, .badge, summary, h1, h2, h3, dt, dd') && element.scrollWidth > element.clientWidth + 1
      const isLow = element.matches('button, .ant-btn, .badge') && element.scrollHeight > element.clientHeight + 1
      const isOut = box.left < -1 || box.right > innerWidth + 1
      if (isCut || spills || isLow || isOut) found.push(`${element.tagName} ${element.className} ${element.textContent?.trim().slice(0, 40)} ${Math.round(box.left)}-${Math.round(box.right)} ${element.scrollWidth}/${element.clientWidth}`)
    }
    return found.slice(0, 12)
  })
  expect(lost, what).toEqual([])
  await expectNoHorizontalScroll(page)
}

async function refuseClipboard(page: Page, kind: 'refused' | 'missing'): Promise<void> {
  await page.addInitScript((way) => {
    if (way === 'missing') Object.defineProperty(navigator, 'clipboard', { value: undefined })
    else navigator.clipboard.writeText = () => Promise.reject(new DOMException('no', 'NotAllowedError'))
    document.execCommand = () => false
  }, kind)
}

for (const kind of ['refused', 'missing'] as const) {
  test(`where the clipboard is ${kind}, whatever was to be copied is selected, and said to be`, async ({ page, product, api }) => {
    await refuseClipboard(page, kind)
    await useSession(page, product, api)
    await openPath(page, product, '/admin/license?method=offline')
    const { instanceId } = await api.license()
    const message = await page.getByLabel('Message', { exact: true }).inputValue()
    for (const [name, text] of [
      ['Copy: Instance ID', instanceId], ['Copy for support', `Instance ID: ${instanceId}`],
      ['Copy: Find it in the log', 'docker compose logs nocodb | grep "Instance ID"'], ['Copy message', message],
    ] as const) {
      await page.getByRole('button', { name, exact: true }).first().click()
      await expect(page.getByRole('status').filter({ hasText: 'Selected. Press Ctrl+C' })).toBeAttached()
      const selected = await page.evaluate(() => {
        const area = document.activeElement
        return area instanceof HTMLTextAreaElement ? area.value.slice(area.selectionStart, area.selectionEnd) : ''
      })
      expect(selected, name).toContain(text)
      expect(selected.startsWith(text), name).toBe(true)
      await page.keyboard.press('Tab')
      await expect(page.getByRole('button', { name: 'Selected. Press Ctrl+C' })).toHaveCount(0)
    }
    await page.getByRole('link', { name: 'Copy a link to this section: Which method?' }).click()
    await expect(page).toHaveURL(/#method$/)
    await expect(page.getByText('Link copied')).toHaveCount(0)
  })
}

test('the mail to support has subject and body, and copying beside it gives the same text', async ({ licensePage: page, product, api, licenseServer }) => {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: product.url })
  const { key } = await licenseServer.control.createLicense({ method: 'standard', organization: 'Müller & Söhne? #1' })
  await api.save(key)
  await licenseServer.control.changeLicense(key, { status: 'revoked', reason: 'Invoice & <b>4711</b>\nis open' })
  await api.checkIn()
  await openLicense(page, product)
  await expectState(page, 'revoked')
  const href = await statusOf(page).getByRole('link', { name: 'Write to support' }).getAttribute('href') ?? ''
  const mail = new URL(href)
  expect([mail.protocol, mail.pathname, mail.searchParams.get('subject')]).toEqual(['mailto:', 'cs@nocodb.com', 'NocoDB license: revoked'])
  expect([...mail.searchParams.keys()]).toEqual(['subject', 'body'])
  expect(href).not.toMatch(/[\s<>"]/)
  await statusOf(page).getByRole('button', { name: 'Copy for support' }).click()
  const copied = await page.evaluate(() => navigator.clipboard.readText())
  const withoutClock = (text: string | null) => text?.replace(/^Server time: .*$/m, '').trim()
  expect(withoutClock(mail.searchParams.get('body'))).toBe(`revoked\n\n${withoutClock(copied)}`)
  expect(copied).toContain(`Instance ID: ${(await api.license()).instanceId}`)
  await saveCredential(page, 'nc_demo_revoked')
  const alert = await expectFailure(page, 'LICENSE_REVOKED', 'This license was revoked')
  const refused = new URL(await alert.getByRole('link', { name: 'Write to support' }).getAttribute('href') ?? '')
  expect(refused.searchParams.get('subject')).toBe('NocoDB license: NCL-104 LICENSE_REVOKED')
  expect(refused.searchParams.get('body')).toContain(`Instance ID: ${(await api.license()).instanceId}`)
  for (const secret of [key, 'nc_demo_revoked', 'admin@example.com']) expect(href + copied + refused.href).not.toContain(secret)
})

const SIZES = [
  { name: 'at 200 % zoom', viewport: { width: 720, height: 450 }, deviceScaleFactor: 2, locale: 'en-US' },
  { name: 'at 320 pixels', viewport: { width: 320, height: 640 }, deviceScaleFactor: 1, locale: 'en-US' },
  { name: 'at 320 pixels in German', viewport: { width: 320, height: 640 }, deviceScaleFactor: 1, locale: 'de-DE' },
  { name: 'at 320 pixels in French', viewport: { width: 320, height: 640 }, deviceScaleFactor: 1, locale: 'fr-FR' },
  { name: 'at 320 pixels in Arabic', viewport: { width: 320, height: 640 }, deviceScaleFactor: 1, locale: 'ar-EG' },
]
for (const { name, ...options } of SIZES) {
  test(`${name} nothing is cut off or out of reach`, async ({ product, api, openPage }) => {
    await api.save('nc_demo_expiring')
    await api.request('POST', '/api/users', { email: 'a.person.with.a.long.name@subsidiary.example.com', password: 'a long password', role: 'viewer' })
    const page = await openPage(product, options)
    for (const path of PATHS) {
      if (path !== '/login') await useSession(page, product, api)
      await openPath(page, product, path)
      await expectNothingLost(page, path)
    }
    await openLicense(page, product)
    await page.locator('#credential').fill('nc_demo_revoked')
    await page.locator('#activate form .ant-btn').last().click()
    await expect(page.locator('.preview')).toBeVisible()
    await page.locator('#activate form .ant-btn').first().click()
    await expect(page.getByRole('alert')).toBeVisible()
    await expectNothingLost(page, 'a refused save')
    await page.locator('#activate .ant-btn-dangerous').click()
    const cancel = page.getByRole('dialog').getByRole('button').first()
    await expect(cancel).toBeInViewport()
    await expectNothingLost(page, 'the dialog')
    await page.keyboard.press('Escape')
    await page.locator('header.bar button').click()
    const items = page.locator('dialog .item, dialog .who button, dialog .switch label')
    await expect(items).toHaveCount(8)
    for (const item of await items.all()) {
      await item.scrollIntoViewIfNeeded()
      await expect(item).toBeInViewport({ ratio: 1 })
    }
  })
}

// The greatest distances that WCAG 2.2, 1.4.12 asks a page to bear.
const SPACING = '* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-bottom: 2em !important }'
for (const width of [1440, 390]) {
  test(`wider text spacing loses nothing, ${width} wide`, async ({ licensePage: page, product, api }) => {
    await api.save('nc_demo_expiring')
    await page.setViewportSize({ width, height: 900 })
    for (const path of PATHS.slice(1)) {
      await openPath(page, product, path)
      await page.addStyleTag({ content: SPACING })
      await expectNothingLost(page, path)
    }
  })
}

test('who wants less motion sees none: saving, dialog and menu included', async ({ licensePage: page, licenseServer }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  const motions = () => page.evaluate(() => new Promise<string[]>(resolve => setTimeout(() => resolve(document.getAnimations().flatMap((animation) => {
    const { duration, iterations } = animation.effect?.getComputedTiming() ?? {}
    const target = animation.effect instanceof KeyframeEffect ? animation.effect.target : null
    return Number(duration) > 10 || iterations === Infinity ? [`${target?.tagName} ${target?.getAttribute('class')} ${duration} ms ${iterations}`] : []
  })), 50)))
  await licenseServer.control.addFault({ call: 'activate', times: 1, fault: { type: 'delay', ms: 4000 } })
  await saveCredential(page, 'nc_demo_standard')
  await expect(page.getByRole('button', { name: 'Saving…' })).toBeVisible()
  expect(await motions()).toEqual([])
  await expectState(page, 'active')
  await page.getByRole('button', { name: 'Remove license' }).click()
  await expect(page.getByRole('dialog').getByRole('button', { name: 'Cancel' })).toBeVisible()
  expect(await motions()).toEqual([])
  await page.keyboard.press('Escape')
  await page.setViewportSize({ width: 390, height: 844 })
  await page.getByRole('button', { name: 'Open the menu' }).click()
  await expect(page.getByRole('dialog', { name: 'Admin Panel' })).toBeVisible()
  expect(await motions()).toEqual([])
})

/** What a person still tells a thing from its neighbours by when all colours are the system's. */
const marksOf = (page: Page, selector: string) => page.locator(selector).evaluateAll(all => all.map((element) => {
  const { outlineStyle, outlineWidth, borderTopStyle, borderTopWidth, borderTopColor, backgroundColor, textDecorationLine } = getComputedStyle(element)
  return [outlineStyle, outlineWidth, borderTopStyle, borderTopWidth, borderTopColor, backgroundColor, textDecorationLine].join(' ')
}))

test('with forced colours, controls, focus and what is chosen can be told', async ({ licensePage: page, product, api }) => {
  await api.save('nc_demo_standard')
  await page.emulateMedia({ forcedColors: 'active' })
  await openPath(page, product, '/admin/license?method=airgapped')
  const isPlain = await page.evaluate(() => matchMedia('(forced-colors: active)').matches)
  expect(isPlain).toBe(true)
  await expect(badgeOf(page)).toHaveText('Active')
  const badge = await badgeOf(page).evaluate((element) => {
    const { color, backgroundColor, borderTopStyle } = getComputedStyle(element)
    return { differs: color !== backgroundColor, borderTopStyle }
  })
  expect(badge).toEqual({ differs: true, borderTopStyle: 'solid' })
  for (const [chosen, other] of [
    ['.choice[aria-pressed=true]', '.choice[aria-pressed=false]'], ['.sidebar .switch label:has(:checked)', '.sidebar .switch label:not(:has(:checked))'],
    ['.sidebar [aria-current=page]', '.sidebar .item:not([aria-current])'],
  ] as const) {
    const [marks, others] = [await marksOf(page, chosen), await marksOf(page, other)]
    expect(marks, chosen).toHaveLength(1)
    expect(others.length, other).toBeGreaterThan(1)
    expect(others, chosen).not.toContain(marks[0])
  }
  for (const target of [fieldOf(page), page.getByRole('button', { name: 'Preview' }), page.getByRole('button', { name: /^Offline/ })]) {
    await target.focus()
    await page.keyboard.press('Shift+Tab')
    await page.keyboard.press('Tab')
    await expect(target).toBeFocused()
    const { outlineStyle, outlineWidth } = await target.evaluate(element => getComputedStyle(element))
    expect([outlineStyle, Number.parseFloat(outlineWidth) >= 1]).toEqual(['solid', true])
  }
  const borders = await page.locator('main .ant-btn, main textarea, main .choice, main select').evaluateAll(all => all.map(element => getComputedStyle(element).borderTopStyle))
  expect(new Set(borders)).toEqual(new Set(['solid']))
})

const long = (letter: string) => letter.repeat(10_000)
// A feature's name has 256 characters at most (the lease's schema); forty of them are ten thousand together.
const LONG_TERMS = {
  'organization': { organization: long('O') },
  'plan': { plan: long('p') },
  'features': { features: ['sso', ...Array.from({ length: 39 }, (_, nth) => `${nth}`.padEnd(256, 'f'))] },
  'features of many words': { features: Array.from({ length: 40 }, (_, nth) => `${nth} ${'words of a name '.repeat(15).trim()}`) },
}
for (const [what, terms] of Object.entries(LONG_TERMS)) {
  test(`F07: with ten thousand characters in the ${what} everything keeps its place`, async ({ licensePage: page, product, api, licenseServer }) => {
    test.slow()
    const { control } = licenseServer
    const { key } = await control.createLicense({ method: 'standard', ...terms })
    expect((await api.save(key)).status).toBe(200)
    const { instanceId } = await api.license()
    const token = await control.issueToken({ instance_id: instanceId })
    for (const [width, height] of [[1440, 900], [390, 844], [320, 640]] as const) {
      await page.setViewportSize({ width, height })
      await openLicense(page, product)
      await expectState(page, 'active')
      await expectNothingLost(page, `active ${width}`)
      await fieldOf(page).fill(token)
      await page.getByRole('button', { name: 'Preview' }).click()
      await expect(page.getByRole('region', { name: 'What would change' })).toBeVisible()
      await expectNothingLost(page, `preview ${width}`)
      await page.getByRole('button', { name: 'Remove license' }).click()
      const dialog = page.getByRole('dialog')
      await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeVisible()
      await expectNothingLost(page, `dialog ${width}`)
      if (what.startsWith('features')) await dialog.getByRole('button', { name: 'Show all' }).click()
      await expectNothingLost(page, `dialog, all of it ${width}`)
      await dialog.getByRole('button', { name: 'Cancel' }).scrollIntoViewIfNeeded()
      await dialog.getByRole('button', { name: 'Cancel' }).click()
      await expect(dialog).toBeHidden()
      await page.evaluate(() => document.querySelectorAll('button.link-button[aria-expanded=false]').forEach(button => button instanceof HTMLElement && button.click()))
      await expectNothingLost(page, `everything shown ${width}`)
      await openPath(page, product, '/admin/activity')
      await expectNothingLost(page, `activity ${width}`)
    }
  })
}

test('F07: with ten thousand characters in the reason of a revocation everything keeps its place', async ({ licensePage: page, product, api, licenseServer }) => {
  const { key } = await licenseServer.control.createLicense({ method: 'standard' })
  await api.save(key)
  await licenseServer.control.changeLicense(key, { status: 'revoked', reason: long('R') })
  await api.checkIn()
  for (const [width, height] of [[1440, 900], [390, 844]] as const) {
    await page.setViewportSize({ width, height })
    await openLicense(page, product)
    await expectState(page, 'revoked')
    await expectNothingLost(page, `revoked ${width}`)
    await statusOf(page).getByRole('button', { name: 'Show all' }).click()
    await expect(statusOf(page)).toContainText(long('R'))
    await expectNothingLost(page, `the whole reason ${width}`)
    await openPath(page, product, '/admin/activity')
    await expectNothingLost(page, `activity ${width}`)
  }
})

/** The page looks again when somebody comes back to it. */
const comeBack = (page: Page) => page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))

for (const path of ['/admin/license?method=offline#renewal', '/admin/activity', '/admin/access']) {
  test(`a session that ends while ${path} is open leads to the sign-in page and back`, async ({ licensePage: page, product, api }) => {
    await openPath(page, product, path)
    expect((await api.request('POST', '/api/auth/logout')).status).toBeLessThan(300)
    await comeBack(page)
    await expect(page).toHaveURL(/\/login\?next=/)
    await expectUsable(page)
    await fillLogin(page)
    await expect(page).toHaveURL(product.url + path)
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  })
}

test('a save after the session has ended changes nothing, says so, and keeps what was entered', async ({ licensePage: page, product, api }) => {
  await api.request('POST', '/api/auth/logout')
  await saveCredential(page, 'nc_demo_standard')
  await expect(credentialOf(page).getByRole('alert')).toContainText('You are not signed in')
  await expect(fieldOf(page)).toHaveValue('nc_demo_standard')
  expect((await (await signIn(product.url)).license()).state).toBe('unlicensed')
})

async function openTab(page: Page, product: Product, complaints: string[]): Promise<Page> {
  const tab = await page.context().newPage()
  await watchPage(tab, [`127.0.0.1:${product.port}`], complaints)
  await openLicense(tab, product)
  return tab
}

test('what one tab does is seen in the other, which keeps what is typed there; signing out ends both', async ({ licensePage: page, product }) => {
  const complaints: string[] = []
  const other = await openTab(page, product, complaints)
  await fieldOf(other).fill('nc_demo_airgapped typed here')
  await saveCredential(page, 'nc_demo_standard')
  await expectState(page, 'active')
  await comeBack(other)
  await expectState(other, 'active')
  await expect(fieldOf(other)).toHaveValue('nc_demo_airgapped typed here')

  await page.getByRole('button', { name: 'Remove license' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove license' }).click()
  await expectState(page, 'unlicensed')
  // Nothing is there any more to check in; the other tab says so and shows the new state.
  await other.locator('#activate').getByRole('button', { name: 'Check in now' }).click()
  await expectFailure(other, 'NO_LICENSE', 'There is no license')
  await expectState(other, 'unlicensed')
  await fieldOf(other).fill('nc_demo_other')
  await expect(other.getByRole('alert')).toHaveCount(0)

  await page.getByRole('button', { name: 'Sign out' }).click()
  await expect(page).toHaveURL(/\/login$/)
  // While an action is under way the page does not look again; coming back once more does.
  await expect(async () => {
    await comeBack(other)
    await expect(other).toHaveURL(/\/login\?next=/, { timeout: 3000 })
  }).toPass()
  expect(complaints).toEqual([])
})
