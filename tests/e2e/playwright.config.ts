import { defineConfig } from '@playwright/test'
import { BASE } from '../support/browser/playwright-base.ts'

/* What takes minutes: every flow by keyboard, every language, slow lines, narrow windows. */
const PEOPLE = /(clipboard|keyboard-\w+|languages|narrow|notices|offline-request|preferences|slow|tabs)\.spec\.ts$/

/** Read at the end by tests/faults/report.ts. */
const report = `${process.env.E2E_RESULTS ?? 'playwright'}.json`

export default defineConfig(BASE, {
  globalSetup: './begin-run.ts',
  projects: [{ name: 'core', testIgnore: PEOPLE }, { name: 'people', testMatch: PEOPLE }],
  testDir: '.',
  outputDir: '../../test-results',
  metadata: { report },
  reporter: [['list'], ['json', { outputFile: `../faults/.results/${report}` }]],
})
