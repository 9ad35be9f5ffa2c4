import { mkdtempSync, renameSync, rmSync } from 'node:fs'
import { StatementSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createChangeListener } from '../../server/storage/change-listener.ts'
import { openStorage, type Storage } from '../../server/storage/open.ts'
import { startPostgres, type PostgresServer } from '../support/postgres-server.ts'
import { sleep, until } from '../support/stand.ts'

/* What another process has written is noticed, and the database is not asked while nobody has written anything. */

afterEach(() => { vi.restoreAllMocks() })

async function open(url: string): Promise<Storage> {
  const storage = await openStorage({ url, baseDir: '/' })
  onTestFinished(() => storage.close())
  return storage
}

/** Resolves once a hundred looks in a row were none at the database. */
async function untilQuiet({ licenses }: Storage, version: number, asked: () => number): Promise<void> {
  await until('the database is left alone', async () => {
    const before = asked()
    for (let look = 0; look < 100; look++) if (await licenses.changedSince(version)) return false
    return asked() === before
  })
}

describe('SQLite', () => {
  function scene() {
    const folder = mkdtempSync(join(tmpdir(), 'nc-changed-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const get = vi.spyOn(StatementSync.prototype, 'all')
    return { file: join(folder, 'license.db'), asked: () => get.mock.calls.length }
  }

  it('another connection\'s write is seen by the next look; no statement is run while there is none', async () => {
    const { file, asked } = scene()
    const [one, other] = [await open(`file:${file}`), await open(`file:${file}`)]
    await untilQuiet(one, await one.licenses.readVersion(), asked)
    for (let write = 0; write < 20; write++) {
      const version = await one.licenses.readVersion()
      await other.licenses.saveSeatsUsed(write)
      expect(await one.licenses.changedSince(version)).toBe(true)
      expect(await one.licenses.changedSince(version + 1)).toBe(false)
    }
    await untilQuiet(one, await one.licenses.readVersion(), asked)
    await one.licenses.saveSeatsUsed(99)
    expect(asked()).toBeGreaterThan(0)
  })

  it('a file that is gone is noticed by the next look', async () => {
    const { file, asked } = scene()
    const storage = await open(`file:${file}`)
    const version = await storage.licenses.readVersion()
    await untilQuiet(storage, version, asked)
    renameSync(file, `${file}.gone`)
    await storage.licenses.changedSince(version)
    expect(storage.health.cause).toBe('file_gone')
  })
})

describe('PostgreSQL', () => {
  let server: PostgresServer
  beforeAll(async () => { server = await startPostgres() }, 120_000)
  afterAll(() => server.remove(), 60_000)

  async function scene() {
    const url = await server.createDatabase()
    const query = vi.spyOn(pg.Client.prototype, 'query')
    const asked = () => query.mock.calls.length
    const storage = await open(url)
    await untilQuiet(storage, await storage.licenses.readVersion(), asked)
    const operator = new pg.Client(url)
    await operator.connect()
    onTestFinished(() => operator.end())
    return { url, asked, storage, operator }
  }

  it('a write is announced, whoever makes it; no statement is run while there is none', async () => {
    const { url, asked, storage, operator } = await scene()
    const other = await open(url)
    for (const write of [() => other.licenses.saveSeatsUsed(1), () => operator.query('update installation set version = version + 1')]) {
      const version = await storage.licenses.readVersion()
      await untilQuiet(storage, version, asked)
      await write()
      await until('the write is seen', () => storage.licenses.changedSince(version), 10_000)
    }
  })

  it('a row that is written without a new version announces nothing', async () => {
    const { asked, storage, operator } = await scene()
    const version = await storage.licenses.readVersion()
    await operator.query('update installation set probed_at = 5')
    const before = asked()
    for (let look = 0; look < 100; look++) expect(await storage.licenses.changedSince(version)).toBe(false)
    expect(asked()).toBe(before)
  })

  it('without its connection it asks at every look, and makes a new one', async () => {
    const { asked, storage, operator } = await scene()
    const version = await storage.licenses.readVersion()
    const end = 'select pg_terminate_backend(pid) from pg_stat_activity where application_name = \'nocodb-license-listener\' and datname = current_database()'
    expect((await operator.query(end)).rowCount).toBe(1)
    await until('it asks', async () => {
      const before = asked()
      await storage.licenses.changedSince(version)
      return asked() > before
    }, 5000)
    await operator.query('update installation set version = version + 1')
    expect(await storage.licenses.changedSince(version)).toBe(true)
    await untilQuiet(storage, version + 1, asked)
  })

  it('has another mark after it was without its connection: what was written meanwhile went unheard', async () => {
    const connectionString = await server.createDatabase()
    const operator = new pg.Client(connectionString)
    await operator.connect()
    onTestFinished(() => operator.end())
    const listener = createChangeListener({
      config: { connectionString }, schema: 'public',
      notify: (channel, payload) => operator.query('select pg_notify($1, $2)', [channel, payload]),
    })
    onTestFinished(() => listener.close())
    const listening = () => listener.mark() !== undefined
    await until('it listens', listening)
    const before = listener.mark()
    await operator.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()')
    await until('it has lost its connection', () => !listening())
    await until('it listens again', listening)
    expect(listener.mark()).not.toBe(before)
  })

  it('closes at once, also where the database has stopped answering', async () => {
    const asked = Promise.withResolvers<void>()
    const listener = createChangeListener({
      config: { connectionString: await server.createDatabase() }, schema: 'public',
      notify() {
        asked.resolve()
        return new Promise(() => {})
      },
    })
    await asked.promise
    expect(await Promise.race([listener.close().then(() => 'closed'), sleep(10_000).then(() => 'waits')])).toBe('closed')
    expect(listener.mark()).toBeUndefined()
  })

  it('another installation in the same database is none of its business', async () => {
    const { url, asked, storage, operator } = await scene()
    await operator.query('create schema other')
    const neighbour = await open(`${url}?options=-c%20search_path%3Dother`)
    const version = await storage.licenses.readVersion()
    await untilQuiet(storage, version, asked)
    await neighbour.licenses.saveSeatsUsed(1)
    const before = asked()
    for (let look = 0; look < 100; look++) expect(await storage.licenses.changedSince(version)).toBe(false)
    expect(asked()).toBe(before)
    await until('the neighbour knows', () => neighbour.licenses.changedSince(0), 10_000)
  })
})
