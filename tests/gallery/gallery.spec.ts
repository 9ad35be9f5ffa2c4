import { join } from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { expect, test as base } from '../support/browser/fixtures.ts'
import { expectNoHorizontalScroll } from '../support/browser/screen.ts'
import { applyVariant, setLanguage } from './apply-variant.ts'
import { measure } from './measure.ts'
import { takePicture } from './picture.ts'
import type { Scene, Stage } from './scene.ts'
import { SCENES } from './scenes/index.ts'
import { STATE_SCENES } from './scenes/states.ts'
import { SHOTS } from './shots-folder.ts'
import type { Variant } from './variants.ts'
import { modeOf } from './variants.ts'

const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
const { shots, variants } = modeOf(process.env.GALLERY)

const STATES = new Set<Scene>(Object.values(STATE_SCENES))

const test = base.extend<{ stage: Stage }>({
  stage: async ({ page, product, licenseServer, launch }, use) => {
    const endings: (() => unknown)[] = []
    await use({ page, product, licenseServer, launch, atEnd: end => endings.push(end) })
    for (const end of endings.toReversed()) await end()
  },
})

async function expectAccessible(page: Page, where: string): Promise<void> {
  // Looks from within the page, which has no frames, and keeps only what is wrong. A page of its own, its default, takes a third longer.
  const { violations } = await new AxeBuilder({ page }).options({ resultTypes: ['violations'] }).withTags(WCAG).setLegacyMode().analyze()
  const found = violations.map(({ id, nodes }) => `${where}: ${id}: ${nodes.map(({ target, any }) => [...target, any[0]?.message].join(' ')).join(' | ')}`)
  expect.soft(found).toEqual([])
}

/** What a page may be long, in pixels: as long as the problem, and where there is none, a screen. */
const LONGEST = { wide: 1400, wideSettled: 900, phoneSettled: 1100 }

/** Holds the page of a state to its length; it has one thing to do, and in the first screenful says each date once. */
async function expectShort(page: Page, isSettled: boolean, { name, width, language }: Variant): Promise<void> {
  const { height, words, controls, dates, primaries } = await measure(page)
  test.info().annotations.push({ type: name, description: `${height} px, ${words} words, ${controls} controls, ${dates.length} dates` })
  expect.soft(primaries, `${name}: primary buttons`).toBeLessThanOrEqual(1)
  expect.soft(dates.filter((date, at) => dates.indexOf(date) < at), `${name}: dates said twice`).toEqual([])
  if (language !== 'en') return
  const longest = width > 1024 ? (isSettled ? LONGEST.wideSettled : LONGEST.wide) : isSettled ? LONGEST.phoneSettled : Infinity
  expect.soft(height, `${name}: height`).toBeLessThanOrEqual(longest)
}

test('every scene has a name of its own', () => {
  const names = SCENES.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
})

for (const scene of SCENES) {
  test.describe(scene.name, () => {
    test.use({ productOptions: scene.productOptions ?? {} })

    test('is accessible, fits, and is quiet on the console', async ({ stage }) => {
      const { page } = stage
      await scene.prepare(stage)
      for (const [index, variant] of variants.entries()) {
        if (scene.onlyEnglish && variant.language !== 'en') continue
        if (index > 0 && scene.fleeting) {
          await setLanguage(page, 'en')
          await scene.prepare(stage)
        }
        await test.step(variant.name, async () => {
          await applyVariant(page, variant)
          await expectNoHorizontalScroll(page)
          if (STATES.has(scene)) await expectShort(page, scene === STATE_SCENES.active, variant)
          if (shots) await takePicture(page, join(SHOTS, scene.name, `${variant.name}.png`))
          await expectAccessible(page, variant.name)
        })
      }
    })
  })
}
