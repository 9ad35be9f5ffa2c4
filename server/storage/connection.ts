import type { Kysely, Selectable, Transaction, Updateable } from 'kysely'
import type { Database, InstallationTable } from './schema.ts'
import { toStorageError, unavailable } from './storage-error.ts'

/** What the stores are built on: the database, and the one place where driver errors are translated. */
export interface Connection {
  db: Kysely<Database>
  /** Runs the work; rejects with `STORAGE_UNAVAILABLE` if the database fails, or is closed. */
  attempt<T>(work: () => Promise<T>): Promise<T>
  /**
   * A number that is another one once anybody, in whatever process, has committed a write. Undefined where the database has no such
   * number, or it cannot be read now.
   */
  changes(): number | undefined
  close(): Promise<void>
}

export function createConnection(db: Kysely<Database>, changes: Connection['changes'] = () => undefined): Connection {
  let closing: Promise<void> | undefined
  async function attempt<T>(work: () => Promise<T>): Promise<T> {
    if (closing) throw unavailable(new Error('the storage is closed'))
    try {
      return await work()
    } catch (error) {
      throw closing ? unavailable(error) : toStorageError(error)
    }
  }
  return { db, attempt, changes: () => closing ? undefined : changes(), close: () => closing ??= db.destroy() }
}

/** One write in progress. It holds the lock, so what it has read stays true until it is committed. */
export interface Write {
  trx: Transaction<Database>
  installation: Selectable<InstallationTable>
  /** What `version` becomes if this write changes anything. It is unique, so it is also the id of rows that the write appends. */
  version: number
}

/**
 * Runs the work as one transaction under the lock that puts all writes in order: the row of the installation (SQLite:
 * its one write lock as well). Reads need no lock.
 */
export function write<T>(connection: Connection, work: (write: Write) => Promise<T>): Promise<T> {
  const transaction = connection.db.transaction().setIsolationLevel('read committed')
  return connection.attempt(() => transaction.execute(async (trx) => {
    const installation = await trx.selectFrom('installation').selectAll().forUpdate().executeTakeFirstOrThrow()
    return work({ trx, installation, version: installation.version + 1 })
  }))
}

/** Grows `version`, by which replicas notice the write, and sets columns of the installation. */
export async function bump(write: Write, changes: Updateable<InstallationTable> = {}): Promise<void> {
  await write.trx.updateTable('installation').set({ ...changes, version: write.version }).execute()
}

/** Stores columns of the installation as a write of its own. */
export async function saveInstallation(connection: Connection, changes: Updateable<InstallationTable>): Promise<void> {
  await connection.attempt(() => connection.db.updateTable('installation')
    .set(eb => ({ ...changes, version: eb('version', '+', 1) }))
    .execute())
}
