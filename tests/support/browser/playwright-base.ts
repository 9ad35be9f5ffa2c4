import type { PlaywrightTestConfig } from '@playwright/test'
import { BROWSER_ARGS, findBrowser } from './launch.ts'

const browser = findBrowser()

/** The configuration that all browser runs share. No test is retried: one that fails now and then is a defect. */
export const BASE: PlaywrightTestConfig = {
  // A test takes a few seconds, but many times that on a busy machine.
  timeout: 120_000,
  expect: { timeout: 15_000 },
  // On two processors: a test also waits, for processes to start and for time to pass.
  workers: 3,
  // Every test has its own processes.
  fullyParallel: true,
  forbidOnly: true,
  retries: 0,
  use: {
    locale: 'en-US',
    timezoneId: 'Europe/Berlin',
    viewport: { width: 1440, height: 900 },
    launchOptions: { ...(browser ? { executablePath: browser } : {}), args: BROWSER_ARGS },
    screenshot: 'only-on-failure',
    // Recording takes longer than the tests themselves; use --trace on to get it.
    trace: 'off',
  },
}
