import { Kysely, PostgresDialect, sql } from 'kysely'
import { createConnection } from './connection.ts'
import { getAppliedMigrations, migrate } from './migrations.ts'
import { createPool, guardPool } from './postgres-pool.ts'
import { TABLES, type Database } from './schema.ts'
import { assembleStorage, type Storage } from './storage.ts'
import { StorageOpenError, toStorageError } from './storage-error.ts'

/**
 * Opens the PostgreSQL database of a URL. Rejects with `STORAGE_UNAVAILABLE` while it cannot be reached (call again),
 * and with `StorageOpenError`, nothing changed, when its tables are another program's or newer than this product.
 */
export async function openPostgres(url: string): Promise<Storage> {
  const location = toLocation(url)
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool: guardPool(createPool(url)) }) })
  try {
    await requireOurTables(db, location)
    const { created, applied } = await migrate(db, location)
    return assembleStorage({
      kind: 'postgres', location, created, migrations: applied, connection: createConnection(db), databaseTime: () => readTime(db),
    })
  } catch (error) {
    await db.destroy()
    throw toStorageError(error)
  }
}

function toLocation(url: string): string {
  if (!URL.canParse(url)) {
    // The address itself is not repeated: it may hold a password.
    throw new StorageOpenError('The database address is not a valid postgres:// URL.')
  }
  const location = new URL(url)
  location.password = ''
  location.search = ''
  location.hash = ''
  return location.href
}

/** Tables of our names without our list of migrations: somebody else's. */
async function requireOurTables(db: Kysely<Database>, location: string): Promise<void> {
  // In this order: another replica makes tables and list in one transaction, perhaps at this very moment.
  const { rows } = await sql<{ name: string }>`
    select tablename as name from pg_catalog.pg_tables where schemaname = current_schema()
    and tablename in (${sql.join(TABLES)})`.execute(db)
  const applied = await getAppliedMigrations(db) ?? []
  if (rows.length > 0 && applied.length === 0) {
    const names = rows.map(row => row.name).sort().join(', ')
    throw new StorageOpenError(
      `The database ${location} holds tables of another program (${names}); it was left as it is.`,
    )
  }
}

async function readTime(db: Kysely<Database>): Promise<number> {
  const { rows } = await sql<{ time: number }>`
    select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as time`.execute(db)
  const time = rows[0]?.time
  if (time === undefined) throw new Error('the database answered without its time')
  return time
}
