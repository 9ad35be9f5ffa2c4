import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/* Real programs that tests run beside the product (a proxy, a browser, a clock), installed from Debian where missing. */

const LOCK = '/tmp/nc-license-apt.lock'
const PATIENCE = 600_000

/** Whether packages can be installed at all: by root, on Debian and what derives from it. */
export function mayInstall(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0
}

/**
 * Installs a Debian package unless `find` already finds what it provides, and returns what was found. If it can't be installed,
 * prints the reason and returns undefined. Test files running side by side wait for each other.
 */
export function findOrInstall(name: string, find: () => string | undefined): string | undefined {
  const found = find()
  if (found) return found
  if (!mayInstall()) {
    console.warn(`Not tried: ${name} is not installed, and only root on Debian can install it (apt-get install ${name}).`)
    return undefined
  }
  const install = `apt-get update -qq && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ${name}`
  const { status, stderr } = spawnSync('flock', [LOCK, 'sh', '-c', install], { encoding: 'utf8', timeout: PATIENCE })
  const installed = find()
  if (!installed) console.warn(`Not tried: ${name} could not be installed; apt-get ended with ${status}: ${stderr?.trim().split('\n').at(-1) ?? ''}`)
  return installed
}

/**
 * The path of a command, also searched where Debian puts servers; undefined if there is none. What a package of npm brings along
 * does not count: it may have nothing but the name in common.
 */
export function findCommand(command: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter).filter(folder => !folder.includes('node_modules')), '/usr/sbin', '/sbin']
  return folders.map(folder => join(folder, command)).find(path => existsSync(path))
}
