import { existsSync } from 'node:fs'
import { chromium } from '@playwright/test'

/**
 * Debian's headless Chromium: the same engine for two thirds of the processor time. The program itself, as the script in /usr/bin that
 * starts it passes no signals on.
 */
const HEADLESS = '/usr/lib/chromium/chromium-headless-shell'
const INSTALLED = [
  '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/** Flags that let Chromium run in a container and stop it from making requests of its own. */
export const BROWSER_ARGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
]

/** The browser to test with: the one of `findPreferredBrowser`, else an installed one or Playwright's; undefined if there is none. */
export function findBrowser(): string | undefined {
  return findPreferredBrowser() ?? [...INSTALLED, chromium.executablePath()].find(path => existsSync(path))
}

/** CHROMIUM_PATH, or Debian's headless Chromium; undefined if there is neither. */
export function findPreferredBrowser(): string | undefined {
  return [process.env.CHROMIUM_PATH, HEADLESS].find(path => path && existsSync(path))
}
