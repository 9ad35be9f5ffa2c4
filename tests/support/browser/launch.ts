import { existsSync } from 'node:fs'
import { chromium } from '@playwright/test'

/** Debian's Chromium without windows: the same engine for two thirds of the processor time. (Its command outlives its signals.) */
const SHELL = '/usr/lib/chromium/chromium-headless-shell'
const INSTALLED = [
  '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/** Flags that let Chromium run in a container and stop it from making requests of its own. */
export const BROWSER_ARGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
]

/** The browser to test with: the one of `findLightBrowser`, else an installed one or Playwright's; undefined if there is none. */
export function findBrowser(): string | undefined {
  return findLightBrowser() ?? [...INSTALLED, chromium.executablePath()].find(path => existsSync(path))
}

/** CHROMIUM_PATH, or Debian's browser without windows; undefined if there is neither. */
export function findLightBrowser(): string | undefined {
  return [process.env.CHROMIUM_PATH, SHELL].find(path => path && existsSync(path))
}
