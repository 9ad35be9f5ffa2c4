import { spawnSync } from 'node:child_process'
import { findOrInstall, mayInstall } from '../support/debian-packages.ts'
import { findBrowser, findPreferredBrowser } from '../support/browser/launch.ts'

/* Installs a browser for the end-to-end tests: Debian's headless Chromium; else, where none is found, Playwright's own. */

if (mayInstall()) findOrInstall('chromium-headless-shell', findPreferredBrowser)
if (!findBrowser()) {
  process.stdout.write('No browser found; trying Playwright\'s own.\n')
  const { status, stderr } = spawnSync('playwright', ['install', 'chromium'], { encoding: 'utf8', timeout: 300_000 })
  if (status !== 0) process.stdout.write(`  did not work: ${stderr?.trim().split('\n').at(-1) ?? ''}\n`)
}
if (!findBrowser() && !findOrInstall('chromium', findBrowser)) {
  process.stderr.write('The end-to-end tests need Chromium or Chrome: install one, or set CHROMIUM_PATH to it.\n')
  process.exit(1)
}
