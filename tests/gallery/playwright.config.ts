import { defineConfig } from '@playwright/test'
import { BASE } from '../support/browser/playwright-base.ts'
import { modeOf } from './variants.ts'

const { shots, variants } = modeOf(process.env.GALLERY)

export default defineConfig(BASE, {
  testDir: '.',
  outputDir: '../../test-results/gallery',
  reporter: [['list']],
  timeout: 60_000 + 30_000 * variants.length,
  ...(shots ? { globalTeardown: './contact-sheet.ts' } : {}),
})
