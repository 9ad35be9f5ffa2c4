import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { openStorage } from '../../server/storage/open.ts'
import { markOf, NOW } from './samples.ts'

const folder = mkdtempSync(join(tmpdir(), 'license-crash-'))
afterAll(() => rmSync(folder, { recursive: true }))

// More of them: CRASH_CYCLES=1000
const CYCLES = Number(process.env.CRASH_CYCLES ?? 25)
const WRITER = fileURLToPath(new URL('crash-writer.ts', import.meta.url))

/** Kills a writing process `extra` ms after it has acknowledged `reached` revisions; returns what it said until then. */
function writeAndKill(url: string, reached: number, extra: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [WRITER, url], { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let errors = ''
    let dying = false
    child.stderr.on('data', (data: Buffer) => { errors += String(data) })
    child.stdout.on('data', (data: Buffer) => {
      output += String(data)
      if (dying || output.split('\n').length - 1 <= reached) return
      dying = true
      setTimeout(() => child.kill('SIGKILL'), extra)
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      // A last line that was cut off was not said.
      if (signal === 'SIGKILL') resolve(output.split('\n').slice(0, -1))
      else reject(new Error(`the writer ended by itself (${code}): ${errors}`))
    })
  })
}

async function check(url: string, acknowledged: number): Promise<number> {
  const storage = await openStorage({ url, baseDir: '/' })
  try {
    const { revision, license, trusted, marks } = await storage.licenses.read()
    expect(revision).toBeGreaterThanOrEqual(acknowledged)
    const [newest] = await storage.licenses.listEvents({ limit: 1 })
    expect(newest?.details.n ?? 0).toBe(revision)
    if (revision === 0 || newest?.kind === 'removed') {
      expect(license).toBeNull()
    } else {
      expect(license).toMatchObject({ jti: `lease-${revision}`, lease: `header.lease-${revision}.sig` })
      expect(marks).toEqual([markOf(revision)])
      expect(trusted?.at).toBe(NOW + revision)
    }
    return revision
  } finally {
    await storage.close()
  }
}

it('F60: kill -9 at any moment loses nothing acknowledged, writes nothing by half, keeps the Instance ID', async () => {
  const url = `file:${join(folder, 'license.db')}`
  const instances = new Set<string>()
  let revision = 0
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    const words = await writeAndKill(url, cycle % 7, Math.random() * 12)
    const said = words.map(line => line.split(' '))
    for (const [word, value] of said) if (word === 'instance' && value !== undefined) instances.add(value)
    const acknowledged = said.filter(([word]) => word === 'revision').map(([, value]) => Number(value))
    revision = await check(url, Math.max(revision, ...acknowledged))
  }
  expect(revision).toBeGreaterThan(CYCLES)
  expect(instances.size).toBe(1)
}, 60_000 + CYCLES * 30_000)
