import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { guardEntry } from '../../../server/build/entry.ts'

/* The guard in front of a server that never gets as far as taking over: it is being loaded, or carries out a command. */

const SERVER = 'console.log(\'loading\'); await new Promise(resolve => setTimeout(resolve, 600_000))'

let entry = ''
beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), 'nc-guarded-'))
  const [server, pages] = [join(folder, 'server'), join(folder, 'public')]
  for (const each of [join(server, 'chunks'), join(server, 'node_modules'), pages]) mkdirSync(each, { recursive: true })
  entry = join(server, 'index.mjs')
  writeFileSync(entry, SERVER)
  guardEntry(server, pages)
  return () => rmSync(folder, { recursive: true })
})

/** What becomes of a process that gets a signal meanwhile. */
async function stoppedBy(signal: 'SIGTERM' | 'SIGINT', ...command: string[]) {
  const child = spawn(process.execPath, [entry, ...command], { stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const said = text(child.stderr)
  await once(child.stdout, 'data')
  child.kill(signal)
  const [code]: unknown[] = await once(child, 'exit')
  return { code, said: await said }
}

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  it.each(['migrate', 'check --network'])('ends the command %s with 1, so that nothing goes on as if it were done', async (command) => {
    expect(await stoppedBy(signal, ...command.split(' '))).toEqual({ code: 1, said: `Stopped by ${signal} before it was done.\n` })
  })

  it('ends a start with 0: whoever sent it wanted it to end', async () => {
    expect(await stoppedBy(signal)).toEqual({ code: 0, said: `Stopped by ${signal} before it had started.\n` })
  })
})
