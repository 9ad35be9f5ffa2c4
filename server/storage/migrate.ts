import { PostgresAdapter, sql, type Kysely } from 'kysely'
import { Migrator, type MigrationResult } from 'kysely/migration'
import { MIGRATIONS } from './migrations.ts'
import { getOldestVersion, isOlder, withOldestVersions } from './oldest-versions.ts'
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

export interface MigrateOptions {
  /** Of this product; without it, nothing that a newer version has done is accepted. */
  version?: string | undefined
  /** Of PostgreSQL; made first if there is none. Null: the one that the database chooses. */
  schema?: string | null
  /** Called before the first change to tables that have been in use. Rejecting keeps them as they are. */
  beforeChange?: (first: string) => Promise<void>
}

export interface Migrated {
  /** The tables were made from nothing. */
  created: boolean
  /** Names of the migrations that ran. */
  applied: string[]
  /** Names of those that a newer version has run, and after which this one can still be used. */
  newer: string[]
}

/**
 * Brings the tables up to date; safe if several replicas do so at once. Rejects with `StorageOpenError`, having changed nothing, if a
 * newer version of this product has been here and left tables that this one cannot use.
 */
export async function migrate(db: Kysely<Database>, location: string, options: MigrateOptions = {}): Promise<Migrated> {
  const { version, schema = null, beforeChange } = options
  const applied = await getAppliedMigrations(db) ?? []
  const newer = applied.filter(name => !Object.hasOwn(MIGRATIONS, name))
  const names = Object.keys(MIGRATIONS)
  const isDone = names.every(name => applied.includes(name))
  if (newer.length > 0) {
    const oldest = isDone && version !== undefined ? await getOldestVersion(db, newer) : null
    if (oldest === null || version === undefined || isOlder(version, oldest)) throw belongsToNewer(location, oldest)
  }
  // No lock is taken if there is nothing to do, so that a start does not wait for a writer.
  if (isDone) return { created: false, applied: [], newer }
  if (applied.length > 0) await beforeChange?.(names.find(name => !applied.includes(name)) ?? '')
  const results = isPostgres(db) ? await migratePostgres(db, schema, applied.length === 0) : await runMigrations(createMigrator(db))
  const made = results.map(result => result.migrationName)
  return { created: made.some(name => name === names[0]), applied: made, newer }
}

function belongsToNewer(location: string, oldest: string | null): StorageOpenError {
  const which = oldest === null ? 'that version' : `version ${oldest} or a newer one`
  return new StorageOpenError(`The database ${location} belongs to a newer version of this product and was left as it is: install ${which}.`)
}

/** Kysely's own, under which earlier versions migrate as well. */
const MIGRATION_LOCK = '3853314791062309107'

/**
 * Kysely takes the lock for a session, and a pooler could give the next statement another session. Here `migratePostgres` takes it,
 * for one transaction.
 */
export class LockingAdapter extends PostgresAdapter {
  override async acquireMigrationLock(): Promise<void> {}
  override async releaseMigrationLock(): Promise<void> {}
}

function migratePostgres(db: Kysely<Database>, schema: string | null, isNew: boolean): Promise<readonly MigrationResult[]> {
  // Whoever waited for the lock must see what its holder has made.
  return db.transaction().setIsolationLevel('read committed').execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(${sql.lit(MIGRATION_LOCK)}::bigint)`.execute(trx)
    if (schema !== null) await createSchemaIfMissing(trx, schema)
    if (isNew) await requireRightToCreate(trx)
    const name = await getSchemaName(trx)
    // Kysely would take a table of some other schema for its own. This makes PostgreSQL say that it has none to create one in.
    if (name === undefined) await sql`create table ${sql.table(MIGRATION_TABLE)} ()`.execute(trx)
    return runMigrations(createMigrator(trx, name))
  })
}

/** What Kysely does where it may not create a table hides PostgreSQL's own word for that. */
async function requireRightToCreate(trx: Kysely<Database>): Promise<void> {
  await trx.schema.createTable(`${MIGRATION_TABLE}_trial`).addColumn('id', 'integer').execute()
  await trx.schema.dropTable(`${MIGRATION_TABLE}_trial`).execute()
}

async function createSchemaIfMissing(trx: Kysely<Database>, schema: string): Promise<void> {
  const { rows } = await sql`select 1 from pg_catalog.pg_namespace where nspname = ${schema}`.execute(trx)
  // Asked first, because `if not exists` needs the right to create one even if it exists.
  if (rows.length === 0) await trx.schema.createSchema(schema).execute()
}

/** The PostgreSQL schema in which our tables are created. Without it, Kysely would accept a migration table in any schema. */
async function getSchemaName(db: Kysely<Database>): Promise<string | undefined> {
  const { rows } = await sql<{ name: string | null }>`select current_schema() as name`.execute(db)
  return rows[0]?.name ?? undefined
}

function isPostgres(db: Kysely<Database>): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter
}

async function runMigrations(migrator: Migrator): Promise<readonly MigrationResult[]> {
  const { error, results = [] } = await migrator.migrateToLatest()
  if (error) throw error
  return results
}

function createMigrator(db: Kysely<Database>, schema?: string): Migrator {
  return new Migrator({
    db,
    provider: { getMigrations: async () => withOldestVersions() },
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
