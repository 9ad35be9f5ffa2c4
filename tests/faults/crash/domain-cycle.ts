import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { compiled } from './compiled.ts'
import type { Standing } from './standing.ts'

const CHILD = fileURLToPath(new URL('domain-process.ts', import.meta.url))

export interface Life {
  /** Where it stood at its start; undefined: the start failed. */
  started: Standing | undefined
  /** The last that it acknowledged before it was killed. */
  last: Standing | undefined
  acknowledged: number
  errors: string
}

/** Takes database, license server and keys; lets the domain's process acknowledge `changes` changes and kills it `extraMs` later, amid the next. */
export function liveAndDie(databaseUrl: string, serverUrl: string, keys: string[], changes: number, extraMs: number): Promise<Life> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CHILD, databaseUrl, serverUrl, ...keys], {
      env: { ...process.env, ...compiled() }, stdio: ['ignore', 'pipe', 'pipe'],
    })
    const life: Life = { started: undefined, last: undefined, acknowledged: -1, errors: '' }
    let dying = false
    child.stderr.on('data', (chunk: Buffer) => { life.errors += chunk.toString() })
    createInterface({ input: child.stdout }).on('line', (line) => {
      const standing = readLine(line)
      // A last line that was cut off was not said.
      if (!standing) return
      life.started ??= standing
      life.last = standing
      life.acknowledged++
      if (dying || life.acknowledged < changes) return
      dying = true
      setTimeout(() => child.kill('SIGKILL'), extraMs)
    })
    child.on('error', reject)
    child.on('close', () => resolve(life))
  })
}

function readLine(line: string): Standing | undefined {
  try {
    return Object(JSON.parse(line)).standing
  }
  catch {
    return undefined
  }
}
