import {
  copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { openStorage, StorageOpenError } from '../../server/storage/open.ts'
import { eventOf, fresh, licenseOf, saveOf } from './samples.ts'

const folder = mkdtempSync(join(tmpdir(), 'license-file-'))
afterAll(() => rmSync(folder, { recursive: true }))
let count = 0
function freshPath(): string {
  const path = join(folder, `${++count}`, 'license.db')
  mkdirSync(dirname(path))
  return path
}
const sound = freshPath()
const open = (path: string) => openStorage({ url: `file:${path}`, baseDir: '/' })

/** Opens and reads everything, as a start does, and closes again. */
async function readAll(path: string) {
  const storage = await open(path)
  try {
    return {
      installation: await storage.licenses.installation({ ...fresh, instanceId: 'other' }),
      snapshot: await storage.licenses.read(),
      events: await storage.licenses.listEvents({ limit: 1000 }),
    }
  } finally {
    await storage.close()
  }
}

beforeAll(async () => {
  const { licenses, close } = await open(sound)
  await licenses.installation(fresh)
  await licenses.commit(saveOf(0, { license: licenseOf({ lease: 'x'.repeat(9000) }) }))
  for (let n = 0; n < 100; n++) await licenses.appendEvent(eventOf({ details: { n } }))
  await close()
})

it('a close waits for a write that waits for another process', async () => {
  const path = freshPath()
  const { licenses, close } = await open(path)
  await licenses.installation(fresh)
  const other = new DatabaseSync(path)
  other.exec('begin immediate')
  const writing = licenses.appendEvent(eventOf()).then(() => 'written', (error: unknown) => error)
  await sleep(50)
  const closing = close()
  await sleep(50)
  other.exec('rollback')
  other.close()
  await closing
  expect(await writing).toBe('written')
  expect((await readAll(path)).events).toHaveLength(1)
})

describe('where the database file is', () => {
  const relative = `rel-${Math.random()}`
  it.each([
    ['a relative path', `file:${relative}/a/license.db`, join(folder, relative, 'a/license.db')],
    ['a dotted path', 'file:.data/license.db', join(folder, '.data/license.db')],
    ['an absolute path', `file:${folder}/one/license.db`, join(folder, 'one/license.db')],
    ['a relative path in percent', 'file:wei%C3%9F%20%25/license.db', join(folder, 'weiß %/license.db')],
    ['an absolute path in percent', `file:${folder}/an%20other/license.db`, join(folder, 'an other/license.db')],
    ['an absolute URL', `file://${folder}/two/a%20b.db`, join(folder, 'two/a b.db')],
  ])('is %s, made with its folder and for nobody else', async (_, url, path) => {
    const storage = await openStorage({ url, baseDir: folder })
    expect(storage).toMatchObject({ kind: 'sqlite', location: path, created: true })
    await storage.licenses.installation(fresh)
    for (const file of [path, `${path}-wal`, `${path}-shm`]) expect(statSync(file).mode & 0o777).toBe(0o600)
    await storage.close()
    const again = await openStorage({ url, baseDir: folder })
    expect(again.created).toBe(false)
    expect(await again.licenses.installation({ ...fresh, instanceId: 'other' })).toEqual(fresh)
    await again.close()
  })

  it.each([
    '', 'sqlite:a.db', 'file:', 'file:/tmp/', 'file:a.db?mode=ro', 'file://elsewhere/a.db', `file:${folder}`,
    'file:/dev/null/a.db', 'file:100%.db', `file://${folder}/100%.db`, 'file:a%00.db',
  ])('is refused as %j', async (url) => {
    await expect(openStorage({ url, baseDir: folder })).rejects.toThrow(StorageOpenError)
  })

  it('is written through a write-ahead log', async () => {
    const path = freshPath()
    await (await open(path)).close()
    const database = new DatabaseSync(path)
    expect(database.prepare('pragma journal_mode').get()).toEqual({ journal_mode: 'wal' })
    database.close()
  })
})

/** A copy of the sound file with something done to it. */
function damagedBy(change: (path: string) => void): string {
  const path = freshPath()
  copyFileSync(sound, path)
  change(path)
  return path
}
function overwrite(path: string, offset: number, bytes: Buffer): void {
  const content = readFileSync(path)
  bytes.copy(content, offset)
  writeFileSync(path, content)
}
function execute(path: string, statements: string): void {
  const database = new DatabaseSync(path)
  database.exec(statements)
  database.close()
}

/** What a newer version leaves, which does not say who can use it. */
const NEWER = 'insert into license_migration values (\'9999_later\', \'2040-01-01T00:00:00.000Z\')'

/** Fills the activity log until the file is too large to be checked whole at a start. */
function addEvents(path: string, count: number): void {
  execute(path, `insert into events (id, kind, at, first_at, count, actor, actor_email, address, details)
    with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${count})
    select n + 100000, 'check_in_failed', n, n, 1, 'system', null, null, '{"text":"' || hex(randomblob(60)) || '"}' from numbers`)
}

/** Spoils the first page of a table. */
function overwritePageOf(path: string, table: string): void {
  const database = new DatabaseSync(path)
  const page = Number(database.prepare('select rootpage from sqlite_schema where name = ?').get(table)?.rootpage)
  const size = Number(database.prepare('pragma page_size').get()?.page_size)
  database.close()
  overwrite(path, (page - 1) * size, Buffer.alloc(size, 0xa5))
}

it('F63: damage to a long activity log keeps nothing from starting, and is named when it is met', async () => {
  const path = freshPath()
  copyFileSync(sound, path)
  addEvents(path, 120_000)
  overwritePageOf(path, 'events')
  const storage = await open(path)
  expect((await storage.licenses.read()).license).toEqual((await readAll(sound)).snapshot.license)
  await expect(storage.licenses.listEvents({ limit: 10 })).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
  expect(storage.health).toMatchObject({ up: false, cause: 'damaged' })
  await storage.close()
})

describe('F63: a file that cannot be used stops the start with one sentence and stays as it is:', () => {
  const garbage = Buffer.alloc(5000, 0xa5)
  it.each<[string, RegExp, (path: string) => void]>([
    ['text', /not a database/, path => writeFileSync(path, 'these are somebody\'s notes\n'.repeat(50))],
    ['a few bytes', /not a database/, path => writeFileSync(path, 'SQLite format 3\0')],
    ['garbage for a header', /not a database/, path => overwrite(path, 0, garbage.subarray(0, 100))],
    ['garbage behind the magic', /another program|damaged/, path => overwrite(path, 16, garbage.subarray(0, 84))],
    ['garbage in a page', /damaged/, path => overwrite(path, 4096, garbage)],
    ['garbage at the end', /damaged/, path => overwrite(path, statSync(path).size - 5000, garbage)],
    ['half of it', /damaged/, path => truncateSync(path, Math.floor(statSync(path).size / 2))],
    ['one page of it', /damaged/, path => truncateSync(path, 4096)],
    ['all but a byte of it', /damaged/, path => truncateSync(path, statSync(path).size - 1)],
    ['a newer version\'s', /newer version/, path => execute(path, NEWER)],
    ['another program\'s', /another program/, (path) => {
      rmSync(path)
      execute(path, 'create table users (name text); insert into users values (\'theirs\')')
    }],
    ['another program\'s, marked as its own', /another program/, (path) => {
      rmSync(path)
      execute(path, 'pragma application_id = 1234; create table installation (id integer)')
    }],
  ])('%s', async (_, sentence, change) => {
    const path = damagedBy(change)
    const before = readFileSync(path)
    const error = await open(path).catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(StorageOpenError)
    expect(String(error)).toMatch(sentence)
    expect(String(error)).toContain(path)
    expect(String(error)).not.toContain('\n')
    expect(readFileSync(path).equals(before)).toBe(true)
    expect(existsSync(`${path}-wal`)).toBe(false)
  })

  it('and nothing of the attempt goes on, however often it is made', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => { vi.useRealTimers() })
    const path = damagedBy(copy => execute(copy, NEWER))
    for (let attempt = 0; attempt < 3; attempt++) await expect(open(path)).rejects.toBeInstanceOf(StorageOpenError)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('garbage in the license of a file with a long activity log', async () => {
    const path = freshPath()
    copyFileSync(sound, path)
    addEvents(path, 120_000)
    overwritePageOf(path, 'license')
    await expect(open(path)).rejects.toThrow(/damaged/)
  })

  it('a header with any field overwritten, or else everything is still there', async () => {
    const everything = await readAll(sound)
    for (let offset = 0; offset < 100; offset += 4) {
      const path = damagedBy(copy => overwrite(copy, offset, garbage.subarray(0, 4)))
      const before = readFileSync(path)
      try {
        expect(await readAll(path)).toEqual(everything)
      } catch (error) {
        expect(error, `offset ${offset}`).toBeInstanceOf(StorageOpenError)
        expect(readFileSync(path).equals(before)).toBe(true)
      }
    }
  })

  it('an empty file is a new database', async () => {
    const path = freshPath()
    writeFileSync(path, '')
    expect((await readAll(path)).snapshot.license).toBeNull()
  })
})
