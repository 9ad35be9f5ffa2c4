import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { COMPILED } from '../../support/compiled.ts'
import type { Kind, Pace } from './interruptions.ts'
import { aimAt } from './interruptions.ts'
import type { Standing } from './standing.ts'

const PROGRAM = fileURLToPath(new URL('domain-process.ts', import.meta.url))
/** For what is bundled with it and is no ES module. */
const REQUIRE = 'import { createRequire } from \'node:module\'; const require = createRequire(import.meta.url)'

/** Makes one file of the domain's process, which is started by the hundred: a start takes less than half the time. Resolves to its path. */
export async function bundleDomain(folder: string): Promise<string> {
  const outfile = join(folder, 'domain-process.mjs')
  await build({
    entryPoints: [PROGRAM], outfile, bundle: true, platform: 'node', format: 'esm', external: ['pg-native'], banner: { js: REQUIRE }, logLevel: 'error',
  })
  return outfile
}

export interface Life {
  /** Where it stood at its start; undefined: the start failed. */
  started: Standing | undefined
  /** The last that it acknowledged before it was killed. */
  last: Standing | undefined
  acknowledged: number
  /** What it had begun and not acknowledged when it was killed. */
  amid: Kind | undefined
  /** Whether the change that was aimed at was acknowledged before the end. */
  finished: boolean
  errors: string
}

export interface Plan {
  /** From `bundleDomain`. */
  program: string
  databaseUrl: string
  serverUrl: string
  keys: string[]
  /** How many changes are acknowledged at least. */
  changes: number
  /** What the kill is aimed at. */
  target: Kind
  pace: Pace
}

/** Lets the domain's process live by the plan and kills it. */
export function liveAndDie({ program, databaseUrl, serverUrl, keys, changes, target, pace }: Plan): Promise<Life> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, databaseUrl, serverUrl, ...keys], {
      env: { ...process.env, ...COMPILED }, stdio: ['ignore', 'pipe', 'pipe'],
    })
    const life: Life = { started: undefined, last: undefined, acknowledged: -1, amid: undefined, finished: false, errors: '' }
    let dying = false
    let beganAt = 0
    child.stderr.on('data', (chunk: Buffer) => { life.errors += chunk.toString() })
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { begins, standing } = readLine(line)
      if (begins) {
        life.amid = begins
        beganAt = performance.now()
        if (dying || begins !== target || life.acknowledged < changes) return
        dying = true
        setTimeout(() => child.kill('SIGKILL'), aimAt(target, pace))
      }
      if (!standing) return
      if (life.amid) pace[life.amid] = performance.now() - beganAt
      life.started ??= standing
      life.last = standing
      life.amid = undefined
      life.acknowledged++
      life.finished = dying
    })
    child.on('error', reject)
    child.on('close', () => resolve(life))
  })
}

/** A last line that was cut off was not said. */
function readLine(line: string): { begins?: Kind, standing?: Standing } {
  try {
    return Object(JSON.parse(line))
  }
  catch {
    return {}
  }
}
