import type { Browser, Page } from '@playwright/test'
import { supportBundleSchema } from '../../shared/schemas.ts'
import { explainBundle } from '../../server/runtime/explain.ts'
import type { ApiClient } from '../support/api-client.ts'
import { badgeOf, checkInNow, fillLogin, openPath, pressSave } from '../support/browser/screen.ts'
import type { Product } from '../support/product-process.ts'
import type { Deed } from './injection.ts'

/* The places where a failure is met, and what they say. */

export const WIDTHS = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } } as const

export interface Seen {
  /** All text in the first screenful, as the page leaves a person after the deed. */
  visible: string
  /** The words of what was found, without all that stands around them. */
  told: string
  /** The reference shown there, or null. */
  reference: string | null
  /** What its entry says. */
  entry: string
  /** `data-cause` of what is shown. */
  causes: string[]
}

/** Opens the License page, signed in. */
export async function openPanel(browser: Browser, product: Product, size: keyof typeof WIDTHS): Promise<Page> {
  const context = await browser.newContext({ viewport: WIDTHS[size], locale: 'en-GB' })
  const page = await context.newPage()
  await openPath(page, product, '/login?next=/admin/license')
  await fillLogin(page)
  await badgeOf(page).waitFor()
  await page.waitForLoadState('networkidle')
  return page
}

/** Does the deed as a person would, and reads what the page then shows without scrolling. */
export async function readPage(page: Page, deed: Deed, credential: string): Promise<Seen> {
  await act(page, deed, credential)
  const visible = inOneLine(await page.evaluate(textInSight))
  const reference = /NCL-\d{3}/.exec(visible)?.[0] ?? null
  const findings = page.getByTestId('finding')
  const causes = await findings.evaluateAll(all => all.map(each => each.getAttribute('data-cause') ?? ''))
  const words = await findings.filter({ visible: true }).allInnerTexts()
  const told = [...new Set(words.map(inOneLine))].join(' ')
  const entry = reference === null ? '' : await entryOf(page, reference)
  await page.context().close()
  return { visible, told, reference, entry, causes }
}

async function act(page: Page, deed: Deed, credential: string): Promise<void> {
  if (deed === 'look') {
    // At the next poll; what is missing then is missing.
    await page.getByTestId('finding').first().waitFor({ timeout: 45_000 }).catch(() => undefined)
    return
  }
  if (deed === 'save') await pressSave(page, credential)
  else await checkInNow(page, 'Check in now')
  await page.getByTestId('notice').first().waitFor({ timeout: 30_000 })
  // What the page does by itself (scrolling, focusing) is part of how it leaves a person.
  await page.waitForTimeout(400)
}

/** Runs in the browser: the text of everything that is in the viewport and can be seen. */
function textInSight(): string {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  const parts: string[] = []
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const range = document.createRange()
    range.selectNodeContents(node)
    const isInSight = [...range.getClientRects()].some(({ top, bottom, left, right, width }) =>
      width > 0 && top >= 0 && bottom <= innerHeight && left >= 0 && right <= innerWidth + 1)
    const element = node.parentElement
    if (isInSight && element?.checkVisibility({ opacityProperty: true, visibilityProperty: true })) parts.push(node.textContent ?? '')
  }
  return parts.join(' ')
}

const inOneLine = (text: string) => text.replaceAll(/\s+/g, ' ').trim()

/** Follows the reference, as a click on it does, and reads what is then to be seen of its entry. */
async function entryOf(page: Page, reference: string): Promise<string> {
  await page.evaluate((hash) => { location.hash = hash }, reference)
  const entry = page.locator(`[id="${reference}"]`).first()
  return await entry.waitFor({ timeout: 5000 }).then(() => entry.innerText(), () => '')
}

/** What a support engineer reads out of the bundle; null where there is none to be had. */
export async function readBundle(client: ApiClient): Promise<string | null> {
  const { text, status } = await client.request('GET', '/api/license/support-bundle')
  return status === 200 ? explainBundle(supportBundleSchema.parse(JSON.parse(text))).join('\n') : null
}
