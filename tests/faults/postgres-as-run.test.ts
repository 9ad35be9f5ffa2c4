import { chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { openStorage, peekMethod, postgresRemedy, type Storage } from '../../server/storage/open.ts'
import { parsePostgresAddress } from '../../server/storage/postgres-address.ts'
import { createPool, guardPool } from '../../server/storage/postgres-pool.ts'
import { findSettingsWay } from '../../server/storage/postgres-settings.ts'
import { createApiClient } from '../support/api-client.ts'
import type { CertificateKind, Certificates } from '../support/network/certificates.ts'
import { createCertificates } from '../support/network/certificates.ts'
import { findPgbouncer, startPgbouncer, type PgbouncerOptions } from '../support/pgbouncer.ts'
import { PASSWORD, startPostgres, type PostgresServer } from '../support/postgres-server.ts'
import { addStandby } from '../support/postgres-standby.ts'
import type { Product } from '../support/product-process.ts'
import { plainLines, runToEnd } from '../support/run-to-end.ts'
import { signInSoon, startOwnLicenseServer, startOwnProduct, until } from '../support/stand.ts'

/* PostgreSQL as people run it. What cannot work says in one sentence what helps, and goes on by itself once that is done. */

const NOWHERE = 'http://127.0.0.1:9'
const ROLE_PASSWORD = 'of a role'
const UNAVAILABLE = { code: 'STORAGE_UNAVAILABLE' }

let server: PostgresServer
beforeAll(async () => { server = await startPostgres({ settings: ['max_connections=40'] }) })
afterAll(() => server.remove())

interface Change { role?: string, password?: string, port?: number, host?: string, database?: string, parameters?: string }

/** The same address, but for what is given. */
function changed(address: string, { role, password = ROLE_PASSWORD, port, host, database, parameters }: Change): string {
  const url = new URL(address)
  if (role !== undefined) [url.username, url.password] = [role, encodeURIComponent(password)]
  if (port !== undefined) url.port = String(port)
  if (host !== undefined) url.hostname = host
  if (database !== undefined) url.pathname = database
  if (parameters !== undefined) url.search = parameters
  return url.href
}

async function execute(address: string, ...statements: string[]): Promise<pg.QueryResult> {
  const client = new pg.Client(address)
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await client.query(statements.join('; '))
  }
  finally {
    await client.end()
  }
}

let roles = 0
/** Makes a role that may log in and do nothing else; resolves to its name. */
async function makeRole(address: string, more = ''): Promise<string> {
  const role = `role_${++roles}`
  await execute(address, `create role ${role} login password '${ROLE_PASSWORD}' ${more}`)
  return role
}

async function open(url: string): Promise<Storage> {
  const storage = await openStorage({ url, baseDir: '/' })
  onTestFinished(() => storage.close())
  return storage
}

/** What a start is told to do, as one sentence; fails if it succeeds. */
async function remedyAt(url: string): Promise<string> {
  const error: unknown = await openStorage({ url, baseDir: '/' }).then(async (storage) => {
    await storage.close()
    throw new Error(`${url} can be used`)
  }, (cause: unknown) => cause)
  expect(error).toMatchObject(UNAVAILABLE)
  const remedy = postgresRemedy(Object(error).cause, url) ?? `nothing to do about: ${Object(error).cause}`
  expectSentence(remedy)
  return remedy
}

function expectSentence(text: string): void {
  expect(text).toMatch(/^[A-Z"/\d].*\.$/)
  expect(text).not.toMatch(/\. [A-Z]|\n/)
  expect(text).not.toContain(ROLE_PASSWORD)
  expect(text).not.toContain(PASSWORD)
}

const waiting = (product: Product) => product.output().split('\n').filter(line => line.includes('trying again')).map(line => Object(JSON.parse(line)))
const startOn = (url: string) => startOwnProduct({ licenseServerUrl: NOWHERE, untilReady: false, env: { DATABASE_URL: url } })
const isReady = async (product: Product) => (await createApiClient(product.url).request('GET', '/api/health/ready')).status === 200

/** Starts the product, which must say what helps, once; then does that, and it must go on by itself. */
async function startThenMend(url: string, cause: string, remedy: RegExp, mend: () => Promise<unknown>): Promise<void> {
  const product = await startOn(url)
  await until('it says what helps', () => waiting(product).length > 0)
  await until('`ready` says so', async () => (await createApiClient(product.url).request('GET', '/api/health/ready')).status === 503)
  const [told] = waiting(product)
  expect(told).toMatchObject({ level: 'error', cause, remedy: expect.stringMatching(remedy) })
  expectSentence(told.remedy)
  await mend()
  await until('it goes on', () => isReady(product))
  expect(waiting(product)).toHaveLength(1)
  expect(product.output()).toContain('Listening on')
}

const identity = (letter: string) => ({ instanceId: letter.repeat(32), sessionSecret: `secret ${letter}`, createdAt: 1_800_000_000_000 })
const replica = (id: string) => ({ id, version: '1', commit: 'c', started: 1, state: 'active', revision: 0, keyDigest: null })

/** Two installations that must not see anything of each other. */
async function expectTwoInstallations(first: Storage, second: Storage): Promise<void> {
  expect([first.created, second.created]).toEqual([true, true])
  expect(first.migrations).toEqual(second.migrations)
  expect(await first.licenses.installation(identity('a'))).toEqual(identity('a'))
  expect(await second.licenses.installation(identity('b'))).toEqual(identity('b'))
  await first.licenses.saveSeatsUsed(7)
  expect((await second.licenses.read()).seatsUsed).toBeNull()
  expect(await first.licenses.readVersion()).not.toBe(await second.licenses.readVersion())

  for (const storage of [first, second]) {
    expect(await storage.licenses.claims?.swapClaim({ beat: 0, holder: storage.location, term: 1, lasts: 60_000 })).toBe(true)
    expect(await storage.licenses.claims?.readClaim()).toMatchObject({ holder: storage.location })
    await storage.replicas?.tell(replica(storage.location), 60_000)
    expect(await storage.windows?.use('sign-in', 'somebody', { points: 1, duration: 60_000 })).toHaveProperty('began')
    expect(await storage.windows?.use('sign-in', 'somebody', { points: 1, duration: 60_000 })).toHaveProperty('wait')
  }
  expect((await first.replicas?.seenWithin(60_000))?.map(({ id }) => id)).toEqual([first.location])
  expect((await second.replicas?.seenWithin(60_000))?.map(({ id }) => id)).toEqual([second.location])
}

describe('F90: two installations in one database', () => {
  it('are apart by ?schema=, which is made if the role may', async () => {
    const url = await server.createDatabase()
    const [one, other] = [changed(url, { parameters: 'schema=one' }), changed(url, { parameters: 'schema=Other-1' })]
    await expectTwoInstallations(await open(one), await open(other))
    const { rows } = await execute(url, 'select schemaname, count(*)::int as count from pg_tables where tablename in (\'installation\', \'license_migration\', \'replicas\') group by 1 order by 1')
    expect(rows).toEqual([{ schemaname: 'Other-1', count: 3 }, { schemaname: 'one', count: 3 }])
    const again = await open(one)
    expect(again).toMatchObject({ created: false, migrations: [] })
    expect(await again.licenses.installation(identity('c'))).toEqual(identity('a'))
  })

  it('are apart by the search_path of their roles, and of the database for a third', async () => {
    const url = await server.createDatabase()
    const database = new URL(url).pathname.slice(1)
    const [first, second, third] = [await makeRole(url), await makeRole(url), await makeRole(url)]
    for (const role of [first, second]) await execute(url, `create schema authorization ${role}`, `alter role ${role} set search_path = ${role}`)
    await execute(url, `create schema by_database authorization ${third}`, `alter database ${database} set search_path = by_database`)
    await expectTwoInstallations(await open(changed(url, { role: first })), await open(changed(url, { role: second })))
    expect((await open(changed(url, { role: third }))).created).toBe(true)
    const { rows } = await execute(url, 'select schemaname from pg_tables where tablename = \'installation\' order by 1')
    expect(rows.map(({ schemaname }) => schemaname)).toEqual(['by_database', first, second])
  })

  it('say what helps where the schema is missing and the role may not make it, and go on once it is there', async () => {
    const url = await server.createDatabase()
    const role = await makeRole(url)
    const address = changed(url, { role, parameters: 'schema=licensing' })
    await startThenMend(address, 'no_right', /^The schema "licensing" does not exist.* CREATE SCHEMA "licensing" AUTHORIZATION "role_\d+"\.$/,
      () => execute(url, `create schema licensing authorization ${role}`))
  })

  it('say what helps where the role may use no schema at all', async () => {
    const url = await server.createDatabase()
    const role = await makeRole(url)
    await execute(url, 'create schema licensing')
    const address = changed(url, { role, parameters: 'schema=licensing' })
    expect(await remedyAt(address)).toMatch(/GRANT USAGE, CREATE ON SCHEMA "licensing" TO "role_\d+"/)
    await execute(url, `grant usage, create on schema licensing to ${role}`)
    expect((await open(address)).created).toBe(true)
  })
})

/** pgbouncer for as long as the test lasts, and the address through it. */
async function through(url: string, options: Partial<PgbouncerOptions> = {}): Promise<string> {
  const bouncer = await startPgbouncer({ postgresPort: server.port, users: { postgres: PASSWORD }, ...options })
  onTestFinished(() => bouncer.stop())
  return changed(url, { port: bouncer.port })
}

const LIMITS = 'select name, setting from pg_settings where name in (\'statement_timeout\', \'lock_timeout\', \'idle_in_transaction_session_timeout\', \'search_path\') order by name'
const OURS = ['10000', '3500', '"licensing"', '5000']

describe.skipIf(findPgbouncer() === undefined)('F90: pgbouncer', () => {
  it('in transaction mode with its defaults: two replicas are one installation, in a schema of its own', async () => {
    const url = await server.createDatabase()
    const address = changed(await through(url), { parameters: 'schema=licensing' })
    const licenseServer = await startOwnLicenseServer()
    const first = await startOwnProduct({ licenseServerUrl: licenseServer.url, env: { DATABASE_URL: address } })
    const second = await startOwnProduct({ licenseServerUrl: licenseServer.url, env: { DATABASE_URL: address } })
    expect(first.output()).toContain('a connection pooler is in front of PostgreSQL')
    const [admin, other] = [await signInSoon(first), await signInSoon(second)]
    expect((await admin.save('nc_demo_standard')).status).toBe(200)
    await until('the other replica shows it', async () => (await other.license()).state === 'active', 5_000)
    expect((await other.checkIn()).status).toBe(200)
    expect(await licenseServer.control.forks()).toEqual([])
    const { rows } = await execute(url, 'select schemaname from pg_tables where tablename in (\'license\', \'replicas\') order by 1')
    expect(rows).toEqual([{ schemaname: 'licensing' }, { schemaname: 'licensing' }])
  })

  it.each(['transaction', 'session'] as const)('in %s mode: our time limits and schema hold in every statement, and stay with nobody else', async (mode) => {
    const url = changed(await through(await server.createDatabase(), { mode, settings: ['default_pool_size = 1'] }), { parameters: 'schema=licensing' })
    const { settings, ...address } = parsePostgresAddress(url)
    expect(await findSettingsWay({ ...address, settings })).toBe('transaction')
    const before = await execute(changed(url, { parameters: '' }), LIMITS)
    const pool = createPool(url, 1, 'transaction')
    onTestFinished(() => pool.end())
    const client = await guardPool(pool, () => 5_000, settings).connect()
    const inForce = async () => (await client.query<{ setting: string }>(LIMITS, [])).rows.map(({ setting }) => setting)
    expect(await inForce()).toEqual(OURS)
    await client.query('start transaction isolation level read committed', [])
    expect(await inForce()).toEqual(OURS)
    await expect(client.query('select broken', [])).rejects.toMatchObject({ code: '42703' })
    await client.query('rollback', [])
    await expect(client.query('select broken', [])).rejects.toMatchObject({ code: '42703' })
    expect(await inForce()).toEqual(OURS)
    client.release()
    if (mode === 'transaction') expect((await execute(changed(url, { parameters: '' }), LIMITS)).rows).toEqual(before.rows)
  })

  it('that is told to drop what it does not know is noticed', async () => {
    const url = changed(await through(await server.createDatabase(), { settings: ['ignore_startup_parameters = options'] }), { parameters: 'schema=licensing' })
    expect(await findSettingsWay(parsePostgresAddress(url))).toBe('transaction')
    expect((await open(url)).created).toBe(true)
    expect(await findSettingsWay(parsePostgresAddress(changed(url, { port: server.port })))).toBe('session')
  })

  it.each([['refuses', []], ['drops', ['ignore_startup_parameters = options']]])('that %s our settings: the license is looked up where they lead all the same', async (_does, settings) => {
    const url = await server.createDatabase()
    const make = (schema: string, method: string) => [`create table ${schema}.license (method text)`, `insert into ${schema}.license values ('${method}')`]
    await execute(url, 'create schema licensing', ...make('licensing', 'offline'), ...make('public', 'standard'))
    const address = await through(url, { settings })
    expect(await peekMethod({ url: changed(address, { parameters: 'options=-c%20search_path%3Dlicensing' }), baseDir: '/' })).toBe('offline')
    expect(await peekMethod({ url: changed(address, { parameters: 'schema=licensing' }), baseDir: '/' })).toBe('offline')
    expect(await peekMethod({ url: address, baseDir: '/' })).toBe('standard')
  })

  it('a wait for the lock ends by PostgreSQL\'s own limit, and nobody keeps the lock of a migration', async () => {
    const url = await server.createDatabase()
    const address = await through(url)
    const storages = await Promise.all(Array.from({ length: 4 }, () => open(address)))
    expect(storages.filter(({ created }) => created)).toHaveLength(1)
    expect((await execute(url, 'select * from pg_locks where locktype = \'advisory\'')).rows).toEqual([])
    const blocker = new pg.Client(url)
    await blocker.connect()
    await blocker.query('begin; select * from installation for update')
    const [storage] = storages
    const refused = await storage?.licenses.saveSeatsUsed(1).catch((error: unknown) => error)
    expect(refused).toMatchObject({ ...UNAVAILABLE, cause: { code: '55P03' } })
    await blocker.end()
    await storage?.licenses.saveSeatsUsed(1)
  })

  it('full, away, and with a wrong password or database: each says what helps', async () => {
    const url = await server.createDatabase()
    const full = await through(url, { settings: ['max_client_conn = 1'] })
    // Whoever looked whether it is there may still be leaving.
    const only = await until('there is room for one', async () => {
      const client = new pg.Client(full)
      return client.connect().then(() => client, () => null)
    })
    expect(await remedyAt(full)).toMatch(/no connection left for role "postgres".* raise/)
    await only?.end()
    const address = await through(url)
    expect(await remedyAt(changed(address, { role: 'postgres' }))).toMatch(/^PostgreSQL knows no role "postgres" with this password: correct/)
    expect(await remedyAt(changed(address, { role: 'nobody_known' }))).toMatch(/^PostgreSQL knows no role "nobody_known"/)
    expect(await remedyAt(changed(address, { database: 'missing' }))).toMatch(/has no database "missing": create it \(CREATE DATABASE/)
  })

  it('put in front of a running product, it says that a restart helps', async () => {
    const url = await through(await server.createDatabase())
    const pool = createPool(url, 1)
    onTestFinished(() => pool.end())
    const error: unknown = await pool.connect().catch((cause: unknown) => cause)
    expect(postgresRemedy(error, url)).toMatch(/pooler has been put in front of PostgreSQL: restart this server/)
  })
})

describe('F90: a role that may not create anything', () => {
  const grant = (role: string, schema: string) => [
    `grant usage on schema ${schema} to ${role}`, `grant select, insert, update, delete on all tables in schema ${schema} to ${role}`,
  ]

  it('runs on tables that their owner has made with `migrate`, and waits for the owner where an update is due', async () => {
    const url = await server.createDatabase()
    const [owner, running] = [await makeRole(url), await makeRole(url)]
    await execute(url, `create schema licensing authorization ${owner}`)
    const [asOwner, asRunning] = [owner, running].map(role => changed(url, { role, parameters: 'schema=licensing' }))
    if (!asOwner || !asRunning) throw new Error('no address')
    const migrated = await runToEnd({ DATABASE_URL: asOwner }, 'migrate')
    expect(migrated.output).toMatch(/^The tables of postgres:\S+\?schema=licensing have been created \(0001_license, .*\)\.\n$/)
    expect(migrated.code).toBe(0)
    await execute(asOwner, ...grant(running, 'licensing'), `alter default privileges in schema licensing grant select, insert, update, delete on tables to ${running}`)

    const licenseServer = await startOwnLicenseServer()
    const product = await startOwnProduct({ licenseServerUrl: licenseServer.url, env: { DATABASE_URL: asRunning } })
    const admin = await signInSoon(product)
    expect((await admin.save('nc_demo_standard')).status).toBe(200)
    expect((await admin.checkIn()).status).toBe(200)
    await product.stop()

    // As an earlier version left it.
    await execute(asOwner, 'drop table licensing.replicas', 'delete from licensing.license_migration where name = \'0012_replicas\'')
    const refused = await runToEnd({ DATABASE_URL: asRunning }, 'migrate')
    expect(refused.code).toBe(1)
    expect(refused.output).toMatch(/^The database cannot be used \(no_right: permission denied .*\)\. .*GRANT USAGE, CREATE ON SCHEMA "licensing" TO "role_\d+" for new ones\.\n$/)
    await startThenMend(asRunning, 'no_right', /run "node \.output\/server\/index\.mjs migrate" once with the DATABASE_URL of the role that owns them/, async () => {
      expect((await runToEnd({ DATABASE_URL: asOwner }, 'migrate')).output).toContain('have been updated (0012_replicas).')
    })
    expect((await runToEnd({ DATABASE_URL: asOwner }, 'migrate')).output).toContain('were up to date.')
  })

  it('says which right is missing on an empty database, and on tables that it may not use', async () => {
    const url = await server.createDatabase()
    const role = await makeRole(url)
    const address = changed(url, { role })
    expect(await remedyAt(address)).toMatch(/GRANT USAGE, CREATE ON SCHEMA "public" TO "role_\d+"/)
    await open(url)
    expect(await remedyAt(address)).toMatch(/have their owner GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "public" TO "role_\d+"\.$/)
    await execute(url, ...grant(role, 'public'))
    expect((await open(address)).migrations).toEqual([])
  })

  it('says so where it may not even connect', async () => {
    const url = await server.createDatabase()
    const role = await makeRole(url)
    await execute(url, `revoke connect on database ${new URL(url).pathname.slice(1)} from public`)
    expect(await remedyAt(changed(url, { role }))).toMatch(/GRANT CONNECT ON DATABASE "license_\d+" TO "role_\d+"\.$/)
  })
})

describe('F90: TLS', () => {
  let secure: PostgresServer
  let certificates: Certificates
  let url: string
  let folder: string
  beforeAll(async () => {
    certificates = createCertificates()
    folder = mkdtempSync(join(tmpdir(), 'nc-postgres-tls-'))
    secure = await startPostgres({ settings: ['ssl=on'], prepare: dataDir => present('trusted', dataDir) })
    url = await secure.createDatabase()
  })
  afterAll(async () => {
    await secure.remove()
    certificates.remove()
    rmSync(folder, { recursive: true })
  })

  /** Puts a certificate into a server's folder, as its user's. */
  function present(kind: CertificateKind, dataDir: string): void {
    const { uid, gid } = statSync(dataDir)
    const pair = certificates.pair(kind)
    for (const [name, content] of [['server.crt', pair.cert], ['server.key', pair.key]] as const) {
      const file = join(dataDir, name)
      writeFileSync(file, content, { mode: 0o600 })
      chmodSync(file, 0o600)
      chownSync(file, uid, gid)
    }
  }
  async function serve(kind: CertificateKind): Promise<void> {
    await secure.stop()
    present(kind, secure.dataDir)
    await secure.start()
  }
  const at = (parameters: string, host = 'localhost') => changed(url, { host, parameters })
  const ca = () => `sslrootcert=${encodeURIComponent(certificates.caFile)}`
  const usesTls = async (address: string) => {
    await open(address)
    const { rows } = await execute(parsePostgresAddress(address).connectionString, 'select ssl from pg_stat_ssl where pid = pg_backend_pid()')
    return rows[0]?.ssl
  }

  it('of a private authority: each mode works with sslrootcert, by name and by address', async () => {
    await serve('trusted')
    for (const mode of ['prefer', 'require', 'verify-ca', 'verify-full']) {
      expect(await usesTls(at(`sslmode=${mode}&${ca()}`)), mode).toBe(true)
      expect(await remedyAt(at(`sslmode=${mode}`)), mode).toMatch(/^The certificate of localhost is signed by an authority that this server does not know: name .* sslrootcert= .* NODE_EXTRA_CA_CERTS\.$/)
    }
    expect(await usesTls(at(`sslmode=verify-full&${ca()}`, '127.0.0.1'))).toBe(true)
    expect(await usesTls(at('sslmode=no-verify'))).toBe(true)
    expect(await usesTls(at('sslmode=require&uselibpqcompat=true'))).toBe(true)
    expect(await usesTls(at('sslmode=disable'))).toBe(false)
    expect(await usesTls(at(''))).toBe(false)
  })

  it('of a private authority: works with NODE_EXTRA_CA_CERTS; without, the log and `check --network` say what helps', async () => {
    await serve('trusted')
    const DATABASE_URL = at('sslmode=verify-full')
    const known = await runToEnd({ DATABASE_URL, NODE_EXTRA_CA_CERTS: certificates.caFile }, 'migrate')
    expect(known.output).toMatch(/^The tables of /)
    const { output } = await runToEnd({ DATABASE_URL }, 'check', '--network')
    expect(output).toMatch(/^Database: The certificate of localhost is signed by an authority .*NODE_EXTRA_CA_CERTS\.$/m)
    const product = await startOn(DATABASE_URL)
    await until('it says what helps', () => waiting(product).length > 0)
    expect(waiting(product)[0]).toMatchObject({ cause: 'unreachable', remedy: expect.stringContaining('NODE_EXTRA_CA_CERTS') })
  })

  it('of another name: verify-full says what helps, and that helps', async () => {
    await serve('wrong-name')
    expect(await remedyAt(at(`sslmode=verify-full&${ca()}`))).toMatch(/^The certificate is not for localhost: write a name that it is for/)
    expect(await usesTls(at(`sslmode=verify-ca&uselibpqcompat=true&${ca()}`))).toBe(true)
  })

  it('signed by itself: says what helps, and that helps', async () => {
    await serve('self-signed')
    expect(await remedyAt(at('sslmode=require'))).toMatch(/signed by itself: name that certificate's PEM file with sslrootcert=/)
    const own = join(folder, 'own.pem')
    writeFileSync(own, certificates.pair('self-signed').cert)
    expect(await usesTls(at(`sslmode=verify-full&sslrootcert=${encodeURIComponent(own)}`))).toBe(true)
  })

  it('with a certificate that has expired says so', async () => {
    await serve('expired')
    expect(await remedyAt(at(`sslmode=verify-full&${ca()}`))).toMatch(/^The certificate of localhost has expired: renew it/)
    await serve('trusted')
  })

  it('that the server does not offer, and that it insists on: each says what to write', async () => {
    const plain = changed(await server.createDatabase(), { host: 'localhost', parameters: 'sslmode=verify-full' })
    expect(await remedyAt(plain)).toMatch(/offers no TLS: switch it on there \(ssl = on\), or write sslmode=disable/)
    const hba = join(secure.dataDir, 'pg_hba.conf')
    writeFileSync(hba, 'hostssl all all all password\n')
    await secure.stop()
    await secure.start()
    expect(await remedyAt(at('sslmode=disable'))).toMatch(/with TLS only, or not from here at all: write sslmode=verify-full/)
    expect((await open(at(`sslmode=verify-full&${ca()}`))).kind).toBe('postgres')
  })
})

describe('F90: several hosts, and one that only reads', () => {
  it.each([
    'postgres://u:p@h1:5432,h2:5433/db?target_session_attrs=read-write', 'postgres://u:p@h1,h2/db', 'postgres:///db?host=h1,h2&user=u',
    'postgres://u:p@h1/db?target_session_attrs=read-write',
  ])('%s: one line names what to write instead', async (DATABASE_URL) => {
    const { code, output } = await runToEnd({ DATABASE_URL })
    expect(code).toBe(1)
    expect(plainLines(output)).toEqual([expect.stringMatching(/^DATABASE_URL: .* not supported; name .* writer endpoint/)])
  })

  it('a standby is said to be one, and served from by itself once it is promoted', async () => {
    const primary = await startPostgres()
    onTestFinished(() => primary.remove())
    const url = await primary.createDatabase()
    await (await openStorage({ url, baseDir: '/' })).close()
    const standby = await addStandby(primary)
    onTestFinished(() => standby.remove())
    await startThenMend(changed(url, { port: standby.port }), 'read_only', /takes no writes, as a standby .* name the primary in DATABASE_URL/, async () => {
      await primary.stop()
      await standby.promote()
      await primary.start()
    })
  })
})

describe('F90: a server that lets nobody in', () => {
  it('because every connection is taken', async () => {
    const small = await startPostgres({ settings: ['max_connections=12', 'superuser_reserved_connections=2'] })
    onTestFinished(() => small.remove())
    const url = await small.createDatabase()
    const role = await makeRole(url, 'createdb')
    await execute(url, `grant create on schema public to ${role}`)
    const address = changed(url, { role })
    const others = Array.from({ length: 10 }, () => new pg.Client(address))
    for (const other of others) await other.connect()
    await startThenMend(address, 'connection_limit', /has no connection left for role "role_\d+", and each replica opens up to 11: raise max_connections/,
      () => Promise.all(others.map(other => other.end())))
  })

  it('because the password is another', async () => {
    const url = await server.createDatabase()
    const role = await makeRole(url)
    await execute(url, `grant create on schema public to ${role}`, `alter role ${role} password 'another'`)
    await startThenMend(changed(url, { role }), 'login_refused', /^PostgreSQL knows no role "role_\d+" with this password: correct user and password in DATABASE_URL/,
      () => execute(url, `alter role ${role} password '${ROLE_PASSWORD}'`))
  })

  it('because the role is missing', async () => {
    const url = await server.createDatabase()
    const role = 'yet_to_be_made'
    await startThenMend(changed(url, { role }), 'login_refused', /^PostgreSQL knows no role "yet_to_be_made" .*CREATE ROLE/,
      () => execute(url, `create role ${role} login superuser password '${ROLE_PASSWORD}'`))
  })

  it('because the database is missing', async () => {
    const url = await server.createDatabase()
    await startThenMend(changed(url, { database: 'yet_to_be_made' }), 'schema_missing', /has no database "yet_to_be_made": create it \(CREATE DATABASE "yet_to_be_made" OWNER "postgres"\)/,
      () => execute(url, 'create database yet_to_be_made'))
  })

  it('because the address has no password, or its pg_hba.conf has no line for it', async () => {
    const url = await server.createDatabase()
    expect(await remedyAt(changed(url, { role: 'postgres', password: '' }))).toMatch(/asks role "postgres" for a password: add it to DATABASE_URL/)
    expect(await remedyAt(changed(url, { port: 9 }))).toMatch(/^Nothing listens at 127\.0\.0\.1:9: start PostgreSQL there/)
    expect(await remedyAt(changed(url, { host: 'no-such-host.invalid' }))).toMatch(/^The name no-such-host\.invalid cannot be resolved/)
  })
})
