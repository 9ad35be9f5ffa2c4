import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ENTRY = fileURLToPath(new URL('../../.output-sandbox/server/index.mjs', import.meta.url))
/** A start that should end by itself is killed after this many ms, which shows in its exit code. */
const LONGEST = 120_000

export interface Ended { code: number | null, output: string, files: string[] }

/** Starts the product in an empty folder, with a command's arguments if given, and waits until it ends by itself. */
export async function runToEnd(env: Record<string, string>, ...command: string[]): Promise<Ended> {
  const folder = await mkdtemp(join(tmpdir(), 'nc-config-'))
  const child = spawn(process.execPath, [ENTRY, ...command], {
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: '0', DATABASE_URL: `file:${join(folder, 'license.db')}`, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { output += chunk.toString() })
  const timer = setTimeout(() => child.kill('SIGKILL'), LONGEST)
  await once(child, 'close')
  clearTimeout(timer)
  const files = await readdir(folder)
  await rm(folder, { recursive: true, force: true })
  return { code: child.exitCode, output, files }
}

/** What a process printed outside the structured log. */
export const plainLines = (output: string) => output.split('\n').filter(line => line !== '' && !line.startsWith('{'))
