import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BUTTON_PAGE, buildEmptyApplication } from './empty-application.ts'
import type { Figure } from './figure.ts'

/* B11: what the product takes on disk, to install and to build. Reported only. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const OUTPUT = join(ROOT, '.output-sandbox')
const MB = 1024 * 1024
const HEAVIEST = 5
const LOOK_EVERY = 200
const CI = ['ci', '--no-audit', '--no-fund', '--loglevel=error', '--include=dev', '--include=optional']

/** Installs and builds in a folder of its own, as on a new machine. */
export async function measureFootprint(): Promise<Figure[]> {
  const empty = buildEmptyApplication(BUTTON_PAGE)
  const folder = mkdtempSync(join(tmpdir(), 'bench-footprint-'))
  try {
    for (const name of ['package.json', 'package-lock.json', 'nuxt.config.ts', 'tsconfig.json', 'app', 'server', 'shared', 'tests', '.npmrc']) {
      if (existsSync(join(ROOT, name))) cpSync(join(ROOT, name), join(folder, name), { recursive: true })
    }
    const install = await watched('npm', [...CI, '--cache', join(folder, '.npm-cache')], folder)
    const build = await watched('npm', ['run', '--silent', 'build:sandbox'], folder)
    const [ours, reference] = [packagesIn(OUTPUT), packagesIn(empty.output)]
    const reported = (what: string, value: number, beside: number, unit: string, note = ''): Figure => ({ id: 'B11', what, ours: value, reference: beside, unit, budget: null, note })
    return [
      reported('output on disk, beside an empty application with one button', bytesIn(OUTPUT) / MB, bytesIn(empty.output) / MB, 'MB'),
      reported('packages that the server loads, beside the same', ours.length, reference.length, '', `the heaviest: ${ours.slice(0, HEAVIEST).map(({ name, bytes }) => `${name} ${(bytes / MB).toFixed(1)} MB`).join(', ')}`),
      reported('`npm ci` with an empty cache (reference: a minute)', install.seconds, 60, 's'),
      reported('the build (reference: a minute)', build.seconds, 60, 's'),
      reported('the build\'s memory at its peak, all processes (reference: 1 GB)', build.peak, 1024, 'MB'),
    ]
  }
  finally {
    rmSync(folder, { recursive: true })
    empty.remove()
  }
}

/** Runs a command; how long it took, and the most memory (MB) that it and its descendants had together. */
async function watched(command: string, args: string[], cwd: string): Promise<{ seconds: number, peak: number }> {
  const startedAt = performance.now()
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] })
  let peak = 0
  const looking = setInterval(() => { peak = Math.max(peak, memoryOfTree(child.pid ?? 0)) }, LOOK_EVERY)
  const [code] = await once(child, 'close')
  clearInterval(looking)
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}`)
  return { seconds: (performance.now() - startedAt) / 1000, peak }
}

/** MB; memory that processes share counts for each of them only by its part. */
function memoryOfTree(root: number): number {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    const parent = /^\d+$/.test(name) ? Number(/^PPid:\s+(\d+)/m.exec(read(`/proc/${name}/status`))?.[1]) : NaN
    if (!Number.isNaN(parent)) children.set(parent, [...children.get(parent) ?? [], Number(name)])
  }
  const sum = (pid: number): number => Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) / 1024
    + (children.get(pid) ?? []).reduce((total, child) => total + sum(child), 0)
  return sum(root)
}

/** Empty for a process that has just ended. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  }
  catch {
    return ''
  }
}

/** The packages beside a built server, heaviest first. */
function packagesIn(output: string): { name: string, bytes: number }[] {
  const folder = join(output, 'server/node_modules')
  if (!existsSync(folder)) return []
  const names = readdirSync(folder).flatMap(name => name.startsWith('@') ? readdirSync(join(folder, name)).map(inner => `${name}/${inner}`) : [name])
  return names.filter(name => !name.startsWith('.'))
    .map(name => ({ name, bytes: bytesIn(join(folder, name)) })).toSorted((a, b) => b.bytes - a.bytes)
}

function bytesIn(path: string): number {
  const stats = statSync(path)
  return stats.isDirectory() ? readdirSync(path).reduce((sum, name) => sum + bytesIn(join(path, name)), 0) : stats.size
}
