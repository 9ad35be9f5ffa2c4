import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import { onTestFinished } from 'vitest'
import type { PostgresServer } from '../../support/postgres-server.ts'
import { startPostgres } from '../../support/postgres-server.ts'
import type { House, Injection } from '../injection.ts'

/* What can be wrong with the database, while a person looks. */

const ours: Injection['arrange'] = async ({ licenseServer }) => ({ licenseServerUrl: licenseServer.url })

const sqlite = (name: string, rest: Omit<Injection, 'name' | 'arrange' | 'deeds' | 'before'> & Partial<Injection>): Injection =>
  ({ name: `database: ${name}`, deeds: ['look'], before: 'standard', arrange: ours, ...rest })

/** A file system of its own, of 4 MB. */
async function smallDisk(): Promise<House> {
  const dataDir = mkdtempSync(join(tmpdir(), 'nc-disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', dataDir])
  onTestFinished(() => {
    execFileSync('umount', ['-l', dataDir])
    rmSync(dataDir, { recursive: true, force: true })
  })
  return { dataDir }
}

function fill(folder: string): void {
  const { bavail, bsize } = statfsSync(folder)
  writeFileSync(join(folder, 'filler'), Buffer.alloc(bavail * bsize))
}

let server: PostgresServer | undefined
let url = ''

/** A database of its own on one PostgreSQL server, used by a role that has just what it needs. */
async function ownDatabase(): Promise<House> {
  if (!server) {
    const started = server = await startPostgres()
    process.once('exit', () => void started.stop())
  }
  url = await server.createDatabase()
  await as('create role panel').catch(() => undefined)
  await as('alter role panel login password \'panel\' connection limit -1; alter role panel reset all; grant all on schema public to panel')
  const own = new URL(url)
  own.username = own.password = 'panel'
  return { env: { DATABASE_URL: own.href } }
}

async function as(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(statement).finally(() => client.end())
}

const CUT = 'select pg_terminate_backend(pid) from pg_stat_activity where usename = \'panel\''

const postgres = (name: string, rest: Omit<Injection, 'name' | 'arrange' | 'deeds' | 'before' | 'house'>): Injection =>
  ({ name: `PostgreSQL: ${name}`, deeds: ['look'], before: 'standard', arrange: ours, house: ownDatabase, ...rest })

export const DATABASE: readonly Injection[] = [
  sqlite('a full disk', { cause: 'disk_full', isolated: true, house: smallDisk, named: [/full/, /license\.db/], helps: /Free some space/, meddle: async ({ dataDir }) => fill(dataDir) }),
  postgres('a standby that only reads', {
    cause: 'read_only', named: [/read but not written/], helps: /writable/, meddle: () => as(`alter role panel set default_transaction_read_only = on; ${CUT}`),
  }),
  postgres('stopped', {
    cause: 'unreachable', named: [/cannot be reached/, /PostgreSQL/], helps: /DATABASE_URL/,
    async meddle() {
      await server?.stop()
      onTestFinished(async () => await server?.start())
    },
  }),
  postgres('another password', { cause: 'login_refused', named: [/does not accept this server's login/], helps: /user and password in DATABASE_URL/, meddle: () => as(`alter role panel password 'other'; ${CUT}`) }),
  postgres('a right withdrawn', { cause: 'no_right', named: [/may not do/], helps: /right to read and write/, meddle: () => as('revoke update on all tables in schema public from panel; alter table installation owner to postgres; alter table license owner to postgres; revoke all on installation, license from panel') }),
  postgres('no connection left', { cause: 'connection_limit', named: [/no more connections/], helps: /connection limit/, meddle: () => as(`alter role panel connection limit 0; ${CUT}`) }),
  sqlite('locked by another process', {
    cause: 'locked', named: [/Another process/, /license\.db/], helps: /backup/,
    async meddle({ databaseFile }) {
      const other = new DatabaseSync(databaseFile)
      other.exec('BEGIN EXCLUSIVE')
      onTestFinished(() => other.close())
    },
  }),
  sqlite('deleted', { cause: 'file_gone', named: [/deleted, moved or replaced/], helps: /restart this server/, meddle: async ({ databaseFile }) => void execFileSync('mv', [databaseFile, `${databaseFile}.away`]) }),
  sqlite('a row that was edited', {
    cause: 'row_edited', named: [/changed in the database/], helps: /Enter the license key or token again/, never: /mail programs/,
    edit: databaseFile => edit(databaseFile, 'update license set lease = substr(lease, 1, length(lease) - 10) || \'AAAAAAAAAA\', secret = \'x\''),
  }),
  sqlite('tables dropped', { cause: 'schema_missing', named: [/tables of this installation are not/], helps: /restore a backup/, meddle: async ({ databaseFile }) => edit(databaseFile, 'drop table installation') }),
]

function edit(file: string, sql: string): void {
  const database = new DatabaseSync(file)
  database.exec(sql)
  database.close()
}
