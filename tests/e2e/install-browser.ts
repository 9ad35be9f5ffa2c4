import { spawnSync } from 'node:child_process'
import { findBrowser } from './browser.ts'

/* Installs a browser for the end-to-end tests where none is found: Playwright's own, else Debian's. */

const ATTEMPTS: [string, ...string[]][] = [
  ['playwright install chromium', 'playwright', 'install', 'chromium'],
  ['apt-get install chromium', 'sh', '-c', 'apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium'],
]

for (const [name, command = '', ...args] of ATTEMPTS) {
  if (findBrowser()) break
  process.stdout.write(`No browser found; trying: ${name}\n`)
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: 300_000 })
  if (status !== 0) process.stdout.write(`  did not work: ${stderr?.trim().split('\n').at(-1) ?? ''}\n`)
}
if (!findBrowser()) {
  process.stderr.write('The end-to-end tests need Chromium or Chrome: install one, or set CHROMIUM_PATH to it.\n')
  process.exit(1)
}
