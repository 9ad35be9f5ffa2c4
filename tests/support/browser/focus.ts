import type { Locator, Page } from '@playwright/test'
import { expect } from '@playwright/test'

/* The screen as keyboard users experience it. */

/** Where the focus is; `top` and `bottom` in pixels from the top of the document. `fault`: why it can't be seen, if so. */
export interface Stop { name: string, isInMain: boolean, top: number, bottom: number, fault: string | null }

/** Where the focus is; undefined when it is nowhere. */
export function focusOf(page: Page): Promise<Stop | undefined> {
  return page.evaluate(() => {
    const focused = document.activeElement
    if (!focused || focused === document.body) return undefined
    // A radio button is drawn by its label.
    const shown = focused.matches('.visually-hidden') ? focused.closest('label') ?? focused : focused
    const style = getComputedStyle(shown)
    const isRinged = (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1)
      || (shown.matches('input, textarea') && style.boxShadow !== 'none')
    const area = shown.getClientRects()[0] ?? shown.getBoundingClientRect()
    const [left, right] = [Math.max(0, area.left), Math.min(innerWidth, area.right)]
    const [top, bottom] = [Math.max(0, area.top), Math.min(innerHeight, area.bottom)]
    const hit = document.elementFromPoint((left + right) / 2, (top + bottom) / 2)
    const isOnTop = right > left && bottom > top && hit !== null && (shown.contains(hit) || hit.contains(shown))
    const fault = !isRinged ? 'is not marked' : !isOnTop ? 'is covered or out of sight' : null
    return {
      name: focused.getAttribute('aria-label') ?? (focused.id || shown.textContent?.trim().slice(0, 60)) ?? focused.tagName,
      isInMain: focused.closest('main') !== null, top: area.top + scrollY, bottom: area.bottom + scrollY, fault,
    }
  })
}

/** Expects the focus to be visible: marked, on screen and not covered. */
export async function expectFocusShown(page: Page): Promise<void> {
  await expect.poll(async () => {
    const stop = await focusOf(page)
    return stop ? stop.fault && `${stop.name} ${stop.fault}` : 'nothing has the focus'
  }).toBeNull()
}

/** Presses Tab until the target has the focus, and expects it to be visible there. */
export async function tabTo(page: Page, target: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  await expect(target).toBeVisible()
  for (let presses = 0; presses < 120; presses++) {
    if (await target.evaluate(element => element === document.activeElement)) return expectFocusShown(page)
    await page.keyboard.press(key)
  }
  await expect(target).toBeFocused()
}

/** Tabs to the target and presses a key on it. */
export async function pressOn(page: Page, target: Locator, key = 'Enter'): Promise<void> {
  await tabTo(page, target)
  await page.keyboard.press(key)
}

/** All tab stops, in order from the start of the page. */
export async function walk(page: Page): Promise<Stop[]> {
  const stops: Stop[] = []
  for (let presses = 0; presses < 120; presses++) {
    await page.keyboard.press('Tab')
    const stop = await focusOf(page)
    // The last stop is followed by the browser's own controls, or by the first one again.
    if (!stop || (stops[0] && stop.name === stops[0].name)) return stops
    stops.push(stop)
  }
  throw new Error('the focus does not come to an end')
}
