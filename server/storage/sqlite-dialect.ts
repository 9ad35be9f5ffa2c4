import { performance } from 'node:perf_hooks'
import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  CompiledQuery, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler,
  type DatabaseConnection, type Dialect, type Driver, type QueryResult,
} from 'kysely'
import { getSqliteCode } from './storage-error.ts'
import { createTurns } from './turns.ts'

/** How long SQLite itself may wait for a lock. The event loop stands still meanwhile, so most waiting is outside. */
export const BUSY_TIMEOUT_MS = 20
/** How long one operation may wait in all, for its turn in this process and for the locks of others. */
export const PATIENCE_MS = 5000
const RETRY_EVERY_MS = 30
const SQLITE_BUSY = 5
const SQLITE_BUSY_SNAPSHOT = 517

/** Repeats the step while another process has the lock, until `deadline` (`performance.now()`); rejects as it does. */
export async function retryWhileBusy<T>(deadline: number, step: () => T): Promise<T> {
  for (;;) {
    try {
      return step()
    } catch (error) {
      const code = getSqliteCode(error)
      // A snapshot that is out of date stays so: waiting does not help.
      const waits = code !== undefined && (code & 0xff) === SQLITE_BUSY && code !== SQLITE_BUSY_SNAPSHOT
      if (!waits || performance.now() >= deadline) throw error
    }
    await sleep(RETRY_EVERY_MS)
  }
}

/** Takes an open `node:sqlite` database; returns Kysely's dialect over it. Destroying the Kysely instance closes it. */
export function createSqliteDialect(database: DatabaseSync): Dialect {
  return {
    createAdapter: () => new Adapter(),
    createDriver: () => createDriver(database),
    createIntrospector: db => new SqliteIntrospector(db),
    createQueryCompiler: () => new Compiler(),
  }
}

class Adapter extends SqliteAdapter {
  // The driver hands its one connection round itself, because a wait for it must have an end.
  override get supportsMultipleConnections(): boolean { return true }
  // It does: a migration that is killed half-way leaves nothing behind, and two processes cannot run it at once.
  override get supportsTransactionalDdl(): boolean { return true }
}

class Compiler extends SqliteQueryCompiler {
  // `for update`: BEGIN IMMEDIATE holds the one write lock already.
  protected override visitSelectModifier(): void {}
}

function createDriver(database: DatabaseSync): Driver {
  const turns = createTurns()
  const run = (connection: DatabaseConnection, sql: string) => connection.executeQuery(CompiledQuery.raw(sql))
  return {
    init: async () => {},
    acquireConnection: async () => {
      const deadline = performance.now() + PATIENCE_MS
      await turns.take(PATIENCE_MS)
      return createConnection(database, deadline)
    },
    beginTransaction: async connection => { await run(connection, 'begin immediate') },
    commitTransaction: async connection => { await run(connection, 'commit') },
    rollbackTransaction: async () => {
      // A full disk or an I/O error has rolled back by itself.
      if (database.isTransaction) database.exec('rollback')
    },
    releaseConnection: async () => { turns.pass() },
    destroy: async () => {
      await turns.take(PATIENCE_MS)
      database.close()
    },
  }
}

function createConnection(database: DatabaseSync, deadline: number): DatabaseConnection {
  return {
    executeQuery: <R>(query: CompiledQuery) => retryWhileBusy(deadline, () => execute<R>(database, query)),
    streamQuery() { throw new TypeError('streaming is not supported') },
  }
}

function execute<R>(database: DatabaseSync, query: CompiledQuery): QueryResult<R>
function execute(database: DatabaseSync, query: CompiledQuery): QueryResult<unknown> {
  const statement = database.prepare(query.sql)
  const parameters = query.parameters.map(requireBindable)
  if (statement.columns().length > 0) {
    // Otherwise one number beyond 2^53, in a row that somebody edited, would make the whole row unreadable.
    statement.setReadBigInts(true)
    return { rows: statement.all(...parameters).map(toPlainNumbers) }
  }
  const { changes } = statement.run(...parameters)
  return { rows: [], numAffectedRows: BigInt(changes) }
}

function toPlainNumbers(row: Record<string, SQLOutputValue>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]))
}

function requireBindable(value: unknown): SQLInputValue {
  if (value === null || typeof value === 'string' || typeof value === 'number') return value
  throw new TypeError(`a ${typeof value} cannot be stored`)
}
