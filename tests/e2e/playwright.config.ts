import { defineConfig } from '@playwright/test'
import { BROWSER_ARGS, findBrowser } from '../support/browser/launch.ts'

/* What takes minutes: every flow by keyboard, every language, slow lines, narrow windows. */
const PEOPLE = /(clipboard|keyboard-\w+|languages|narrow|offline-request|preferences|slow|tabs)\.spec\.ts$/

export default defineConfig({
  projects: [{ name: 'core', testIgnore: PEOPLE }, { name: 'people', testMatch: PEOPLE }],
  testDir: '.',
  outputDir: '../../test-results',
  // A test takes some seconds; on a machine that is busy with other things, many times that.
  timeout: 120_000,
  expect: { timeout: 15_000 },
  workers: 2,
  // Every test has processes of its own.
  fullyParallel: true,
  forbidOnly: true,
  // A browser on a busy machine misses a moment now and then; one that needed a second try is reported as flaky.
  retries: process.env.CI ? 1 : 0,
  // The second is read at the end by tests/faults/report.ts.
  reporter: [['list'], ['json', { outputFile: `../faults/.results/${process.env.E2E_RESULTS ?? 'playwright'}.json` }]],
  use: {
    locale: 'en-US',
    timezoneId: 'Europe/Berlin',
    viewport: { width: 1440, height: 900 },
    launchOptions: { ...(findBrowser() ? { executablePath: findBrowser() } : {}), args: BROWSER_ARGS },
    screenshot: 'only-on-failure',
    // Recording costs more than the tests do; asked for with --trace on.
    trace: 'off',
  },
})
