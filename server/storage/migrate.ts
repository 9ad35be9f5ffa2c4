import { PostgresAdapter, sql, type Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import { MIGRATIONS } from './migrations.ts'
import type { Database } from './schema.ts'
import { isMissingTable } from './storage-cause.ts'
import { StorageOpenError } from './storage-error.ts'

const MIGRATION_TABLE = 'license_migration'

/** Names of the migrations applied to the database; undefined if it has never been one of ours. */
export async function getAppliedMigrations(db: Kysely<Database>): Promise<string[] | undefined> {
  try {
    const { rows } = await sql<{ name: string }>`select name from ${sql.table(MIGRATION_TABLE)}`.execute(db)
    return rows.map(row => row.name)
  } catch (error) {
    if (isMissingTable(error)) return undefined
    throw error
  }
}

/**
 * Brings the tables up to date; safe if several replicas do so at once. `applied` names the migrations that ran, and `created`
 * says whether the tables were made from nothing. Rejects with `StorageOpenError`, having changed nothing, if a newer version of
 * this product has been here.
 */
export async function migrate(db: Kysely<Database>, location: string): Promise<{ created: boolean, applied: string[] }> {
  const applied = await getAppliedMigrations(db) ?? []
  if (applied.some(name => !Object.hasOwn(MIGRATIONS, name))) {
    throw new StorageOpenError(
      `The database ${location} belongs to a newer version of this product and was left as it is: install that version.`,
    )
  }
  const names = Object.keys(MIGRATIONS)
  // No lock is taken if there is nothing to do, so that a start does not wait for a writer.
  if (names.every(name => applied.includes(name))) return { created: false, applied: [] }
  const { error, results = [] } = await createMigrator(db, await getSchemaName(db)).migrateToLatest()
  if (error) throw error
  const made = results.map(result => result.migrationName)
  return { created: made.some(name => name === names[0]), applied: made }
}

/** The PostgreSQL schema in which our tables are created. Without it, Kysely would accept a migration table in any schema. */
async function getSchemaName(db: Kysely<Database>): Promise<string | undefined> {
  if (!(db.getExecutor().adapter instanceof PostgresAdapter)) return undefined
  const { rows } = await sql<{ name: string | null }>`select current_schema() as name`.execute(db)
  return rows[0]?.name ?? undefined
}

function createMigrator(db: Kysely<Database>, schema: string | undefined): Migrator {
  return new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...MIGRATIONS }) },
    migrationTableName: MIGRATION_TABLE,
    migrationLockTableName: `${MIGRATION_TABLE}_lock`,
    ...(schema === undefined ? {} : { migrationTableSchema: schema }),
    // There are databases with 0004 and without 0003. No migration builds on another.
    allowUnorderedMigrations: true,
  })
}

/**
 * Rejects with `StorageOpenError` if the migrated database has been used but has no Instance ID. A new one would part it from
 * its license, so none is made in silence.
 */
export async function requireInstallationRow(db: Kysely<Database>, location: string): Promise<void> {
  const incomplete = (what: string, cause?: unknown) => new StorageOpenError(
    `The database ${location} is incomplete (${what}) and was left as it is: restore it from a complete backup.`, { cause },
  )
  try {
    const row = await db.selectFrom('installation').select(['instance_id', 'version']).executeTakeFirst()
    if (!row) throw incomplete('the installation row is missing')
    if (row.instance_id !== null) return
    const { rows } = await sql<{ used: number }>`
      select (select count(*) from users) + (select count(*) from license) + (select count(*) from license_seq) as used`.execute(db)
    if (row.version > 0 || Number(rows[0]?.used) > 0) throw incomplete('its Instance ID is missing')
  } catch (error) {
    throw isMissingTable(error) ? incomplete('tables are missing', error) : error
  }
}
