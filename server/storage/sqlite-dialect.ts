import { performance } from 'node:perf_hooks'
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  CompiledQuery, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler,
  type DatabaseConnection, type Dialect, type Driver, type QueryResult,
} from 'kysely'
import { LRUCache } from 'lru-cache'
import { getSqliteCode } from './storage-cause.ts'
import type { Checkpointer } from './sqlite-checkpoint.ts'
import { createCheckpointer } from './sqlite-checkpoint.ts'
import { createSplitDriver } from './split-driver.ts'
import type { HealthMonitor } from './storage-health.ts'
import { createMutex, type Mutex } from './mutex.ts'

/**
 * Milliseconds that SQLite itself may wait for a lock. The event loop stands still meanwhile, so most waiting is done by
 * retryWhileBusy.
 */
export const BUSY_TIMEOUT_MS = 20
/** Milliseconds that a start, or a close, may wait for the locks of other processes. */
export const OPEN_PATIENCE_MS = 5000
const RETRY_EVERY_MS = 30
const SQLITE_BUSY = 5
const SQLITE_BUSY_SNAPSHOT = 517

/** Repeats the step while another process has the lock, until `deadline` (`performance.now()`); then rejects with its error. */
export async function retryWhileBusy<T>(deadline: number, step: () => T): Promise<T> {
  for (;;) {
    try {
      return step()
    } catch (error) {
      const code = getSqliteCode(error)
      // A stale snapshot stays stale: waiting does not help.
      const waits = code !== undefined && (code & 0xff) === SQLITE_BUSY && code !== SQLITE_BUSY_SNAPSHOT
      if (!waits || performance.now() >= deadline) throw error
    }
    await sleep(RETRY_EVERY_MS)
  }
}

export interface SqliteParts {
  database: DatabaseSync
  /** A read-only connection, once there is one. With a write-ahead log, readers and writers do not wait for each other. */
  reader(): DatabaseSync | undefined
  /** Throws if the file has gone, so that writes would be lost. */
  requireFile?: () => void
  health: Pick<HealthMonitor, 'succeeded' | 'failed' | 'patience'>
}

/** Kysely's dialect over open `node:sqlite` databases. Destroying the Kysely instance closes them. */
export function createSqliteDialect({ database, reader, requireFile = () => {}, health }: SqliteParts): Dialect {
  let reads: Driver | undefined
  return {
    createAdapter: () => new Adapter(),
    createDriver: () => createSplitDriver({
      writes: createWriter(database, () => health.patience('write'), requireFile),
      reads() {
        const open = reads ? undefined : reader()
        return reads ??= open && createReader(open, () => health.patience('read'))
      },
    }, health),
    createIntrospector: db => new SqliteIntrospector(db),
    createQueryCompiler: () => new Compiler(),
  }
}

class Adapter extends SqliteAdapter {
  // The driver shares out its one connection itself, because a wait for it must have an end.
  override get supportsMultipleConnections(): boolean { return true }
  // SQLite does: a migration that is killed half-way leaves nothing behind, and two processes cannot run it at once.
  override get supportsTransactionalDdl(): boolean { return true }
}

class Compiler extends SqliteQueryCompiler {
  // Leaves out `for update`: BEGIN IMMEDIATE already holds the one write lock.
  protected override visitSelectModifier(): void {}
}

/** Statements run to their end before another begins, so any number of reads can share the connection. */
function createReader(database: DatabaseSync, patience: () => number): Driver {
  const never = () => Promise.reject(new TypeError('writing has a connection of its own'))
  const prepare = rememberStatements(database)
  return {
    init: async () => {},
    acquireConnection: async () => createConnection(prepare, database, performance.now() + patience()),
    beginTransaction: never,
    commitTransaction: never,
    rollbackTransaction: never,
    releaseConnection: async () => {},
    destroy: async () => { database.close() },
  }
}

function createWriter(database: DatabaseSync, patience: () => number, requireFile: () => void): Driver {
  const mutex = createMutex()
  const prepare = rememberStatements(database)
  const checkpointer = createCheckpointer(() => checkpoint(database, mutex))
  const run = (connection: DatabaseConnection, sql: string) => connection.executeQuery(CompiledQuery.raw(sql))
  return {
    init: async () => {},
    acquireConnection: async () => {
      const ms = patience()
      const deadline = performance.now() + ms
      await mutex.take(ms)
      return createConnection(prepare, database, deadline, { checkpointer, requireFile })
    },
    beginTransaction: async connection => { await run(connection, 'begin immediate') },
    async commitTransaction(connection) {
      requireFile()
      await run(connection, 'commit')
    },
    rollbackTransaction: async () => {
      // After a full disk or an I/O error, SQLite has already rolled back.
      if (database.isTransaction) database.exec('rollback')
    },
    releaseConnection: async () => { mutex.pass() },
    destroy: async () => {
      checkpointer.stop()
      await mutex.take(OPEN_PATIENCE_MS)
      close(database)
    },
  }
}

/** Empties the log first: while another process has the file open, closing alone would leave everything in it. */
function close(database: DatabaseSync): void {
  try {
    truncateLog(database)
  } catch { /* What is in the log is safe there. */ } finally {
    database.close()
  }
}

async function checkpoint(database: DatabaseSync, mutex: Mutex): Promise<boolean> {
  await mutex.take(OPEN_PATIENCE_MS)
  try {
    // An opening that failed has closed the database: nothing is left to be done.
    return !database.isOpen || truncateLog(database)
  } finally {
    mutex.pass()
  }
}

/** Moves the write-ahead log into the main file and empties it; false while another connection is in the way. */
export function truncateLog(database: DatabaseSync): boolean {
  return database.prepare('pragma wal_checkpoint(truncate)').get()?.busy === 0
}

interface Writing { checkpointer: Checkpointer, requireFile: () => void }

interface Prepared { statement: StatementSync, answersRows: boolean }
type Prepare = (sql: string) => Prepared

function prepareIn(database: DatabaseSync, sql: string): Prepared {
  const statement = database.prepare(sql)
  const answersRows = statement.columns().length > 0
  // Otherwise one number beyond 2^53, in a row that somebody edited, would make the whole row unreadable.
  if (answersRows) statement.setReadBigInts(true)
  return { statement, answersRows }
}

/** More statements than the product has; those of a caller's choosing (a list of any length) push each other out. */
const MOST_STATEMENTS = 100

/** Prepares each statement once. SQLite prepares it anew by itself after the tables have changed. */
function rememberStatements(database: DatabaseSync): Prepare {
  const remembered = new LRUCache<string, Prepared>({ max: MOST_STATEMENTS })
  return (sql) => {
    const known = remembered.get(sql)
    if (known) return known
    const prepared = prepareIn(database, sql)
    remembered.set(sql, prepared)
    return prepared
  }
}

function createConnection(prepare: Prepare, database: DatabaseSync, deadline: number, writing?: Writing): DatabaseConnection {
  return {
    async executeQuery<R>(query: CompiledQuery) {
      if (!database.isTransaction) writing?.requireFile()
      const result = await retryWhileBusy(deadline, () => execute<R>(prepare(query.sql), query))
      if (!database.isTransaction) writing?.checkpointer.written()
      return result
    },
    streamQuery() { throw new TypeError('streaming is not supported') },
  }
}

function execute<R>(prepared: Prepared, query: CompiledQuery): QueryResult<R>
function execute({ statement, answersRows }: Prepared, query: CompiledQuery): QueryResult<unknown> {
  const parameters = query.parameters.map(requireBindable)
  if (answersRows) return { rows: statement.all(...parameters).map(toPlainNumbers) }
  const { changes } = statement.run(...parameters)
  return { rows: [], numAffectedRows: BigInt(changes) }
}

function toPlainNumbers(row: Record<string, SQLOutputValue>): Record<string, unknown> {
  const plain: Record<string, unknown> = {}
  for (const name in row) {
    const value = row[name]
    plain[name] = typeof value === 'bigint' ? Number(value) : value
  }
  return plain
}

function requireBindable(value: unknown): SQLInputValue {
  if (value === null || typeof value === 'string' || typeof value === 'number') return value
  throw new TypeError(`a ${typeof value} cannot be stored`)
}
