import type { Page } from '@playwright/test'
import { expect, test } from '../support/browser/fixtures.ts'
import { badgeOf, expectState, fieldOf, openField, openPath, saveCredential } from '../support/browser/screen.ts'

/* What somebody has set in their system: less motion, colours of their own. */

test('people who want less motion see none: saving, dialog and menu included', async ({ licensePage: page, licenseServer }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  const motions = () => page.evaluate(async () => {
    // A transition exists from the second frame after the change that begins it.
    for (let frames = 0; frames < 2; frames++) await new Promise(requestAnimationFrame)
    return document.getAnimations().flatMap((animation) => {
      const { duration, iterations } = animation.effect?.getComputedTiming() ?? {}
      const target = animation.effect instanceof KeyframeEffect ? animation.effect.target : null
      return Number(duration) > 10 || iterations === Infinity ? [`${target?.tagName} ${target?.getAttribute('class')} ${duration} ms ${iterations}`] : []
    })
  })
  await licenseServer.control.addFault({ call: 'activate', times: 1, fault: { type: 'hold' } })
  await saveCredential(page, 'nc_demo_standard')
  await expect(page.getByRole('button', { name: 'Saving…' })).toBeVisible()
  expect(await motions()).toEqual([])
  await licenseServer.control.clearFaults()
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

test('with forced colours, controls, the focus and what is chosen can be told apart', async ({ licensePage: page, product, api }) => {
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
  await openField(page)
  for (const target of [fieldOf(page), page.getByRole('button', { name: 'Save', exact: true }), page.getByRole('button', { name: /^Offline/ })]) {
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
