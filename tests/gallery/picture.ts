import type { Page } from '@playwright/test'

/**
 * Takes a picture of all of the page. The window grows to the page's height for it, so that what is fixed to the window
 * (the side bar) reaches the end; a dialog belongs into a window of its usual size.
 */
export async function takePicture(page: Page, path: string): Promise<void> {
  const before = page.viewportSize()
  const modal = await page.locator('dialog[open], .ant-modal-wrap:visible').count() > 0
  if (before && !modal) {
    const height = await page.evaluate(() => document.documentElement.scrollHeight)
    await page.setViewportSize({ width: before.width, height: Math.max(height, before.height) })
  }
  await page.screenshot({ path, animations: 'disabled', caret: 'hide' })
  if (before) await page.setViewportSize(before)
}
