import { Kysely, PostgresDialect, sql, type Dialect } from 'kysely'
import type { Log } from '../license/ports.ts'
import { createClaims, DATABASE_TIME } from './check-in-claim.ts'
import { createChangeListener, type ChangeListener } from './change-listener.ts'
import { createConnection } from './connection.ts'
import { getAppliedMigrations, LockingAdapter, migrate, requireInstallationRow } from './migrate.ts'
import { parsePostgresAddress, toLocation, type PostgresAddress } from './postgres-address.ts'
import { createPool, guardPool } from './postgres-pool.ts'
import { postgresRemedy } from './postgres-remedy.ts'
import { findSettingsWay, type SettingsWay } from './postgres-settings.ts'
import { TABLES, type Database } from './schema.ts'
import { createRateWindows } from './rate-windows.ts'
import { createReplicas } from './replicas.ts'
import { createSplitDriver } from './split-driver.ts'
import { assembleStorage, type Storage } from './storage.ts'
import { StorageOpenError, toStorageError } from './storage-error.ts'
import { createHealthMonitor, type HealthMonitor } from './storage-health.ts'

/** Connections for reads and for writes are kept apart: while writes wait for a lock, reads still find one. */
const MAX_READS = 6
const MAX_WRITES = 4

export interface PostgresOptions { url: string, log?: Log | undefined, version?: string | undefined }

/**
 * Opens the PostgreSQL database of a URL. Rejects with `STORAGE_UNAVAILABLE` while it cannot be reached (call again), and with
 * `StorageOpenError`, having changed nothing, if its tables are another program's or a newer version's.
 */
export async function openPostgres({ url, log, version }: PostgresOptions): Promise<Storage> {
  const location = toLocation(url)
  const address = parsePostgresAddress(url)
  const health = createHealthMonitor({ log, waitMeans: 'unreachable', quickMs: 800, remedyOf: error => postgresRemedy(error, url) })
  const way = await findSettingsWay(address)
  const db = new Kysely<Database>({ dialect: createDialect(url, way, health) })
  try {
    await requireOurTables(db, location)
    const { created, applied, newer } = await migrate(db, location, { version, schema: address.schema })
    await requireInstallationRow(db, location)
    const connection = createConnection(db)
    return assembleStorage({
      kind: 'postgres', location, created, migrations: applied, newer, connection, health, pooled: way === 'transaction',
      databaseTime: () => readTime(db), claims: createClaims(connection), windows: createRateWindows(connection),
      // Through a pooler no notification comes, and a session that listens is left behind for others.
      ...(way === 'session' ? { hint: listenForChanges(db, address, await readSchema(db)) } : {}),
      replicas: createReplicas(connection),
    })
  } catch (error) {
    await db.destroy()
    throw toStorageError(error)
  }
}

function listenForChanges(db: Kysely<Database>, { connectionString }: PostgresAddress, schema: string): ChangeListener {
  return createChangeListener({
    config: { connectionString, application_name: 'nocodb-license-listener', keepAlive: true },
    schema, notify: (channel, payload) => sql`select pg_notify(${channel}, ${payload})`.execute(db),
  })
}

function createDialect(url: string, means: SettingsWay, health: HealthMonitor): Dialect {
  const settings = means === 'transaction' ? parsePostgresAddress(url).settings : undefined
  const way = (side: 'read' | 'write', max: number) =>
    new PostgresDialect({ pool: guardPool(createPool(url, max, means), () => health.patience(side), settings) })
  const [reading, writing] = [way('read', MAX_READS), way('write', MAX_WRITES)]
  return {
    createAdapter: () => new LockingAdapter(),
    createIntrospector: db => writing.createIntrospector(db),
    createQueryCompiler: () => writing.createQueryCompiler(),
    createDriver() {
      const [reads, writes] = [reading.createDriver(), writing.createDriver()]
      return createSplitDriver({ reads: () => reads, writes }, health)
    },
  }
}

/** Rejects tables with our names but without our list of migrations: they are another program's. */
async function requireOurTables(db: Kysely<Database>, location: string): Promise<void> {
  // In this order, because another replica creates tables and list in one transaction, perhaps at this very moment.
  const { rows } = await sql<{ name: string }>`
    select tablename as name from pg_catalog.pg_tables where schemaname = current_schema()
    and tablename in (${sql.join(TABLES)})`.execute(db)
  const applied = await getAppliedMigrations(db) ?? []
  if (rows.length > 0 && applied.length === 0) {
    const names = rows.map(row => row.name).sort().join(', ')
    throw new StorageOpenError(
      `The database ${location} contains another program's tables (${names}); it was left as it is.`,
    )
  }
}

async function readSchema(db: Kysely<Database>): Promise<string> {
  const { rows } = await sql<{ name: string }>`select current_schema() as name`.execute(db)
  return rows[0]?.name ?? ''
}

async function readTime(db: Kysely<Database>): Promise<number> {
  const { rows } = await sql<{ time: number }>`select ${DATABASE_TIME} as time`.execute(db)
  const time = rows[0]?.time
  if (time === undefined) throw new Error('the database answered without its time')
  return time
}
