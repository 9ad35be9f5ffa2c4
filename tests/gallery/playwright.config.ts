import { defineConfig } from '@playwright/test'
import base from '../e2e/playwright.config.ts'
import { modeOf } from './variants.ts'

const { shots, variants } = modeOf(process.env.GALLERY)

export default defineConfig(base, {
  testDir: '.',
  projects: [],
  outputDir: '../../test-results/gallery',
  reporter: [['list']],
  timeout: 60_000 + 30_000 * variants.length,
  ...(shots ? { globalTeardown: './contact-sheet.ts' } : {}),
})
