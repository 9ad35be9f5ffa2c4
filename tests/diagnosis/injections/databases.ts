import { execFileSync } from 'node:child_process'
import { closeSync, fsyncSync, mkdirSync, mkdtempSync, openSync, renameSync, rmSync, statfsSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import { onTestFinished } from 'vitest'
import type { PostgresServer } from '../../support/postgres-server.ts'
import { startPostgres } from '../../support/postgres-server.ts'
import type { House, Injection } from '../injection.ts'
import { soundWay } from '../injection.ts'

/* What can be wrong with the database, while a person looks. */

type Given = Omit<Injection, 'deeds' | 'arrange'>

/** Without the database nobody can be recognised, so there are no diagnostics and no bundle to be had. */
const NOBODY: Injection['unseenBy'] = ['diagnostics', 'bundle']

const SQLITE: readonly Given[] = [
  {
    name: 'a full disk', cause: 'disk_full', isolated: true, house: smallDisk, meddle: async ({ dataDir }) => fill(dataDir),
    named: [/full/, /license\.db/], helps: /Free some space/,
  },
  {
    name: 'locked by another process', cause: 'locked',
    async meddle({ databaseFile }) {
      const other = new DatabaseSync(databaseFile)
      other.exec('BEGIN EXCLUSIVE')
      onTestFinished(() => other.close())
    },
    named: [/Another process/, /license\.db/], helps: /backup/,
  },
  {
    name: 'deleted', cause: 'file_gone', meddle: async ({ databaseFile }) => renameSync(databaseFile, `${databaseFile}.away`),
    named: [/deleted, moved or replaced/], helps: /restart NocoDB/,
  },
  {
    name: 'a row that was edited', cause: 'row_edited',
    edit: databaseFile => edit(
      databaseFile, 'update license set lease = substr(lease, 1, length(lease) - 10) || \'AAAAAAAAAA\', secret = \'x\'',
    ),
    // The database itself is in order.
    unseenBy: ['diagnostics', 'log'],
    named: [/changed in the database/], helps: /Enter the license key or token again/, never: /mail programs/,
  },
  {
    name: 'a page overwritten while in use', cause: 'damaged', unseenBy: NOBODY,
    meddle: async ({ databaseFile }) => overwritePageOf(databaseFile, 'installation'),
    named: [/is damaged/, /license\.db/], helps: /backup/,
  },
  {
    name: 'tables dropped', cause: 'schema_missing', unseenBy: NOBODY,
    meddle: async ({ databaseFile }) => edit(databaseFile, 'drop table installation'),
    named: [/tables of this installation are not/], helps: /restore a backup/,
  },
]

const POSTGRES: readonly Given[] = [
  {
    name: 'a standby that only reads', cause: 'read_only',
    meddle: () => cutAfter('alter role panel set default_transaction_read_only = on'),
    named: [/read but not written/], helps: /writable/,
  },
  {
    name: 'stopped', cause: 'unreachable', unseenBy: NOBODY,
    async meddle() {
      await server?.stop()
      onTestFinished(async () => await server?.start())
    },
    named: [/cannot be reached/, /PostgreSQL/], helps: /DATABASE_URL/,
  },
  {
    name: 'another password', cause: 'login_refused', unseenBy: NOBODY,
    meddle: () => cutAfter('alter role panel password \'other\''),
    named: [/does not accept this server's login/], helps: /user and password in DATABASE_URL/,
  },
  {
    name: 'a right withdrawn', cause: 'no_right', unseenBy: NOBODY,
    meddle: () => execute(`
      revoke update on all tables in schema public from panel;
      alter table installation owner to postgres;
      alter table license owner to postgres;
      revoke all on installation, license from panel`),
    named: [/lacks the permissions/], helps: /permission to read and write/,
  },
  {
    name: 'no connection left', cause: 'connection_limit', unseenBy: NOBODY,
    meddle: () => cutAfter('alter role panel connection limit 0'),
    named: [/no more connections/], helps: /connection limit/,
  },
]

export const DATABASE: readonly Injection[] = [
  ...SQLITE.map(given => whileLooking({ ...given, name: `database: ${given.name}` })),
  ...POSTGRES.map(given => whileLooking({ ...given, name: `PostgreSQL: ${given.name}`, house: ownDatabase })),
]

function whileLooking(given: Given): Injection {
  return { deeds: ['look'], arrange: soundWay, ...given }
}

/** A folder on a file system of 4 MB. */
async function smallDisk(): Promise<House> {
  const disk = mkdtempSync(join(tmpdir(), 'nc-disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk])
  onTestFinished(() => {
    execFileSync('umount', ['-l', disk])
    rmSync(disk, { recursive: true, force: true })
  })
  const dataDir = join(disk, 'data')
  mkdirSync(dataDir)
  return { dataDir }
}

function fill(folder: string): void {
  const { bavail, bsize } = statfsSync(folder)
  writeFileSync(join(folder, 'filler'), Buffer.alloc(bavail * bsize))
}

function edit(file: string, sql: string): void {
  const database = new DatabaseSync(file)
  database.exec(sql)
  database.close()
}

/** Spoils the first page of a table, and commits something, so that others read the file anew. */
function overwritePageOf(file: string, table: string): void {
  const database = new DatabaseSync(file)
  database.exec('pragma wal_checkpoint(truncate)')
  const page = Number(database.prepare('select rootpage from sqlite_schema where name = ?').get(table)?.rootpage)
  const size = Number(database.prepare('pragma page_size').get()?.page_size)
  const opened = openSync(file, 'r+')
  writeSync(opened, Buffer.alloc(size, 0xa5), 0, size, (page - 1) * size)
  fsyncSync(opened)
  database.exec('update users set email = email')
  // Closing the file would drop the locks that SQLite holds on it in this process.
  onTestFinished(() => {
    database.close()
    closeSync(opened)
  })
}

let server: PostgresServer | undefined
let url = ''

/** A database of its own on the one PostgreSQL server, used by a role that has just what it needs. */
async function ownDatabase(): Promise<House> {
  server ??= await startPostgres()
  url = await server.createDatabase()
  await execute('create role panel').catch(() => undefined)
  await execute(`
    alter role panel login password 'panel' connection limit -1;
    alter role panel reset all;
    grant all on schema public to panel`)
  const own = new URL(url)
  own.username = own.password = 'panel'
  return { env: { DATABASE_URL: own.href } }
}

/** Ends the PostgreSQL server, if one was needed. */
export async function removePostgres(): Promise<void> {
  await server?.remove()
}

/** Carries out statements as the superuser. */
async function execute(statements: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(statements).finally(() => client.end())
}

/** The same, and then ends the product's connections, so that what was changed applies to it. */
async function cutAfter(statement: string): Promise<void> {
  await execute(`${statement}; select pg_terminate_backend(pid) from pg_stat_activity where usename = 'panel'`)
}
