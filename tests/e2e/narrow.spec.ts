import type { Page } from '@playwright/test'
import { expect, test, useSession } from '../support/browser/fixtures.ts'
import { expectNothingLost } from '../support/browser/layout.ts'
import { expectState, fillField, openLicense, openPath, statusOf } from '../support/browser/screen.ts'

/* Narrow windows, zoom, wide spacing, and texts of any length: everything keeps its place. */

const PATHS = ['/login', '/admin/license?method=offline', '/admin/license?method=airgapped', '/admin/activity', '/admin/diagnostics', '/admin/access']

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
    await page.getByTestId('replace').click()
    await page.locator('#credential').fill('nc_demo_revoked')
    await page.locator('#activate form .row .ant-btn').nth(1).click()
    await expect(page.locator('.preview')).toBeVisible()
    await page.getByTestId('save').click()
    const replace = page.getByRole('dialog').getByRole('button').last()
    await expect(replace).toBeInViewport()
    await expectNothingLost(page, 'the question before a license is replaced')
    await replace.click()
    await expect(page.getByRole('alert')).toBeVisible()
    await expectNothingLost(page, 'a refused save')
    await page.locator('#status .ant-btn-dangerous').click()
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

/** The names of all that can be clicked, chosen or filled in on the page. */
const controlsOf = (page: Page) => page.locator('main').locator('a[href], button, input, select, textarea, summary').evaluateAll(all => all
  .filter(element => element.checkVisibility({ visibilityProperty: true }))
  .map((element) => {
    const label = 'labels' in element && element.labels instanceof NodeList ? element.labels[0]?.textContent : undefined
    return [element.localName, (element.getAttribute('aria-label') ?? label ?? element.textContent).trim()].join(' ')
  }))

test('whatever can be done in a wide window can be done in a narrow one', async ({ licensePage: page, product, api }) => {
  const expectAllThere = async (what: string) => {
    await page.setViewportSize({ width: 1440, height: 900 })
    const wide = await controlsOf(page)
    expect(wide.length, what).toBeGreaterThan(2)
    await page.setViewportSize({ width: 320, height: 640 })
    const narrow = await controlsOf(page)
    expect(wide.filter(name => !narrow.includes(name)), what).toEqual([])
  }
  await expectAllThere('without a license')
  await api.save('nc_demo_expiring')
  for (const path of PATHS.slice(1)) {
    await openPath(page, product, path)
    await expectAllThere(path)
  }
  await openLicense(page, product)
  await page.getByTestId('replace').click()
  await expectAllThere('the field beside a license')
})

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
      await fillField(page, token)
      await expect(page.getByRole('region', { name: /^What (else )?would change$/ })).toBeVisible()
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
