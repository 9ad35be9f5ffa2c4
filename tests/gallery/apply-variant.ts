import type { Page } from '@playwright/test'
import { expect } from '@playwright/test'
import { expectUsable } from '../support/browser/screen.ts'
import type { Variant } from './variants.ts'

/** Chooses the language on the page. */
export async function setLanguage(page: Page, language: Variant['language']): Promise<void> {
  // Behind a dialog it cannot be clicked, but the words of the dialog change with it.
  await page.getByTestId('language').first().selectOption(language, { force: true })
  await expect(page.locator('html')).toHaveAttribute('dir', language === 'ar' ? 'rtl' : 'ltr')
}

/** Changes the open page in place, so that what it shows stays. */
export async function applyVariant(page: Page, { scheme, width, height, language }: Variant): Promise<void> {
  await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
  await page.setViewportSize({ width, height })
  // Nothing under the pointer.
  await page.mouse.move(0, 0)
  await expectUsable(page)
  await expect(page.locator('html')).toHaveAttribute('data-theme', scheme)
  if (await page.locator('html').getAttribute('dir') !== (language === 'ar' ? 'rtl' : 'ltr')) await setLanguage(page, language)
  await page.evaluate(async () => {
    scrollTo(0, 0)
    // What is below the window is drawn as well: it is looked at and measured too.
    for (const part of document.querySelectorAll<HTMLElement>('.event')) part.style.contentVisibility = 'visible'
    await document.fonts.ready
    const frame = () => new Promise(resolve => requestAnimationFrame(resolve))
    await frame()
    await frame()
  })
}
