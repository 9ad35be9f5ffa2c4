import { CompiledQuery, Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStorage, StorageOpenError, type Storage } from '../../server/storage/open.ts'
import type { Database } from '../../server/storage/schema.ts'
import { describeStorage } from './describe-storage.ts'
import { describeMillionEvents } from './million-events.ts'
import { startPostgres, type PostgresServer } from '../support/postgres-server.ts'
import { startRelay } from '../support/network/relay.ts'
import { eventOf, fresh, saveOf } from './samples.ts'
import { describeUpgrades, type UpgradeBackend } from './upgrades.ts'

const UNAVAILABLE = { code: 'STORAGE_UNAVAILABLE' }
let server: PostgresServer
beforeAll(async () => { server = await startPostgres() }, 120_000)
afterAll(() => server.remove(), 60_000)

const backend: UpgradeBackend = {
  kind: 'postgres',
  freshUrl: () => server.createDatabase(),
  async madeBy(statements) {
    const url = await backend.freshUrl()
    await query(url, statements)
    return url
  },
  connect(url) {
    const pool = new pg.Pool({ connectionString: url, max: 1 })
    // Ending, a client may still hear that the server stops.
    pool.on('connect', client => client.on('error', () => {}))
    pool.on('error', () => {})
    return new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
  },
  async plan(db, { sql, parameters }) {
    const query = CompiledQuery.raw(`explain (costs off) ${sql}`, [...parameters])
    const { rows } = await db.executeQuery<{ 'QUERY PLAN': string }>(query)
    return rows.map(row => row['QUERY PLAN'].replace(/^[ >-]+|:.*$/g, ''))
  },
  walks: {
    all: ['Limit', 'Index Scan Backward using events_pkey on events', 'Index Cond', 'Filter'],
    // Without a filter: every entry of the index that is read is one of the page.
    kind: ['Limit', 'Index Scan Backward using events_kind_id on events', 'Index Cond'],
  },
}
describeStorage('storage on PostgreSQL', backend)
describeMillionEvents('a million events on PostgreSQL', backend)
describeUpgrades('a database on PostgreSQL', backend)

/** Runs the work with a storage on a new database and closes it, whatever happens. */
async function withStorage(work: (storage: Storage, url: string) => Promise<void>): Promise<void> {
  const url = await server.createDatabase()
  const storage = await openStorage({ url, baseDir: '/' })
  try {
    await work(storage, url)
  } finally {
    await storage.close()
  }
}

async function query(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query(statement)).rows
  } finally {
    await client.end()
  }
}

/** Tries until it succeeds, as readiness does; the test's own time limit ends it. */
async function eventually<T>(step: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await step()
    } catch (error) {
      expect(error).toMatchObject(UNAVAILABLE)
      await new Promise(done => setTimeout(done, 50))
    }
  }
}

describe('opening PostgreSQL', () => {
  it('tells its address without password and parameters', async () => {
    const url = await server.createDatabase()
    const storage = await openStorage({ url: `${url}?application_name=x`, baseDir: '/' })
    await storage.close()
    expect(storage).toMatchObject({ kind: 'postgres', created: true })
    expect(storage.location).toMatch(/^postgres:\/\/postgres@127\.0\.0\.1:\d+\/license_\d+$/)
    const again = await openStorage({ url, baseDir: '/' })
    await again.close()
    expect(again.created).toBe(false)
  })

  it('F63: refuses tables of another program and leaves them alone', async () => {
    const url = await server.createDatabase()
    await query(url, 'create table users (name text); insert into users values (\'theirs\')')
    const opening = openStorage({ url, baseDir: '/' })
    await expect(opening).rejects.toThrow(StorageOpenError)
    await expect(opening).rejects.toThrow(/^The database postgres:\S+ contains another program's tables \(users\)/)
    const tables = await query(url, 'select tablename from pg_tables where schemaname = \'public\'')
    expect(tables).toEqual([{ tablename: 'users' }])
    expect(await query(url, 'select * from users')).toEqual([{ name: 'theirs' }])
  })

  it('F63: refuses tables of a newer version', async () => {
    await withStorage(async (_, url) => {
      await query(url, 'insert into license_migration values (\'9999_later\', \'2040-01-01T00:00:00.000Z\')')
      await expect(openStorage({ url, baseDir: '/' })).rejects.toThrow(/newer version/)
    })
  })

  it('rejects with STORAGE_UNAVAILABLE for a wrong password and a database that is not there', async () => {
    const url = await server.createDatabase()
    await expect(openStorage({ url: `${url}_gone`, baseDir: '/' })).rejects.toMatchObject(UNAVAILABLE)
    await expect(openStorage({ url: url.replace('p%40ss', 'wrong'), baseDir: '/' })).rejects.toMatchObject(UNAVAILABLE)
  })

  it.each([
    'postgres://user:hunter2@:x/', 'mysql://user:hunter2@localhost/',
  ])('refuses %s without repeating it', async (url) => {
    const error = await openStorage({ url, baseDir: '/' }).catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(StorageOpenError)
    expect(String(error)).not.toContain('hunter2')
  })
})

describe('PostgreSQL in trouble', () => {
  it('F67: is waited for only so long while down, and used again once it is up', async () => {
    await withStorage(async (storage, url) => {
      await storage.licenses.installation(fresh)
      await storage.licenses.commit(saveOf(0))
      const before = await storage.licenses.read()
      await server.stop()
      try {
        await expect(storage.licenses.read()).rejects.toMatchObject(UNAVAILABLE)
        await expect(storage.licenses.appendEvent(eventOf())).rejects.toMatchObject(UNAVAILABLE)
        await expect(storage.accounts.listUsers()).rejects.toMatchObject(UNAVAILABLE)
        await expect(openStorage({ url, baseDir: '/' })).rejects.toMatchObject(UNAVAILABLE)
      } finally {
        await server.start()
      }
      expect(await eventually(() => storage.licenses.read())).toEqual(before)
      expect(await storage.licenses.commit(saveOf(1))).not.toBe('stale')
      const again = await openStorage({ url, baseDir: '/' })
      expect((await again.licenses.read()).revision).toBe(2)
      await again.close()
    })
  })

  it('F67: survives every connection being cut, idle and in use', async () => {
    await withStorage(async (storage, url) => {
      await storage.licenses.installation(fresh)
      const cut = 'select pg_terminate_backend(pid) from pg_stat_activity '
        + 'where datname = current_database() and pid <> pg_backend_pid()'
      for (let round = 0; round < 5; round++) {
        const writes = Array.from({ length: 30 }, () => storage.licenses.appendEvent(eventOf()))
        const [results] = await Promise.all([Promise.allSettled(writes), query(url, cut)])
        for (const result of results) {
          if (result.status === 'rejected') expect(result.reason).toMatchObject(UNAVAILABLE)
        }
        await eventually(() => storage.ping())
      }
      const events = await storage.licenses.listEvents({ limit: 1000 })
      expect(new Set(events.map(event => event.id)).size).toBe(events.length)
      expect(await storage.licenses.readVersion()).toBe(events.length + 1)
    })
  })

  it('F67: ends the wait for a lock that another session keeps, and changes nothing', async () => {
    await withStorage(async (storage, url) => {
      const blocker = new pg.Client(url)
      await blocker.connect()
      try {
        await blocker.query('begin; select * from installation for update')
        await expect(storage.licenses.commit(saveOf(0))).rejects.toMatchObject(UNAVAILABLE)
        // Reading needs no lock.
        expect((await storage.licenses.read()).license).toBeNull()
        await blocker.query('rollback')
      } finally {
        await blocker.end()
      }
      expect(await storage.licenses.commit(saveOf(0))).not.toBe('stale')
    })
  })

  it('F67: ends the wait for a connection when all of them are in use', async () => {
    await withStorage(async (storage, url) => {
      const blocker = new pg.Client(url)
      await blocker.connect()
      try {
        await blocker.query('begin; select * from installation for update')
        const writes = Array.from({ length: 30 }, () => storage.licenses.appendEvent(eventOf()))
        const results = await Promise.allSettled(writes)
        expect(results.filter(result => result.status === 'fulfilled')).toEqual([])
        for (const result of results) expect(result).toMatchObject({ reason: UNAVAILABLE })
      } finally {
        await blocker.end()
      }
      await storage.licenses.appendEvent(eventOf())
      expect(await storage.licenses.listEvents({ limit: 9 })).toHaveLength(1)
    })
  })

  it('F62: answers STORAGE_UNAVAILABLE while it takes no writes, and goes on when it does again', async () => {
    await withStorage(async (storage, url) => {
      const name = new URL(url).pathname.slice(1)
      await query(url, `alter database ${name} set default_transaction_read_only = on`)
      const reader = await openStorage({ url, baseDir: '/' })
      try {
        expect((await reader.licenses.read()).revision).toBe(0)
        await expect(reader.licenses.commit(saveOf(0))).rejects.toMatchObject(UNAVAILABLE)
        await expect(reader.licenses.saveSeatsUsed(3)).rejects.toMatchObject(UNAVAILABLE)
      } finally {
        await reader.close()
      }
      expect(await storage.licenses.commit(saveOf(0))).not.toBe('stale')
    })
  })

  it('F67: gives up a connection whose server has fallen silent', async () => {
    const url = new URL(await server.createDatabase())
    const relay = await startRelay(Number(url.port))
    url.port = String(relay.port)
    const storage = await openStorage({ url: url.href, baseDir: '/' })
    try {
      relay.silent = true
      await expect(storage.licenses.commit(saveOf(0))).rejects.toMatchObject(UNAVAILABLE)
      relay.silent = false
      // The connection that hung is not handed out a second time: this one would hang again.
      await storage.ping()
      expect(await eventually(() => storage.licenses.commit(saveOf(0)))).not.toBe('stale')
    } finally {
      await storage.close()
      relay.close()
    }
  })
})

it('a programming error stays what it is', async () => {
  await withStorage(async (storage, url) => {
    await query(url, 'alter table check_in_days rename column day to date')
    const error = await storage.licenses.listCheckInDays(0).catch((cause: unknown) => cause)
    expect(error).toMatchObject({ code: '42703' })
  })
})
