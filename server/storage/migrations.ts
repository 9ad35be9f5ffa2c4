import { PostgresAdapter, sql, type Kysely } from 'kysely'
import { Migrator, type Migration } from 'kysely/migration'
import { isMissingTable } from './database-error.ts'
import { StorageOpenError } from './storage-error.ts'
import type { Database } from './schema.ts'

const MIGRATION_TABLE = 'license_migration'

/** Every change of the tables ever made, in the order of their names; none is edited once released. */
const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001_license': { up: async db => { await createLicenseTables(db); await createAccountTables(db) } },
  '0002_events_by_kind': { up: db => db.schema.createIndex('events_kind_id').on('events').columns(['kind', 'id']).execute() },
  '0003_environment_admin_and_token_actor': { up: async db => { await rememberAppliedAdmin(db); await admitTokenActor(db) } },
  '0004_held_state': { up: createHeldStates },
  '0005_heartbeat': { up: db => db.schema.alterTable('installation').addColumn('probed_at', 'bigint').execute() },
}

async function createLicenseTables(db: Kysely<Database>): Promise<void> {
  await db.schema.createTable('installation')
    .addColumn('id', 'integer', column => column.primaryKey().check(sql`id = 1`))
    .addColumn('instance_id', 'text').addColumn('session_secret', 'text').addColumn('created_at', 'bigint')
    .addColumn('revision', 'bigint', column => column.notNull())
    .addColumn('version', 'bigint', column => column.notNull())
    .addColumn('trusted_at', 'bigint').addColumn('trusted_uptime', 'bigint').addColumn('trusted_boot', 'text')
    .addColumn('trusted_continuous', 'integer')
    .addColumn('seats_used', 'bigint').addColumn('env_digest', 'text').addColumn('renewal_attempt_at', 'bigint')
    .addColumn('last_request', 'text')
    .addColumn('setup_digest', 'text').addColumn('setup_expires_at', 'bigint')
    .execute()
  await sql`insert into installation (id, revision, version) values (1, 0, 0)`.execute(db)

  await db.schema.createTable('license')
    .addColumn('id', 'integer', column => column.primaryKey().check(sql`id = 1`))
    .addColumn('method', 'text', column => column.notNull().check(sql`method in ('standard', 'airgapped', 'offline')`))
    .addColumn('lease', 'text', column => column.notNull())
    .addColumn('jti', 'text', column => column.notNull())
    .addColumn('verdict', 'text').addColumn('secret', 'text').addColumn('masked_key', 'text')
    .addColumn('activated_at', 'bigint', column => column.notNull())
    .addColumn('last_state', 'text', column => column.notNull())
    .addColumn('last_success_at', 'bigint').addColumn('last_attempt_at', 'bigint').addColumn('next_at', 'bigint')
    .addColumn('consecutive_failures', 'bigint', column => column.notNull())
    .addColumn('failing_since', 'bigint').addColumn('last_error', 'text')
    .execute()

  await db.schema.createTable('license_seq')
    .addColumn('sub', 'text', column => column.primaryKey().notNull())
    .addColumn('seq', 'bigint', column => column.notNull())
    .addColumn('jti', 'text', column => column.notNull())
    .execute()
  await createHistoryTables(db)
}

async function createHistoryTables(db: Kysely<Database>): Promise<void> {
  await db.schema.createTable('deactivations')
    .addColumn('id', 'bigint', column => column.primaryKey().notNull())
    .addColumn('sub', 'text')
    .addColumn('lease', 'text', column => column.notNull())
    .addColumn('secret', 'text', column => column.notNull())
    .addColumn('created_at', 'bigint', column => column.notNull())
    .addColumn('next_at', 'bigint', column => column.notNull())
    .addColumn('attempts', 'bigint', column => column.notNull())
    .execute()

  await db.schema.createTable('events')
    .addColumn('id', 'bigint', column => column.primaryKey().notNull())
    .addColumn('kind', 'text', column => column.notNull())
    .addColumn('at', 'bigint', column => column.notNull())
    .addColumn('first_at', 'bigint', column => column.notNull())
    .addColumn('count', 'bigint', column => column.notNull())
    .addColumn('actor', 'text', column => column.notNull().check(sql`actor in ('user', 'system', 'environment')`))
    .addColumn('actor_email', 'text').addColumn('address', 'text')
    .addColumn('details', 'text', column => column.notNull())
    .execute()
  await db.schema.createIndex('events_at').on('events').column('at').execute()

  await db.schema.createTable('check_in_days')
    .addColumn('day', 'text', column => column.primaryKey().notNull())
    .addColumn('good', 'bigint', column => column.notNull())
    .addColumn('failed', 'bigint', column => column.notNull())
    .execute()
}

async function createAccountTables(db: Kysely<Database>): Promise<void> {
  await db.schema.createTable('users')
    .addColumn('id', 'text', column => column.primaryKey().notNull())
    .addColumn('email', 'text', column => column.notNull().unique())
    .addColumn('role', 'text', column => column.notNull().check(sql`role in ('admin', 'viewer')`))
    .addColumn('password_hash', 'text', column => column.notNull())
    .addColumn('created_at', 'bigint', column => column.notNull())
    .execute()

  await db.schema.createTable('sessions')
    .addColumn('id', 'text', column => column.primaryKey().notNull())
    .addColumn('user_id', 'text', column => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('created_at', 'bigint', column => column.notNull())
    .addColumn('last_seen_at', 'bigint', column => column.notNull())
    .addColumn('expires_at', 'bigint', column => column.notNull())
    .execute()
  await db.schema.createIndex('sessions_user_id').on('sessions').column('user_id').execute()
}

async function createHeldStates(db: Kysely<Database>): Promise<void> {
  await db.schema.createTable('held_states')
    .addColumn('jti', 'text', column => column.notNull())
    .addColumn('boot', 'text', column => column.notNull())
    .addColumn('uptime', 'bigint', column => column.notNull())
    .addColumn('wall', 'bigint', column => column.notNull())
    .addColumn('length', 'bigint', column => column.notNull())
    .addPrimaryKeyConstraint('held_states_pk', ['jti', 'boot'])
    .execute()
}

async function rememberAppliedAdmin(db: Kysely<Database>): Promise<void> {
  await db.schema.alterTable('installation').addColumn('applied_admin_email', 'text').execute()
  await db.schema.alterTable('installation').addColumn('applied_admin_hash', 'text').execute()
  await db.schema.alterTable('installation').addColumn('applied_admin_unknown', 'integer').execute()
  // With accounts, an earlier version has been here, which applied a value without remembering which.
  await sql`update installation set applied_admin_unknown = 1 where exists (select 1 from users)`.execute(db)
}

const ACTORS = sql`actor in ('user', 'system', 'environment', 'token')`

async function admitTokenActor(db: Kysely<Database>): Promise<void> {
  if (db.getExecutor().adapter instanceof PostgresAdapter) {
    await sql`alter table events drop constraint events_actor_check, add constraint events_actor_check check (${ACTORS})`.execute(db)
    return
  }
  // SQLite changes no constraint of a table that exists: its rows move to a new one (sqlite.org/lang_altertable.html, "Making
  // Other Kinds Of Table Schema Changes"). Nothing refers to this table.
  await createEventsTable(db, 'events_with_token_actor')
  await sql`insert into events_with_token_actor select * from events order by id`.execute(db)
  await db.schema.dropTable('events').execute()
  await db.schema.alterTable('events_with_token_actor').renameTo('events').execute()
  await db.schema.createIndex('events_at').on('events').column('at').execute()
  await db.schema.createIndex('events_kind_id').on('events').columns(['kind', 'id']).execute()
}

function createEventsTable(db: Kysely<Database>, name: string): Promise<void> {
  return db.schema.createTable(name)
    .addColumn('id', 'bigint', column => column.primaryKey().notNull())
    .addColumn('kind', 'text', column => column.notNull())
    .addColumn('at', 'bigint', column => column.notNull())
    .addColumn('first_at', 'bigint', column => column.notNull())
    .addColumn('count', 'bigint', column => column.notNull())
    .addColumn('actor', 'text', column => column.notNull().check(ACTORS))
    .addColumn('actor_email', 'text').addColumn('address', 'text')
    .addColumn('details', 'text', column => column.notNull())
    .execute()
}

/** Names of the migrations that the database has seen, or undefined when it has never been one of ours. */
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
 * Brings the tables up to date; safe when several replicas do so at once. Returns the migrations applied, and whether the
 * tables were made from nothing.
 * Rejects with `StorageOpenError`, having changed nothing, when a newer version of this product has been here.
 */
export async function migrate(db: Kysely<Database>, location: string): Promise<{ created: boolean, applied: string[] }> {
  const applied = await getAppliedMigrations(db) ?? []
  if (applied.some(name => !Object.hasOwn(MIGRATIONS, name))) {
    throw new StorageOpenError(
      `The database ${location} is of a newer version of this product and was left as it is; install that version.`,
    )
  }
  const names = Object.keys(MIGRATIONS)
  // Nothing to do needs no lock: a start does not wait for whoever is writing.
  if (names.every(name => applied.includes(name))) return { created: false, applied: [] }
  const { error, results = [] } = await createMigrator(db, await getSchemaName(db)).migrateToLatest()
  if (error) throw error
  const made = results.map(result => result.migrationName)
  return { created: made.some(name => name === names[0]), applied: made }
}

/** On PostgreSQL, where tables of ours are made; Kysely would be content with a list of migrations in any schema. */
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
    // Work on two branches was merged out of order: there are databases with 0004 and without 0003. None builds on another.
    allowUnorderedMigrations: true,
  })
}
