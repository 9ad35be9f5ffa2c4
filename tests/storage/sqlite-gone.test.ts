import { copyFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openStorage, type Storage } from '../../server/storage/open.ts'
import { eventOf, fresh, saveOf } from './samples.ts'

const GONE = { code: 'STORAGE_UNAVAILABLE', details: { cause: 'file_gone' } }
const folder = mkdtempSync(join(tmpdir(), 'license-gone-'))
afterAll(() => rmSync(folder, { recursive: true }))

let count = 0
let path: string
let storage: Storage
const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() }
beforeEach(async () => {
  vi.clearAllMocks()
  path = join(folder, `${++count}.db`)
  storage = await openStorage({ url: `file:${path}`, baseDir: '/', log })
  await storage.licenses.installation(fresh)
  await storage.licenses.commit(saveOf(0))
})
afterEach(() => storage.close())

describe('F89: a SQLite file that is not there any more is noticed', () => {
  it.each<[string, () => void]>([
    ['deleted', () => rmSync(path)],
    ['deleted with its log', () => ['', '-wal', '-shm'].forEach(end => rmSync(path + end, { force: true }))],
    ['moved away', () => renameSync(path, `${path}.old`)],
    ['replaced by a copy', () => { copyFileSync(path, `${path}.copy`); renameSync(`${path}.copy`, path) }],
    ['replaced by another file', () => { rmSync(path); writeFileSync(path, 'another') }],
  ])('%s: nothing is acknowledged that would be lost, it is told once, and reading goes on', async (_, change) => {
    const before = await storage.licenses.read()
    // Written a moment ago, which is not proof enough.
    await storage.health.requireWritable()
    change()
    await expect(storage.health.requireWritable()).rejects.toMatchObject(GONE)
    for (const write of [storage.licenses.appendEvent(eventOf()), storage.licenses.saveSeatsUsed(3)]) {
      await expect(write).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    }
    await expect(storage.health.requireWritable()).rejects.toMatchObject(GONE)
    expect(storage.health).toMatchObject({ up: false, cause: 'file_gone' })
    expect(await storage.licenses.read()).toEqual(before)
    expect(log.error).toHaveBeenCalledTimes(1)
    expect(log.error).toHaveBeenCalledWith(expect.any(String), expect.objectContaining({ cause: 'file_gone' }))
    expect(log.warn).not.toHaveBeenCalled()
  })

  it('a write notices by itself', async () => {
    rmSync(path)
    await expect(storage.licenses.appendEvent(eventOf())).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    expect(storage.health.cause).toBe('file_gone')
  })

  it('is used again once the same file is back, and what was stored is in it', async () => {
    renameSync(path, `${path}.old`)
    await expect(storage.health.requireWritable()).rejects.toMatchObject(GONE)
    renameSync(`${path}.old`, path)
    await storage.health.requireWritable()
    expect(storage.health.up).toBe(true)
    await storage.licenses.saveSeatsUsed(3)
    await storage.close()
    storage = await openStorage({ url: `file:${path}`, baseDir: '/', log })
    expect(await storage.licenses.read()).toMatchObject({ seatsUsed: 3 })
  })
})
