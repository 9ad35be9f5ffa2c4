import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { DatabaseSync } from 'node:sqlite'
import { CompiledQuery, Kysely, sql } from 'kysely'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createSqliteDialect, retryWhileBusy, truncateLog } from '../../../server/storage/sqlite-dialect.ts'
import { FileGoneError } from '../../../server/storage/storage-cause.ts'
import type { HealthMonitor, Side } from '../../../server/storage/storage-health.ts'

interface Table { id: number, text: string | null }

interface Wanted { patience?: number, reader?: boolean, requireFile?: () => void }

/** A database with one table `t`, through the dialect, and what the monitor was told. */
function open({ patience = 1_000, reader = true, requireFile }: Wanted = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'license-dialect-'))
  const file = join(folder, 'license.db')
  const database = new DatabaseSync(file, { timeout: 20 })
  database.exec('pragma journal_mode = wal; create table t (id integer primary key, text text); insert into t values (1, \'one\')')
  const reading = reader ? new DatabaseSync(file, { readOnly: true }) : undefined
  const told: string[] = []
  const asked: Side[] = []
  const health: Pick<HealthMonitor, 'succeeded' | 'failed' | 'patience'> = {
    succeeded: side => void told.push(`${side} succeeded`), failed: side => void told.push(`${side} failed`),
    patience: (side) => {
      asked.push(side)
      return patience
    },
  }
  const db = new Kysely<{ t: Table }>({ dialect: createSqliteDialect({ database, reader: () => reading, health, ...(requireFile ? { requireFile } : {}) }) })
  let destroyed = false
  const destroy = async () => {
    destroyed = true
    await db.destroy()
  }
  onTestFinished(async () => {
    if (!destroyed) await destroy()
    rmSync(folder, { recursive: true })
  })
  const logBytes = () => existsSync(`${file}-wal`) ? statSync(`${file}-wal`).size : 0
  const insert = (id: number) => db.insertInto('t').values({ id, text: 'more' }).execute()
  return { file, database, reading, db, destroy, told, asked, logBytes, insert }
}

/** Another process's connection that holds the one write lock. */
function holdLock(file: string) {
  const other = new DatabaseSync(file)
  other.exec('begin immediate')
  onTestFinished(() => other.close())
  return { release: () => other.exec('rollback') }
}

describe('a step that meets another process\'s lock', () => {
  const failing = (errcode: number) => Object.assign(new Error('busy'), { code: 'ERR_SQLITE_ERROR', errcode })

  it('is repeated until it passes, and answers what that gives', async () => {
    const step = vi.fn().mockImplementationOnce(() => { throw failing(5) }).mockImplementationOnce(() => { throw failing(261) }).mockReturnValue('done')
    expect(await retryWhileBusy(performance.now() + 60_000, step)).toBe('done')
    expect(step).toHaveBeenCalledTimes(3)
  })

  it('is given up at the deadline, with its error', async () => {
    const step = vi.fn(() => { throw failing(5) })
    await expect(retryWhileBusy(performance.now(), step)).rejects.toMatchObject({ errcode: 5 })
    expect(step).toHaveBeenCalledOnce()
  })

  it.each([['a stale snapshot', failing(517)], ['a lock within this process', failing(6)], ['a full disk', failing(13)], ['a defect', new TypeError('no')]])(
    'is not repeated after %s, which waiting does not mend', async (_what, error) => {
      const step = vi.fn(() => { throw error })
      await expect(retryWhileBusy(performance.now() + 60_000, step)).rejects.toBe(error)
      expect(step).toHaveBeenCalledOnce()
    })
})

describe('a write', () => {
  it('waits for another process, and then is made', async () => {
    const { file, insert, db } = open({ patience: 60_000 })
    const { release } = holdLock(file)
    const written = insert(2)
    setTimeout(release, 100)
    await written
    expect(await db.selectFrom('t').select('id').execute()).toEqual([{ id: 1 }, { id: 2 }])
  })

  it('waits no longer than it may', async () => {
    const { file, insert, told } = open({ patience: 0 })
    holdLock(file)
    await expect(insert(2)).rejects.toMatchObject({ errcode: 5 })
    expect(told).toEqual(['write failed'])
  })

  it('waits its turn behind a transaction, not longer than it may', async () => {
    const { db, insert } = open({ patience: 50 })
    await db.transaction().execute(async (trx) => {
      await trx.selectFrom('t').selectAll().execute()
      await expect(insert(2)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    })
    await insert(2)
  })

  it('says how many rows it changed', async () => {
    const { db } = open()
    await db.insertInto('t').values([{ id: 2, text: null }, { id: 3, text: null }]).execute()
    expect(await db.updateTable('t').set({ text: 'x' }).where('id', '>', 1).executeTakeFirst()).toMatchObject({ numUpdatedRows: 2n })
  })

  it.each<[string, unknown]>([['a date', new Date()], ['a truth value', true], ['a large number', 1n], ['bytes', new Uint8Array(1)], ['nothing at all', undefined]])(
    'does not store %s: the tables hold text and numbers', async (_what, value) => {
      const { db } = open()
      await expect(db.executeQuery(CompiledQuery.raw('insert into t values (2, ?)', [value]))).rejects.toThrow(`a ${typeof value} cannot be stored`)
    })

  it('stores text, numbers and nothing as they are', async () => {
    const { db } = open()
    for (const value of ['text', 7, null]) expect((await sql<{ it: unknown }>`select ${value} as it`.execute(db)).rows).toEqual([{ it: value }])
  })
})

describe('a transaction', () => {
  it('that fails leaves nothing behind, and the next one is not in its way', async () => {
    const { db, database, insert } = open()
    await expect(db.transaction().execute(async (trx) => {
      await trx.insertInto('t').values({ id: 2, text: null }).execute()
      throw new Error('no')
    })).rejects.toThrow('no')
    expect(database.isTransaction).toBe(false)
    await insert(2)
  })

  it('that SQLite has ended itself is not ended twice', async () => {
    const { db, database, insert } = open()
    await expect(db.transaction().execute(async () => {
      database.exec('rollback')
      throw new Error('the first word')
    })).rejects.toThrow('the first word')
    await insert(2)
  })

  it('holds the write lock from its beginning', async () => {
    const { db, file } = open()
    const other = new DatabaseSync(file)
    onTestFinished(() => other.close())
    await db.transaction().execute(async () => {
      expect(() => other.exec('begin immediate')).toThrow(/locked/)
    })
    other.exec('begin immediate; rollback')
  })

  it('asks for rows for itself without a word that SQLite does not know', async () => {
    const { db } = open()
    expect(await db.transaction().execute(trx => trx.selectFrom('t').select('id').forUpdate().execute())).toEqual([{ id: 1 }])
  })

  it('with DDL that fails leaves no table behind', async () => {
    const { db } = open()
    expect([db.getExecutor().adapter.supportsTransactionalDdl, db.getExecutor().adapter.supportsMultipleConnections]).toEqual([true, true])
    await db.transaction().execute(async (trx) => {
      await trx.schema.createTable('more').addColumn('id', 'integer').execute()
      throw new Error('no')
    }).catch(() => undefined)
    expect((await db.introspection.getTables()).map(({ name }) => name)).toEqual(['t'])
  })
})

describe('the file', () => {
  it('is asked for before a write, and again before a commit; a read needs none', async () => {
    const requireFile = vi.fn()
    const { db, insert } = open({ requireFile })
    await db.selectFrom('t').selectAll().execute()
    expect(requireFile).not.toHaveBeenCalled()
    await insert(2)
    expect(requireFile).toHaveBeenCalledOnce()
    requireFile.mockClear()
    await db.transaction().execute(async (trx) => {
      await trx.insertInto('t').values({ id: 3, text: null }).execute()
      await trx.insertInto('t').values({ id: 4, text: null }).execute()
    })
    expect(requireFile).toHaveBeenCalledTimes(2)
  })

  it('that has gone meanwhile keeps a transaction from being told as done', async () => {
    let there = true
    const { db, database } = open({ requireFile() { if (!there) throw new FileGoneError('license.db') } })
    await expect(db.transaction().execute(async (trx) => {
      await trx.insertInto('t').values({ id: 2, text: null }).execute()
      there = false
    })).rejects.toThrow(FileGoneError)
    expect(database.isTransaction).toBe(false)
    expect(database.prepare('select id from t').all()).toHaveLength(1)
  })
})

describe('a read', () => {
  it('goes by the connection that can only read, once there is one', async () => {
    const { db, asked } = open()
    await db.selectFrom('t').selectAll().execute()
    expect(asked).toEqual(['read'])
    // The one that writes would see a table of its own.
    await sql`create temporary table only_there (id integer)`.execute(db)
    await expect(sql`select * from only_there`.execute(db)).rejects.toThrow(/no such table/)
  })

  it('goes by the one that writes while there is no other', async () => {
    const { db, asked } = open({ reader: false })
    expect(await db.selectFrom('t').select('id').execute()).toEqual([{ id: 1 }])
    expect(asked).toEqual(['write'])
  })

  it('does not wait for a writer', async () => {
    const { file, db } = open({ patience: 0 })
    holdLock(file)
    expect(await db.selectFrom('t').select('id').execute()).toEqual([{ id: 1 }])
  })

  it('has a number that is too large rounded, instead of no row', async () => {
    const { db, database } = open()
    database.exec('insert into t values (9007199254740993, 2)')
    expect(await db.selectFrom('t').select('id').orderBy('id', 'desc').executeTakeFirst()).toEqual({ id: 9007199254740992 })
  })

  it('cannot be had in pieces', async () => {
    const { db } = open()
    const read = async () => { for await (const _ of db.selectFrom('t').selectAll().stream()) continue }
    await expect(read()).rejects.toThrow('streaming is not supported')
  })
})

describe('the log', () => {
  it('is in the file soon after a write, and after a transaction only once it has ended', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const { db, logBytes, insert } = open()
    await insert(2)
    expect(logBytes()).toBeGreaterThan(0)
    await vi.advanceTimersByTimeAsync(300)
    expect(logBytes()).toBe(0)
    await db.transaction().execute(async (trx) => {
      await trx.insertInto('t').values({ id: 3, text: null }).execute()
      expect(vi.getTimerCount()).toBe(0)
    })
    expect([logBytes() > 0, vi.getTimerCount()]).toEqual([true, 1])
  })

  it('cannot be emptied while somebody reads what is in it', async () => {
    const { database, file, insert } = open()
    const other = new DatabaseSync(file)
    onTestFinished(() => other.close())
    other.exec('begin; select * from t')
    await insert(2)
    expect(truncateLog(database)).toBe(false)
    other.exec('rollback')
    expect(truncateLog(database)).toBe(true)
  })

  it('is in the file at the end, though another process has it open', async () => {
    const { file, insert, destroy, logBytes, database, reading } = open()
    const other = new DatabaseSync(file)
    onTestFinished(() => other.close())
    await insert(2)
    await destroy()
    expect([logBytes(), database.isOpen, reading?.isOpen]).toEqual([0, false, false])
  })

  it('left by a database that cannot be emptied does not keep it open', async () => {
    const { insert, destroy, database } = open()
    await insert(2)
    vi.spyOn(database, 'prepare').mockImplementation(() => { throw new Error('disk I/O error') })
    await destroy()
    expect(database.isOpen).toBe(false)
  })
})
