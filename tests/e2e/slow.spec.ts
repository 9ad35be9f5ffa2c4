import type { Page } from '@playwright/test'
import { PNG } from 'pngjs'
import { ADMIN } from '../support/product-process.ts'
import { expect, test, useSession } from '../support/browser/fixtures.ts'
import { expectSaved, expectState, expectUsable, fieldOf, openLicense, openPath, replaceDialogOf, signInByForm } from '../support/browser/screen.ts'

/* A slow line: the page is there, and its scripts are not yet. */

/** Keeps scripts, words and the stylesheet back until the function it returns is called. */
async function holdScripts(page: Page): Promise<() => Promise<void>> {
  let release = () => {}
  const gate = new Promise<void>((resolve) => { release = resolve })
  await page.route(/\/_nuxt\/[^?]*\.(js|json|css)$/, async (route) => {
    await gate
    await route.continue()
  })
  return async () => {
    release()
    await expectUsable(page)
  }
}

/**
 * Opens a path and returns as soon as the server's page is there, and painted: until then a browser takes the parts with
 * `content-visibility: auto` for out of sight, and their heights are guesses.
 */
async function arrive(page: Page, address: string): Promise<void> {
  await page.goto(address, { waitUntil: 'commit' })
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await page.waitForFunction(() => document.readyState !== 'loading')
  await page.evaluate(async () => {
    await document.fonts.ready
    await new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)))
  })
}

const isUsable = (page: Page) => page.evaluate(() => typeof Reflect.get(window, 'useNuxtApp') === 'function')

const SCREENS = ['/login', '/admin/license', '/admin/license?method=offline', '/admin/activity', '/admin/diagnostics', '/admin/access']
const LOOKS = [['light', 1440, 900], ['light', 390, 844], ['dark', 1440, 900], ['dark', 390, 844]] as const

test('without any script the page can be read', async ({ product, api, openPage }) => {
  await api.save('nc_demo_standard')
  const page = await openPage(product)
  await holdScripts(page)
  await arrive(page, `${product.url}/login`)
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible()
  await useSession(page, product, api)
  await arrive(page, `${product.url}/admin/license`)
  await expectState(page, 'active')
  await expect(page.getByTestId('instance-id')).toHaveText((await api.license()).instanceId)
  await expect(page.getByText('Acme Robotics')).toBeVisible()
  expect(await isUsable(page)).toBe(false)
})

/** How the parts look that a late style would change. */
function looksOf(page: Page): Promise<string[]> {
  const PROPERTIES = ['color', 'backgroundColor', 'borderTopColor', 'borderTopLeftRadius', 'borderTopWidth', 'paddingTop', 'paddingLeft', 'fontFamily', 'fontSize', 'fontWeight', 'height', 'width', 'boxShadow', 'display']
  return page.evaluate(properties => [...document.querySelectorAll('.ant-btn, .ant-input, .card, select, .badge, h1, h2')].map((element) => {
    const style = getComputedStyle(element)
    return [element.tagName, element.className, ...properties.map(name => Reflect.get(style, name))].join(' ')
  }), PROPERTIES)
}

/** Which share of the pixels differs clearly; a clock that has moved on is some dozen of them. */
function differenceOf(before: Uint8Array, after: Uint8Array): number {
  const [first, second] = [PNG.sync.read(before), PNG.sync.read(after)]
  expect([second.width, second.height]).toEqual([first.width, first.height])
  let changed = 0
  for (let at = 0; at < first.data.length; at += 4) {
    const far = [0, 1, 2].some(channel => Math.abs((first.data[at + channel] ?? 0) - (second.data[at + channel] ?? 0)) > 24)
    if (far) changed++
  }
  return changed / (first.data.length / 4)
}

/** Every layout shift (W3C Layout Instability) since the page began, with what moved. */
function movesOf(page: Page): Promise<{ at: number, value: number, what: string }[]> {
  return page.evaluate(() => new Promise((resolve) => {
    const found: { at: number, value: number, what: string }[] = []
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const sources: unknown = Reflect.get(entry, 'sources')
        const names = Array.isArray(sources) ? sources.map(({ node }) => `${node?.nodeName} ${node?.className ?? node?.textContent}`) : []
        found.push({ at: entry.startTime, value: Number(Reflect.get(entry, 'value')), what: names.join(', ') })
      }
    }).observe({ type: 'layout-shift', buffered: true })
    // Entries of the past are handed over before the second frame.
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => resolve(found))))
  }))
}

for (const [scheme, width, height] of LOOKS) {
  test(`it looks the same before the scripts run and after, ${scheme}, ${width} wide`, async ({ product, api, openPage }) => {
    test.slow()
    await api.save('nc_demo_expiring')
    const page = await openPage(product, { colorScheme: scheme, reducedMotion: 'reduce', viewport: { width, height } })
    await openPath(page, product, '/login')
    for (const path of SCREENS) {
      if (path.startsWith('/admin')) await useSession(page, product, api)
      const ready = await holdScripts(page)
      await arrive(page, product.url + path)
      await expect(page.locator('html')).toHaveAttribute('data-theme', scheme)
      const [looks, picture] = [await looksOf(page), await page.screenshot()]
      expect(await isUsable(page), path).toBe(false)
      await ready()
      expect(await looksOf(page), path).toEqual(looks)
      expect(differenceOf(picture, await page.screenshot()), path).toBeLessThan(0.002)
      await page.unrouteAll()
    }
  })

  test(`nothing moves while the page comes to life, ${scheme}, ${width} wide`, async ({ product, api, openPage }) => {
    test.slow()
    await api.save('nc_demo_expiring')
    for (const path of SCREENS) {
      // The first visit, of which the server knows neither zone nor scheme, and the second. In UTC, which is what the server takes a
      // zone that it does not know for: in any other the first times become others, and whether a line breaks there depends on the hour.
      const page = await openPage(product, { colorScheme: scheme, viewport: { width, height }, timezoneId: 'UTC' })
      // A time on the page may change by itself at any moment, too, so the clock stands still.
      await page.addInitScript(() => {
        const at = Date.now()
        Date.now = () => at
      })
      if (path.startsWith('/admin')) await useSession(page, product, api)
      for (const visit of ['first', 'second']) {
        const ready = await holdScripts(page)
        await arrive(page, product.url + path)
        const released = await page.evaluate(() => performance.now())
        await ready()
        const moves = await movesOf(page)
        // A hundredth is not seen.
        expect(moves.reduce((sum, { value }) => sum + value, 0), `${path}, ${visit} visit: ${JSON.stringify(moves)}`).toBeLessThan(0.01)
        if (visit === 'second') expect(moves.filter(({ at }) => at >= released), `${path}, ${visit} visit`).toEqual([])
        await page.unrouteAll()
      }
      await page.context().close()
    }
  })
}

/** Notes every address and every call of a page. */
function watchCalls(page: Page) {
  const addresses: string[] = []
  const calls: string[] = []
  page.on('request', (request) => {
    addresses.push(request.url())
    if (request.method() !== 'GET') calls.push(`${request.method()} ${new URL(request.url()).pathname}`)
  })
  page.on('framenavigated', frame => addresses.push(frame.url()))
  return { calls, expectNoneWith: (secret: string) => expect(addresses.filter(address => decodeURIComponent(address).includes(secret))).toEqual([]) }
}

for (const way of ['Enter', 'a click', 'three clicks']) {
  test(`who fills in the sign-in form and sends it by ${way} before it can answer is signed in, once`, async ({ page, product }) => {
    const { calls, expectNoneWith } = watchCalls(page)
    const ready = await holdScripts(page)
    await arrive(page, `${product.url}/login`)
    await page.getByLabel('E-mail').fill(ADMIN.email)
    await page.getByLabel('Password').pressSequentially(ADMIN.password)
    if (way === 'Enter') await page.keyboard.press('Enter')
    else await page.getByRole('button', { name: 'Sign in' }).click({ clickCount: way === 'a click' ? 1 : 3 })
    await expect(page).toHaveURL(/\/login$/)
    await expect(page.getByLabel('Password')).toHaveValue(ADMIN.password)
    await expect(page.locator('html')).toHaveAttribute('data-pending', '')
    expect(calls).toEqual([])
    await ready()
    await expectState(page, 'unlicensed')
    await expect(page.locator('html')).not.toHaveAttribute('data-pending', '')
    expect(calls).toEqual(['POST /api/auth/login'])
    expectNoneWith('correct')
    expectNoneWith(ADMIN.email)
  })
}

test('what is typed into the sign-in form before it can respond stays, and a click sends it afterwards', async ({ page, product }) => {
  const ready = await holdScripts(page)
  await arrive(page, `${product.url}/login`)
  await page.getByLabel('E-mail').fill(ADMIN.email)
  await page.getByLabel('Password').fill(ADMIN.password)
  await ready()
  await expect(page.getByLabel('E-mail')).toHaveValue(ADMIN.email)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expectState(page, 'unlicensed')
})

test('a key pasted and saved before the page can respond is saved afterwards, once, and is in no address', async ({ page, product, api, licenseServer }) => {
  await useSession(page, product, api)
  const { calls, expectNoneWith } = watchCalls(page)
  const ready = await holdScripts(page)
  await arrive(page, `${product.url}/admin/license`)
  const field = fieldOf(page)
  await field.focus()
  await page.keyboard.insertText('nc_demo_standard')
  await page.getByRole('button', { name: 'Save', exact: true }).click({ clickCount: 2 })
  await expectState(page, 'unlicensed')
  await expect(field).toHaveValue('nc_demo_standard')
  await ready()
  await expectSaved(page)
  await expectState(page, 'active')
  expect(calls).toEqual(['PUT /api/license'])
  expect((await licenseServer.control.requests()).map(({ path }) => path)).toEqual(['/api/v1/licenses/activate'])
  expectNoneWith('nc_demo_standard')
})

test('Replace license pressed before the page can respond leads to the field afterwards', async ({ page, product, api }) => {
  await api.save('nc_demo_standard')
  await useSession(page, product, api)
  const ready = await holdScripts(page)
  await arrive(page, `${product.url}/admin/license`)
  await page.getByRole('button', { name: 'Replace license' }).click()
  await expect(fieldOf(page)).toHaveCount(0)
  await ready()
  await expect(fieldOf(page)).toBeFocused()
})

test('a save over a license in force, clicked before the page can respond, asks afterwards', async ({ page, product, api, licenseServer }) => {
  const { instanceId } = await api.license()
  const tokenFor = (days: number) => {
    const exp = Math.floor(Date.now() / 1000 + days * 86_400)
    return licenseServer.control.issueToken({ instance_id: instanceId, claims: { exp } })
  }
  await api.save(await tokenFor(5))
  const next = await tokenFor(500)
  await useSession(page, product, api)
  const ready = await holdScripts(page)
  await arrive(page, `${product.url}/admin/license`)
  await fieldOf(page).fill(next)
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await ready()
  await expect(replaceDialogOf(page).getByRole('row', { name: /^Ends/ })).toBeVisible()
  await replaceDialogOf(page).getByRole('button', { name: 'Replace license' }).click()
  await expectSaved(page)
})

test('a file chosen before the page can respond is read afterwards', async ({ page, product, api }) => {
  await useSession(page, product, api)
  const ready = await holdScripts(page)
  await arrive(page, `${product.url}/admin/license`)
  await page.getByLabel('Choose a file').setInputFiles({ name: 'key.txt', mimeType: 'text/plain', buffer: Buffer.from('nc_ag_demo_airgapped') })
  await ready()
  await expect(fieldOf(page)).toHaveValue('nc_ag_demo_airgapped')
})

test('a key typed before the page can respond is kept, with what is known about it', async ({ page, product, api }) => {
  await useSession(page, product, api)
  const ready = await holdScripts(page)
  await arrive(page, `${product.url}/admin/license`)
  await fieldOf(page).pressSequentially('nc_ag_demo_airgapped')
  await ready()
  await expect(fieldOf(page)).toHaveValue('nc_ag_demo_airgapped')
  await expect(fieldOf(page)).toHaveAttribute('data-method', 'airgapped')
  await expect(fieldOf(page)).toBeFocused()
})

/** Types once into a field in the very moment in which its component has taken it over, and others have not. */
async function typeAmidHydration(page: Page, selector: string, text: string): Promise<void> {
  await page.addInitScript(({ selector, text }) => {
    document.addEventListener('DOMContentLoaded', () => {
      const field = document.querySelector(selector)
      if (!(field instanceof HTMLTextAreaElement)) return
      const listen = field.addEventListener.bind(field)
      const type = () => {
        field.value = text
        field.dispatchEvent(new Event('input', { bubbles: true }))
        Reflect.set(window, 'typedEarly', 'takeEarlyActions' in window)
      }
      field.addEventListener = (...of: Parameters<typeof listen>) => {
        listen(...of)
        if (of[0] === 'input') queueMicrotask(type)
      }
    })
  }, { selector, text })
}

test('a key typed while the page comes to life is kept', async ({ page, product, api }) => {
  await useSession(page, product, api)
  await typeAmidHydration(page, '#credential', 'nc_ag_demo_airgapped')
  await openLicense(page, product)
  await expect(fieldOf(page)).toHaveValue('nc_ag_demo_airgapped')
  await expect(fieldOf(page)).toHaveAttribute('data-method', 'airgapped')
  expect(await page.evaluate(() => Reflect.get(window, 'typedEarly'))).toBe(true)
})

test('a button pressed before the page can respond takes effect afterwards', async ({ page, product, api }) => {
  await api.save('nc_demo_standard')
  await useSession(page, product, api)
  const { calls } = watchCalls(page)
  const ready = await holdScripts(page)
  await arrive(page, `${product.url}/admin/license`)
  await page.getByRole('button', { name: 'Remove license' }).click()
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await ready()
  await expect(page.getByRole('dialog', { name: 'Remove the license?' })).toBeVisible()
  expect(calls).toEqual([])
})

test('a stylesheet whose answer never comes does not keep the page from responding', async ({ page, product, api }) => {
  await api.save('nc_demo_standard')
  await useSession(page, product, api)
  await page.route(/\.css$/, () => {})
  await openLicense(page, product)
  await page.getByRole('button', { name: 'Remove license' }).click()
  await expect(page.getByRole('dialog', { name: 'Remove the license?' })).toBeVisible()
})

test('a stylesheet that did not come holds nothing up, and comes after all', async ({ page, product, api }) => {
  test.slow()
  await api.save('nc_demo_standard')
  await useSession(page, product, api)
  let isHeld = true
  await page.route(/\.css$/, route => isHeld ? route.abort() : route.continue())
  await openLicense(page, product)
  await page.getByRole('button', { name: 'Remove license' }).click()
  const dialog = page.getByRole('dialog', { name: 'Remove the license?' })
  await expect(dialog).toHaveCSS('border-top-left-radius', '0px')
  isHeld = false
  // Each wait is twice the last, and as long as all before it.
  await expect(dialog).not.toHaveCSS('border-top-left-radius', '0px', { timeout: 40_000 })
})

test('a language and appearance chosen before the page can respond take effect and are remembered', async ({ page, product, api }) => {
  await signInByForm(page, product)
  for (const path of ['/admin/license', '/admin/activity']) {
    await api.request('GET', '/api/license')
    await openPath(page, product, path)
    await page.getByTestId('language').selectOption('en')
    await page.locator('label').filter({ hasText: 'Light' }).first().click()
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'light')
    const ready = await holdScripts(page)
    await arrive(page, product.url + path)
    await page.locator('label').filter({ hasText: 'Dark' }).first().click()
    await page.getByTestId('language').selectOption('fr')
    await ready()
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')
    await expect(page.locator('html')).toHaveAttribute('lang', 'fr')
    await page.unrouteAll()
    await openLicense(page, product)
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Licence')
  }
})
