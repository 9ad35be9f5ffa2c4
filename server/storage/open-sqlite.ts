import { closeSync, openSync, renameSync, rmSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { Kysely } from 'kysely'
import type { Log } from '../license/ports.ts'
import { createConnection } from './connection.ts'
import { createFileStamp } from './file-stamp.ts'
import { getSqliteCode } from './storage-cause.ts'
import { migrate, requireInstallationRow } from './migrate.ts'
import type { Database } from './schema.ts'
import { BUSY_TIMEOUT_MS, createSqliteDialect, OPEN_PATIENCE_MS, retryWhileBusy, truncateLog } from './sqlite-dialect.ts'
import {
  APPLICATION_ID, createIfMissing, damaged, describe, hasRoomBeside, isReadOnlyFile, rememberFile, requireOurFile, toDatabasePath,
  withoutItsLog,
} from './sqlite-file.ts'
import { assembleStorage, type Storage } from './storage.ts'
import { StorageOpenError, toStorageError } from './storage-error.ts'
import { createHealthMonitor } from './storage-health.ts'

/** Up to here (some 20 MB) a file is checked whole, which takes a few hundredths of a second. */
const MOST_PAGES_TO_CHECK = 5000

const SQLITE_ERROR = 1
const SQLITE_CORRUPT = 11
const SQLITE_CANTOPEN = 14
const SQLITE_NOTADB = 26

export interface SqliteOptions { url: string, baseDir: string, log?: Log | undefined, version?: string | undefined }

/**
 * Opens the SQLite file of a `file:` URL, and creates it if there is none. Rejects with `StorageOpenError`, having left the file
 * untouched, if it is damaged, not ours or a newer version's; with `STORAGE_UNAVAILABLE` while another process blocks it.
 */
export async function openSqlite({ url, baseDir, log, version }: SqliteOptions): Promise<Storage> {
  const path = toDatabasePath(url, baseDir)
  const created = createIfMissing(path)
  const found = requireOurFile(path)
  const opened: DatabaseSync[] = []
  const open = (readOnly: boolean) => {
    const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true, readOnly })
    opened.unshift(database)
    return database
  }
  try {
    const database = open(false)
    const requireFile = rememberFile(path)
    const health = createHealthMonitor({ log, waitMeans: 'locked', quickMs: 250, isReadOnly: () => isReadOnlyFile(path) })
    await prepare(database, path, found)
    const reader: { open?: DatabaseSync } = {}
    const db = new Kysely<Database>({ dialect: createSqliteDialect({ database, reader: () => reader.open, requireFile, health }) })
    let copy: string | null = null
    const { applied, newer } = await migrate(db, path, {
      version, beforeChange: async (first) => { copy = await copyBefore(database, path, first) },
    })
    await requireInstallationRow(db, path)
    await useLog(database)
    reader.open = open(true)
    const hasRoom = async () => hasRoomBeside(path)
    return assembleStorage({
      kind: 'sqlite', location: path, created, migrations: applied, newer, copy, connection: createConnection(db, countChanges(() => reader.open)),
      databaseTime: async () => null, claims: null, health, hint: createFileStamp(path, health.hasFile),
      hasRoom, requireFile,
    })
  } catch (error) {
    for (const database of opened) if (database.isOpen) database.close()
    throw translate(error, path)
  }
}

/**
 * SQLite's own count of what other connections have committed; ours for writing is another one. Reading it is a tenth of reading a row.
 */
function countChanges(reader: () => DatabaseSync | undefined): () => number | undefined {
  let statement: StatementSync | undefined
  return () => {
    try {
      statement ??= reader()?.prepare('pragma data_version')
      return statement && Number(statement.get()?.data_version)
    } catch {
      // Whoever reads a row now will be told why.
      return undefined
    }
  }
}

/** Opens a new database that no file keeps. */
export async function openSqliteInMemory({ log }: { log?: Log | undefined }): Promise<Storage> {
  const location = ':memory:'
  const database = new DatabaseSync(location, { enableForeignKeyConstraints: true })
  const health = createHealthMonitor({ log, waitMeans: 'locked', quickMs: 250, isReadOnly: () => false })
  const db = new Kysely<Database>({ dialect: createSqliteDialect({ database, reader: () => undefined, health }) })
  const { applied } = await migrate(db, location)
  await requireInstallationRow(db, location)
  return assembleStorage({
    kind: 'sqlite', location, created: true, migrations: applied, connection: createConnection(db), databaseTime: async () => null, claims: null, health,
  })
}

async function prepare(database: DatabaseSync, path: string, { empty, logged }: { empty: boolean, logged: boolean }): Promise<void> {
  const deadline = performance.now() + OPEN_PATIENCE_MS
  // A new file is marked as ours before anything else is written to it.
  if (empty) await retryWhileBusy(deadline, () => database.exec(`pragma application_id = ${APPLICATION_ID}`))
  await requireIntegrity(database, path, deadline)
  // We never use a write-ahead log before our tables are in the main file: see useLog.
  if (logged && !await retryWhileBusy(deadline, () => hasTables(database))) throw withoutItsLog(path)
  // An acknowledged write must survive a power cut that follows it.
  database.exec('pragma synchronous = full')
}

/**
 * Copies the database as it is, under a name that says before which migration that was: `license.db.before-0014`. One of that name is
 * from a start that did not get to migrate. Rejects with what SQLite throws, such as for a full disk.
 */
async function copyBefore(database: DatabaseSync, path: string, migration: string): Promise<string> {
  const copy = `${path}.before-${migration.slice(0, 4)}`
  const unfinished = `${copy}.unfinished`
  rmSync(unfinished, { force: true })
  try {
    closeSync(openSync(unfinished, 'wx', 0o600))
    await retryWhileBusy(performance.now() + OPEN_PATIENCE_MS, () => database.prepare('vacuum into ?').run(unfinished))
    renameSync(unfinished, copy)
    return copy
  }
  catch (error) {
    // On a full disk, half a copy would take the room that the version before needs.
    rmSync(unfinished, { force: true })
    throw error
  }
}

function hasTables(database: DatabaseSync): boolean {
  return database.prepare('select 1 from sqlite_schema where type = \'table\' and name = \'installation\'').get() !== undefined
}

/**
 * Switches to the write-ahead log once the tables are in the main file. That tells a file whose first start was cut short by a
 * kill -9 from one that was copied without its log.
 */
async function useLog(database: DatabaseSync): Promise<void> {
  const deadline = performance.now() + OPEN_PATIENCE_MS
  await retryWhileBusy(deadline, () => database.exec('pragma journal_mode = wal'))
  // Empties the log of what this start found in it, and of its migrations. If another process is in the way, the next write does
  // it.
  try {
    truncateLog(database)
  } catch { /* A full disk is noticed by the next write. */ }
}

/**
 * Leaves out the activity log of a large file, which must not delay the start: damage there is reported when it is met.
 */
async function requireIntegrity(database: DatabaseSync, path: string, deadline: number): Promise<void> {
  try {
    await retryWhileBusy(deadline, () => {
      for (const part of partsToCheck(database)) {
        const first = database.prepare(`pragma integrity_check(${part})`).get()
        if (first?.integrity_check !== 'ok') throw damaged(path, first?.integrity_check)
      }
    })
  } catch (error) {
    // The statement is sound, so it must be the file that SQLite cannot read.
    throw getSqliteCode(error) === SQLITE_ERROR ? damaged(path, error) : error
  }
}

/** The arguments of `integrity_check`, one by one: names of tables, or how many errors to stop at, which checks the whole file. */
function partsToCheck(database: DatabaseSync): string[] {
  if (Number(database.prepare('pragma page_count').get()?.page_count) <= MOST_PAGES_TO_CHECK) return ['1']
  return database.prepare('select name from sqlite_schema where type = \'table\' and name <> \'events\'').all()
    .map(({ name }) => `"${String(name).replaceAll('"', '""')}"`)
}

function translate(error: unknown, path: string): unknown {
  const code = getSqliteCode(error)
  if (code === undefined) return toStorageError(error)
  if ([SQLITE_CORRUPT, SQLITE_NOTADB].includes(code & 0xff)) return damaged(path, error)
  if ((code & 0xff) === SQLITE_CANTOPEN) {
    return new StorageOpenError(`The database file ${path} cannot be opened (${describe(error)}).`, { cause: error })
  }
  return toStorageError(error)
}
