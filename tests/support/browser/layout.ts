import type { Page } from '@playwright/test'
import { expect } from '@playwright/test'
import { expectNoHorizontalScroll } from './screen.ts'

/** Expects nothing to be cut off or out of reach at the sides: every control, badge and heading shows its whole text. */
export async function expectNothingLost(page: Page, what: string): Promise<void> {
  const lost = await page.evaluate(() => {
    const found: string[] = []
    for (const element of document.querySelectorAll('body *')) {
      // Three are cut off on purpose: the skip link above the page, visually hidden text, and tables, which scroll.
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
