import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { openStorage, peekMethod, type Storage } from '../../server/storage/open.ts'
import { createPool } from '../../server/storage/postgres-pool.ts'
import { inTurns } from '../support/in-turns.ts'
import { startPostgres, type PostgresServer } from '../support/postgres-server.ts'
import { listReleased } from './released-databases.ts'
import { eventOf, fresh, licenseOf, saveOf, userOf } from './samples.ts'
import { untilWaiting } from './until-waiting.ts'

/* What PostgreSQL alone does: its locks and levels of isolation, its settings, its sessions, its types. */

const UNAVAILABLE = { code: 'STORAGE_UNAVAILABLE' }
/** Kysely's lock for whoever migrates. */
const MIGRATION_LOCK = '3853314791062309107'

let server: PostgresServer
let url: string
/** Another session of the same database, as an operator's. */
let other: pg.Client
/** One that looks: what it sees of sessions would stand still for the length of a transaction. */
let watcher: pg.Client
beforeAll(async () => { server = await startPostgres() }, 120_000)
afterAll(() => server.remove(), 60_000)
beforeEach(async () => {
  url = await server.createDatabase()
  const sessions = [other, watcher] = [new pg.Client(url), new pg.Client(url)]
  for (const session of sessions) {
    session.on('error', () => {})
    await session.connect()
  }
  return async () => { for (const session of sessions) await session.end() }
})

async function open(address = url): Promise<Storage> {
  const storage = await openStorage({ url: address, baseDir: '/' })
  onTestFinished(() => storage.close())
  return storage
}
async function setting(name: string, value: string): Promise<void> {
  await other.query(`alter database ${new URL(url).pathname.slice(1)} set ${name} = ${value}`)
}
async function numberOf(query: string): Promise<number> {
  return Number((await watcher.query<{ count: number }>(query)).rows[0]?.count)
}

describe('the one lock of all writes', () => {
  it('is the row of the installation: who waits for it goes on from what was committed meanwhile', async () => {
    const { licenses } = await open()
    await other.query('begin; select * from installation for update')
    const writing = licenses.appendEvent(eventOf())
    await other.query(`${untilWaiting(1)}; update installation set version = 50; commit`)
    await writing
    expect(await licenses.readVersion()).toBe(51)
    expect((await licenses.listEvents({ limit: 1 }))[0]?.id).toBe(51)
  })

  it('lets reads through, and does not show them what is not committed', async () => {
    const { licenses } = await open()
    await other.query('begin; update installation set version = 50')
    expect(await licenses.readVersion()).toBe(0)
    await other.query('commit')
    expect(await licenses.readVersion()).toBe(50)
  })

  it.each(['serializable', 'repeatable read'])('loses no write on a database whose transactions are %s unless they say otherwise', async (level) => {
    await setting('default_transaction_isolation', `'${level}'`)
    const replicas = [await open(), await open()]
    const writes = Array.from({ length: 40 }, (_, n) => n)
    await inTurns(writes, 10, n => replicas[n % 2]?.licenses.appendEvent(eventOf({ details: { n } })) ?? Promise.reject(new Error('no replica')))
    const events = await replicas[0]?.licenses.listEvents({ limit: 100 }) ?? []
    expect(events.map(({ id }) => id).toSorted((a, b) => a - b)).toEqual(writes.map(n => n + 1))
  })

  it('leaves connections for reads when every one for writes waits, and more than ten to nobody', async () => {
    const { licenses } = await open()
    const read = () => Promise.all(Array.from({ length: 20 }, () => licenses.read()))
    const write = () => Promise.all(Array.from({ length: 12 }, () => licenses.appendEvent(eventOf())))
    // Makes the connections, so that the lock is held for a moment only.
    await Promise.all([read(), write()])
    await other.query('begin; select * from installation for update')
    const writing = write()
    await other.query(untilWaiting(1))
    await read()
    await other.query('commit')
    await writing
    expect(await numberOf('select count(*)::int as count from pg_stat_activity where application_name = \'nocodb-license\' and datname = current_database()'))
      .toBeLessThanOrEqual(10)
    expect(await licenses.readVersion()).toBe(24)
  })
})

describe('a connection that is cut in the middle of a write', () => {
  it('leaves nothing of it behind, and the next write has another', async () => {
    const { licenses, accounts } = await open()
    await other.query('begin; select * from installation for update')
    const writing = accounts.createUser(userOf(), eventOf())
    const outcome = expect(writing).rejects.toMatchObject(UNAVAILABLE)
    await other.query(`${untilWaiting(1)}; select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and pid <> pg_backend_pid()`)
    await outcome
    await other.query('commit')
    expect(await accounts.listUsers()).toEqual([])
    expect(await licenses.readVersion()).toBe(0)
    expect(await accounts.createUser(userOf(), eventOf())).toBe('written')
  })

  it('between its statements: nothing of it is stored either', async () => {
    const { licenses } = await open()
    await other.query(`create function cut() returns trigger language plpgsql as $$
      begin perform pg_terminate_backend(pg_backend_pid()); return new; end $$;
      create trigger cut before update on installation for each row execute function cut()`)
    // The event has been inserted when the version is written, which ends the session.
    await expect(licenses.appendEvent(eventOf())).rejects.toMatchObject(UNAVAILABLE)
    expect(await licenses.listEvents({ limit: 9 })).toEqual([])
    await other.query('drop trigger cut on installation')
    await licenses.appendEvent(eventOf())
    expect(await licenses.readVersion()).toBe(1)
  })
})

describe('a migration', () => {
  it('waits for another replica that migrates, having made nothing', async () => {
    await other.query(`begin; select pg_advisory_xact_lock(${MIGRATION_LOCK})`)
    const opening = openStorage({ url, baseDir: '/' })
    onTestFinished(async () => { await (await opening).close() })
    await other.query(untilWaiting(1))
    expect(await numberOf('select count(*)::int as count from pg_tables where tablename = \'installation\'')).toBe(0)
    await other.query('commit')
    expect((await opening).created).toBe(true)
  })

  it.each(listReleased())('of $version is made by exactly one of four replicas that start at once', async ({ statements }) => {
    await other.query(statements('postgres'))
    const replicas = await Promise.all(Array.from({ length: 4 }, () => open()))
    const applied = await other.query<{ name: string }>('select name from license_migration')
    const made = replicas.flatMap(({ migrations }) => migrations)
    expect(new Set(made).size).toBe(made.length)
    expect(replicas.filter(({ migrations }) => migrations.length > 0).length).toBeLessThanOrEqual(1)
    for (const name of made) expect(applied.rows).toContainEqual({ name })
    for (const { licenses } of replicas) expect((await licenses.read()).license?.jti).toBe('lease-4')
  })
})

describe('settings of the database', () => {
  it.each([
    ['timezone', '\'Asia/Kathmandu\''], ['timezone', '\'America/St_Johns\''], ['datestyle', '\'German, DMY\''], ['intervalstyle', '\'sql_standard\''],
    ['extra_float_digits', '-15'], ['bytea_output', '\'escape\''], ['standard_conforming_strings', 'on'], ['statement_timeout', '1'],
  ])('%s = %s changes nothing', async (name, value) => {
    // Before it is opened: sessions take settings when they begin.
    const { licenses } = await open()
    await setting(name, value)
    const again = await open()
    const clock = 'select floor(extract(epoch from clock_timestamp()) * 1000) as count'
    const before = await numberOf(clock)
    const time = await again.licenses.databaseTime()
    expect(time).toBeGreaterThanOrEqual(before)
    expect(time).toBeLessThanOrEqual(await numberOf(clock))
    await again.licenses.appendEvent(eventOf({ details: { text: '1.5 \\ \' 名' } }))
    expect(await licenses.listEvents({ limit: 1 })).toEqual(await again.licenses.listEvents({ limit: 1 }))
  })

  it('client_encoding: what is written is read again, letter for letter', async () => {
    await setting('client_encoding', '\'LATIN1\'')
    const { accounts } = await open()
    const user = userOf({ email: 'zoë@例え.jp' })
    expect(await accounts.createUser(user, eventOf())).toBe('written')
    expect(await accounts.getUserByEmail(user.email)).toEqual(user)
    expect(await numberOf(`select count(*)::int as count from users where email = '${user.email}'`)).toBe(1)
  })

  it('search_path: everything is in that schema, whatever another of the same database holds', async () => {
    const first = await open()
    await first.licenses.installation(fresh)
    await first.licenses.saveSeatsUsed(7)
    await other.query('create schema licensing')
    await setting('search_path', 'licensing')
    const second = await open()
    expect(second.created).toBe(true)
    const identity = { ...fresh, instanceId: 'b2'.repeat(16) }
    expect(await second.licenses.installation(identity)).toEqual(identity)
    expect((await second.licenses.read()).seatsUsed).toBeNull()
    expect(await numberOf('select count(*)::int as count from pg_tables where schemaname = \'licensing\' and tablename in (\'installation\', \'license_migration\')')).toBe(2)
    const again = await open()
    expect(again).toMatchObject({ created: false, migrations: [] })
    expect(await again.licenses.installation(fresh)).toEqual(identity)
    expect((await first.licenses.read()).seatsUsed).toBe(7)
  })
})

describe('numbers', () => {
  it('of 64 bits are numbers, those that count as well', async () => {
    const { licenses, accounts } = await open()
    await other.query('update installation set version = 4294967296000, revision = 9007199254740990, seats_used = 4294967296')
    await accounts.createUser(userOf({ role: 'admin' }), eventOf({ at: 253_402_300_799_999 }))
    expect(await licenses.read()).toMatchObject({ version: 4_294_967_296_001, revision: 9_007_199_254_740_990, seatsUsed: 4_294_967_296 })
    expect((await licenses.listEvents({ limit: 1 }))[0]).toMatchObject({ id: 4_294_967_296_001, at: 253_402_300_799_999, count: 1 })
    expect(await accounts.countAdmins()).toBe(1)
    expect(await licenses.pruneEvents(Number.MAX_SAFE_INTEGER)).toBe(1)
  })
})

describe('the method of the license', () => {
  it('is seen without making a table, and without waiting for whoever writes', async () => {
    expect(await peekMethod({ url, baseDir: '/' })).toBeNull()
    expect(await numberOf('select count(*)::int as count from pg_tables where schemaname = \'public\'')).toBe(0)
    const { licenses } = await open()
    expect(await peekMethod({ url, baseDir: '/' })).toBeNull()
    await licenses.commit(saveOf(0, { license: licenseOf({ method: 'airgapped' }) }))
    await other.query('begin; select * from installation for update; update license set last_state = last_state')
    expect(await peekMethod({ url, baseDir: '/' })).toBe('airgapped')
    await other.query('rollback')
  })

  it.each(['?schema=one', '?options=-c%20search_path%3Done'])('is the one in the schema that %s names, and no other\'s', async (parameters) => {
    await other.query('create schema one')
    const [{ licenses }, elsewhere] = [await open(url + parameters), await open()]
    await elsewhere.licenses.commit(saveOf(0))
    expect(await peekMethod({ url: url + parameters, baseDir: '/' })).toBeNull()
    await licenses.commit(saveOf(0, { license: licenseOf({ method: 'offline' }) }))
    expect(await peekMethod({ url: url + parameters, baseDir: '/' })).toBe('offline')
    expect(await peekMethod({ url, baseDir: '/' })).toBe('standard')
  })

  it('is not guessed where nobody may look', async () => {
    await expect(peekMethod({ url: url.replace(/:[^:@]*@/, ':wrong@'), baseDir: '/' })).rejects.toMatchObject({ code: '28P01' })
  })

  it('leaves no session behind, whether it is seen or not', async () => {
    const sessions = 'select count(*)::int as count from pg_stat_activity where datname = current_database() and backend_type = \'client backend\''
    const before = await numberOf(sessions)
    expect(await peekMethod({ url, baseDir: '/' })).toBeNull()
    await other.query('create table license (method text); insert into license values (\'offline\')')
    expect(await peekMethod({ url, baseDir: '/' })).toBe('offline')
    await expect.poll(() => numberOf(sessions)).toBe(before)
  })
})

describe('the time limits of every session', () => {
  it('are the server\'s own, so that it ends what this process no longer can', async () => {
    const pool = createPool(url, 1)
    onTestFinished(() => pool.end())
    const { rows } = await pool.query('select name, setting from pg_settings where name = any($1) order by name', [
      ['application_name', 'idle_in_transaction_session_timeout', 'lock_timeout', 'statement_timeout'],
    ])
    expect(rows.map(({ setting }) => setting)).toEqual(['nocodb-license', '10000', '3500', '5000'])
  })

  it('end a replica that holds the lock and does nothing, and one that waits for it', async () => {
    const pool = createPool(url, 2)
    onTestFinished(() => pool.end())
    await open()
    const [frozen, waiting] = [await pool.connect(), await pool.connect()]
    const { rows: [session] } = await frozen.query<{ pid: number }>('select pg_backend_pid() as pid')
    await waiting.query('set lock_timeout = 200')
    // Long enough for the other to have waited in vain by then.
    await frozen.query('set idle_in_transaction_session_timeout = 5000')
    await frozen.query('begin; select * from installation for update')
    await expect(waiting.query('select * from installation for update')).rejects.toMatchObject({ code: '55P03' })
    // Not asked itself: it would no longer be idle.
    await expect.poll(() => numberOf(`select count(*)::int as count from pg_stat_activity where pid = ${session?.pid}`)).toBe(0)
    await expect(frozen.query('select 1')).rejects.toThrow()
    await other.query('select * from installation for update')
    frozen.release(true)
    waiting.release(true)
  })
})
