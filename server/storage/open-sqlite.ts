import { performance } from 'node:perf_hooks'
import { DatabaseSync } from 'node:sqlite'
import { Kysely } from 'kysely'
import { createConnection } from './connection.ts'
import { migrate } from './migrations.ts'
import type { Database } from './schema.ts'
import { BUSY_TIMEOUT_MS, createSqliteDialect, PATIENCE_MS, retryWhileBusy } from './sqlite-dialect.ts'
import { APPLICATION_ID, createIfMissing, damaged, describe, requireOurFile, toDatabasePath } from './sqlite-file.ts'
import { assembleStorage, type Storage } from './storage.ts'
import { getSqliteCode, StorageOpenError, toStorageError } from './storage-error.ts'

const SQLITE_ERROR = 1
const SQLITE_CORRUPT = 11
const SQLITE_CANTOPEN = 14
const SQLITE_NOTADB = 26

/**
 * Opens the SQLite file of a `file:` URL, made if there is none. Rejects with `StorageOpenError`, the file untouched,
 * when it is damaged, not ours or newer than this product; with `STORAGE_UNAVAILABLE` while another process blocks it.
 */
export async function openSqlite({ url, baseDir }: { url: string, baseDir: string }): Promise<Storage> {
  const path = toDatabasePath(url, baseDir)
  const created = createIfMissing(path)
  const { empty } = requireOurFile(path)
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true })
    await prepare(database, path, empty)
    const db = new Kysely<Database>({ dialect: createSqliteDialect(database) })
    const { applied } = await migrate(db, path)
    return assembleStorage({
      kind: 'sqlite', location: path, created, migrations: applied, connection: createConnection(db), databaseTime: async () => null,
    })
  } catch (error) {
    if (database?.isOpen) database.close()
    throw translate(error, path)
  }
}

async function prepare(database: DatabaseSync, path: string, empty: boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  // Before the switch to the write-ahead log: from its first byte on, the file itself says whose it is.
  if (empty) await retryWhileBusy(deadline, () => database.exec(`pragma application_id = ${APPLICATION_ID}`))
  await requireIntegrity(database, path, deadline)
  await retryWhileBusy(deadline, () => database.exec('pragma journal_mode = wal'))
  // An acknowledged write survives the power cut that follows it.
  database.exec('pragma synchronous = full')
}

async function requireIntegrity(database: DatabaseSync, path: string, deadline: number): Promise<void> {
  try {
    const [first] = await retryWhileBusy(deadline, () => database.prepare('pragma integrity_check(1)').all())
    if (first?.integrity_check !== 'ok') throw damaged(path, first?.integrity_check)
  } catch (error) {
    // Nothing is wrong with the statement, so it is the file that SQLite cannot make out.
    throw getSqliteCode(error) === SQLITE_ERROR ? damaged(path, error) : error
  }
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
