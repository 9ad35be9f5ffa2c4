import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Kysely } from 'kysely'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createConnection } from '../../server/storage/connection.ts'
import { openStorage, type Storage } from '../../server/storage/open.ts'
import { createSqliteDialect } from '../../server/storage/sqlite-dialect.ts'
import { PATIENCE_MS } from '../../server/storage/storage-health.ts'
import { assembleStorage } from '../../server/storage/storage.ts'
import { unwatched } from './unwatched.ts'
import { eventOf, fresh, licenseOf, markOf, NOW, saveOf } from './samples.ts'

const UNAVAILABLE = { code: 'STORAGE_UNAVAILABLE' }
const folder = mkdtempSync(join(tmpdir(), 'license-faults-'))
afterAll(() => rmSync(folder, { recursive: true }))

let count = 0
let path: string
let storage: Storage
let other: DatabaseSync
beforeEach(async () => {
  path = join(folder, `${++count}.db`)
  storage = await openStorage({ url: `file:${path}`, baseDir: '/' })
  await storage.licenses.installation(fresh)
  other = new DatabaseSync(path)
})
afterEach(async () => {
  if (other.isOpen) other.close()
  await storage.close()
})

describe('a database that another process blocks', () => {
  it('F67: can be read, is waited for only so long, and works again afterwards', async () => {
    other.exec('begin immediate')
    const { licenses } = storage
    const beganAt = performance.now()
    const results = await Promise.allSettled([
      licenses.commit(saveOf(0)), licenses.appendEvent(eventOf()), licenses.saveSeatsUsed(3),
    ])
    const patience = (performance.now() - beganAt) / PATIENCE_MS.write
    expect(patience).toBeGreaterThan(0.9)
    // All three together, not one after the other.
    expect(patience).toBeLessThan(2)
    for (const result of results) expect(result).toMatchObject({ reason: UNAVAILABLE })
    expect(await storage.licenses.read()).toMatchObject({ license: null, seatsUsed: null })
    other.exec('rollback')
    expect(await storage.licenses.commit(saveOf(0))).not.toBe('stale')
  })

  it('F67: keeps nobody else waiting: the event loop goes on', async () => {
    other.exec('begin immediate')
    let ticks = 0
    const timer = setInterval(() => ticks++, 10)
    await expect(storage.licenses.appendEvent(eventOf())).rejects.toMatchObject(UNAVAILABLE)
    clearInterval(timer)
    expect(ticks).toBeGreaterThan(20)
  })

  it('F67: is written as soon as it is free', async () => {
    other.exec('begin immediate')
    const saving = storage.licenses.commit(saveOf(0))
    setTimeout(() => other.exec('commit'), 300)
    expect(await saving).not.toBe('stale')
  })

  it('F67: can be opened by another start, which has nothing to write', async () => {
    other.exec('begin immediate')
    const second = await openStorage({ url: `file:${path}`, baseDir: '/' })
    expect((await second.licenses.read()).version).toBe(1)
    await second.close()
  })

  it('F67: cannot be opened while it is kept from readers too, and can be tried again', async () => {
    await storage.close()
    other.exec('pragma locking_mode = exclusive; begin exclusive')
    await expect(openStorage({ url: `file:${path}`, baseDir: '/' })).rejects.toMatchObject(UNAVAILABLE)
    other.close()
    storage = await openStorage({ url: `file:${path}`, baseDir: '/' })
    await storage.ping()
  })
})

describe('a disk that takes no more', () => {
  it('F62: answers STORAGE_UNAVAILABLE, changes nothing, still reads, and recovers by itself', async () => {
    await storage.licenses.commit(saveOf(0))
    const before = await storage.licenses.read()
    await storage.close()
    // The limit is of the connection, so it is set where this storage opens its own.
    const limited = openLimited()
    try {
      const big = saveOf(1, { license: licenseOf({ lease: 'x'.repeat(400_000), jti: 'lease-2' }), seq: markOf(2) })
      await expect(limited.storage.licenses.commit(big)).rejects.toMatchObject(UNAVAILABLE)
      expect(await limited.storage.licenses.read()).toEqual(before)
      expect((await limited.storage.licenses.read()).marks).toEqual([markOf(1)])
      limited.lift()
      expect(await limited.storage.licenses.commit(big)).not.toBe('stale')
    } finally {
      await limited.storage.close()
    }
  })

  it('F62: a database that may only be read answers STORAGE_UNAVAILABLE to writes', async () => {
    const limited = openLimited()
    try {
      limited.database.exec('pragma query_only = on')
      await expect(limited.storage.licenses.commit(saveOf(0))).rejects.toMatchObject(UNAVAILABLE)
      expect((await limited.storage.licenses.read()).license).toBeNull()
      limited.database.exec('pragma query_only = off')
      expect(await limited.storage.licenses.commit(saveOf(0))).not.toBe('stale')
    } finally {
      await limited.storage.close()
    }
  })
})

/** The same database over a connection of the test's own, whose file may not grow. */
function openLimited() {
  const database = new DatabaseSync(path)
  const pages = database.prepare('pragma page_count').get()?.page_count
  database.exec(`pragma max_page_count = ${Number(pages) + 2}`)
  const health = unwatched()
  return {
    database,
    lift: () => database.exec('pragma max_page_count = 100000'),
    storage: assembleStorage({
      kind: 'sqlite', location: path, created: false, databaseTime: async () => null, claims: null, health,
      connection: createConnection(new Kysely({ dialect: createSqliteDialect({ database, reader: () => undefined, health }) })),
    }),
  }
}

it('F64: a row edited to what no release writes is read as far as it goes', async () => {
  await storage.licenses.commit(saveOf(0))
  other.exec('update license set last_state = \'entitled!\', last_error = \'NOPE\'')
  for (const text of ['{}', 'not JSON']) {
    other.prepare('update installation set last_request = ?').run(text)
    other.prepare('update events set details = ?').run(text)
    const license = { lastState: 'invalid', lastError: null }
    expect(await storage.licenses.read()).toMatchObject({ license, lastRequest: null })
    expect(await storage.licenses.listEvents({ limit: 1 })).toMatchObject([{ kind: 'activated', details: {} }])
  }
  expect(() => other.exec('update license set method = \'lifetime\'')).toThrow(/CHECK/)
  expect(() => other.exec('insert into installation (id, revision, version) values (2, 0, 0)')).toThrow(/CHECK/)
})

it.each([
  '9000000000000000', '9223372036854775807', '-1', '1e308', '\'soon\'',
])('F64: times edited to %s, which no release writes, count as none, and the rest can be read', async (value) => {
  const changes = { lastAttemptAt: NOW + 1, failingSince: NOW + 1 }
  await storage.licenses.commit(saveOf(0, { license: licenseOf(changes) }))
  const { license, ...rest } = await storage.licenses.read()
  other.exec(`update installation set trusted_at = ${value}`)
  const columns = ['last_success_at', 'last_attempt_at', 'next_at', 'failing_since', 'activated_at']
  other.exec(`update license set ${columns.map(column => `${column} = ${value}`).join(', ')}`)
  const none = { lastSuccessAt: null, lastAttemptAt: null, nextAt: null, failingSince: null, activatedAt: 0 }
  expect(await storage.licenses.read()).toEqual({ ...rest, trusted: null, license: { ...license, ...none } })
})

it('F68: lets writes that have begun end when it is closed', async () => {
  const writes = Array.from({ length: 20 }, () => storage.licenses.appendEvent(eventOf()))
  await new Promise(done => setImmediate(done))
  const closing = storage.close()
  const results = await Promise.allSettled(writes)
  await closing
  for (const result of results) if (result.status === 'rejected') expect(result.reason).toMatchObject(UNAVAILABLE)
  const stored = other.prepare('select count(*) as count from events').get()?.count
  expect(stored).toBe(results.filter(result => result.status === 'fulfilled').length)
})

it('a programming error stays what it is', async () => {
  other.exec('alter table check_in_days rename column day to date')
  const error = await storage.licenses.listCheckInDays(0).catch((cause: unknown) => cause)
  expect(error).toMatchObject({ code: 'ERR_SQLITE_ERROR' })
})
