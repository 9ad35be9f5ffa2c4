import { PostgresAdapter, sql, type Kysely } from 'kysely'
import { Migrator, type Migration } from 'kysely/migration'
import { MIGRATIONS, OLDEST } from './migrations.ts'
import type { Database } from './schema.ts'
import { isMissingTable } from './storage-cause.ts'
import { StorageOpenError } from './storage-error.ts'

const MIGRATION_TABLE = 'license_migration'
const FIRST_TO_NOTE = '0014_oldest_versions'

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
export async function migrate(db: Kysely<Database>, location: string, { version, beforeChange }: MigrateOptions = {}): Promise<Migrated> {
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
  const { error, results = [] } = await createMigrator(db, await getSchemaName(db)).migrateToLatest()
  if (error) throw error
  const made = results.map(result => result.migrationName)
  return { created: made.some(name => name === names[0]), applied: made, newer }
}

function belongsToNewer(location: string, oldest: string | null): StorageOpenError {
  const which = oldest === null ? 'that version' : `version ${oldest} or a newer one`
  return new StorageOpenError(`The database ${location} belongs to a newer version of this product and was left as it is: install ${which}.`)
}

/** The oldest version that works on tables after these migrations; null if one of them does not say. */
async function getOldestVersion(db: Kysely<Database>, migrations: readonly string[]): Promise<string | null> {
  const rows = await db.selectFrom('oldest_versions').select('version').where('migration', 'in', migrations).execute()
  return rows.length < migrations.length ? null : rows.map(row => row.version).reduce((one, other) => isOlder(one, other) ? other : one)
}

/** Whether the one is a lower version number than the other. */
export function isOlder(one: string, other: string): boolean {
  const [ours, theirs] = [one, other].map(text => text.split(/[.+-]/).slice(0, 3).map(Number))
  const parts = [0, 1, 2].map(part => (ours?.[part] ?? 0) - (theirs?.[part] ?? 0))
  return (parts.find(difference => difference !== 0) ?? 0) < 0
}

/** The migrations, each noting with its own change which versions can go on after it. */
function withOldestVersions(): Record<string, Migration> {
  return Object.fromEntries(Object.entries(MIGRATIONS).map(([name, { up }]) => [name, {
    async up(db: Kysely<Database>) {
      await up(db)
      if (Object.hasOwn(OLDEST, name) && name >= FIRST_TO_NOTE) await noteOldestVersions(db)
    },
  }]))
}

/** What the migrations before it could not note, the first one that can notes for all. */
async function noteOldestVersions(db: Kysely<Database>): Promise<void> {
  const rows = Object.entries(OLDEST).map(([migration, version]) => ({ migration, version }))
  await db.insertInto('oldest_versions').values(rows).onConflict(conflict => conflict.column('migration').doNothing()).execute()
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
