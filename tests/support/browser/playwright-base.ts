import type { PlaywrightTestConfig } from '@playwright/test'
import { BROWSER_ARGS, findBrowser } from './launch.ts'

const browser = findBrowser()

/** What every run in a browser has in common. No test gets a second try: one that fails now and then is a defect. */
export const BASE: PlaywrightTestConfig = {
  // A test takes some seconds; on a machine that is busy with other things, many times that.
  timeout: 120_000,
  expect: { timeout: 15_000 },
  workers: 2,
  // Every test has processes of its own.
  fullyParallel: true,
  forbidOnly: true,
  retries: 0,
  use: {
    locale: 'en-US',
    timezoneId: 'Europe/Berlin',
    viewport: { width: 1440, height: 900 },
    launchOptions: { ...(browser ? { executablePath: browser } : {}), args: BROWSER_ARGS },
    screenshot: 'only-on-failure',
    // Recording costs more than the tests do; asked for with --trace on.
    trace: 'off',
  },
}
