import type { Page } from '@playwright/test'

/** How much stands on a page, and what stands in its first screenful. */
export interface Measures {
  /** Pixels from the top of the page to its end, without the strip that only sandbox builds have. */
  height: number
  /** Words that can be seen on the page itself, without the menu. */
  words: number
  /** Buttons, links and fields of the page itself that can be used. */
  controls: number
  /** Dates, with their time of day, in the first screenful. */
  dates: string[]
  /** Buttons that are drawn as the one thing to do, dialogs aside. */
  primaries: number
}

/** Measures the page as it is, from its top. */
export function measure(page: Page): Promise<Measures> {
  return page.evaluate(() => {
    const main = document.querySelector('main')
    if (!main) throw new Error('there is no page')
    const HOW = { opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true }
    const isSeen = (element: Element | null) => element?.checkVisibility(HOW) === true
    const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT)
    const all: string[] = []
    const first: string[] = []
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (!isSeen(node.parentElement) || node.parentElement?.closest('.visually-hidden')) continue
      const range = document.createRange()
      range.selectNodeContents(node)
      const boxes = [...range.getClientRects()].filter(({ width }) => width > 0)
      if (boxes.length === 0) continue
      all.push(node.textContent ?? '')
      if (boxes.every(({ bottom }) => bottom <= innerHeight)) first.push(node.textContent ?? '')
    }
    const visible = (selector: string) => [...main.querySelectorAll(selector)].filter(isSeen)
    const strip = document.querySelector('.sandbox')?.getBoundingClientRect().height ?? 0
    return {
      height: Math.round(main.getBoundingClientRect().bottom + scrollY - strip),
      words: all.join(' ').split(/\s+/).filter(word => /[\p{L}\p{N}]/u.test(word)).length,
      controls: visible('button, a[href], input, select, textarea, summary').length,
      dates: first.join(' ').replaceAll(',', '').match(/\d{1,2} \p{L}+ \d{4} \d\d:\d\d/gu) ?? [],
      primaries: visible('.ant-btn-primary').filter(button => button.closest('dialog') === null).length,
    }
  })
}
