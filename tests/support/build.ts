import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SOURCES = ['app', 'server', 'shared', 'nuxt.config.ts', 'package.json', 'package-lock.json', 'tests/license-server/keys']
const BUILT = join(ROOT, '.output-sandbox', 'nitro.json')

/** Makes the sandbox build unless it is newer than everything it is made from. Throws with the build's output if it fails. */
export function ensureSandboxBuild(): void {
  const newest = Math.max(...SOURCES.map(source => newestIn(join(ROOT, source))))
  if (existsSync(BUILT) && statSync(BUILT).mtimeMs > newest) return
  process.stdout.write('Building the sandbox build (about a minute) …\n')
  const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', 'build:sandbox'], { cwd: ROOT, encoding: 'utf8' })
  if (status !== 0) throw new Error(`the sandbox build failed:\n${stdout}\n${stderr}`)
}

function newestIn(path: string): number {
  const stats = statSync(path)
  if (!stats.isDirectory()) return stats.mtimeMs
  return Math.max(stats.mtimeMs, ...readdirSync(path).map(name => newestIn(join(path, name))))
}
