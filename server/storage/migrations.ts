import { PostgresAdapter, sql, type Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from './schema.ts'

/** Every change of the tables ever made, in the order of their names. One that has been released is never edited. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001_license': { up: async db => { await createLicenseTables(db); await createAccountTables(db) } },
  '0002_events_by_kind': { up: db => db.schema.createIndex('events_kind_id').on('events').columns(['kind', 'id']).execute() },
  '0003_environment_admin_and_token_actor': { up: async db => { await rememberAppliedAdmin(db); await admitTokenActor(db) } },
  '0004_held_state': { up: createHeldStates },
  '0005_heartbeat': { up: db => db.schema.alterTable('installation').addColumn('probed_at', 'bigint').execute() },
  '0006_findings': { up: createFindings },
  '0007_verdict_run': { up: rememberVerdictRun },
  '0008_previous_license': { up: db => db.schema.alterTable('installation').addColumn('previous_license', 'text').execute() },
  '0009_check_in_claim': { up: createCheckInClaim },
  '0010_shared_anchor': { up: rememberAnchor },
  '0011_rate_limits': { up: createRateLimits },
  '0012_replicas': { up: createReplicas },
  '0013_change_notice': { up: announceChanges },
  '0014_oldest_versions': { up: createOldestVersions },
}

/**
 * The oldest version of this product that works on the tables once a migration has run, for those that only add what it does not read: a
 * version back can be started on them. Without an entry it is refused. Versions before 0.3.0 refuse every migration that they do not know.
 */
export const OLDEST: Readonly<Record<string, string>> = { '0013_change_notice': '0.3.0', '0014_oldest_versions': '0.3.0' }

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
  // If there are accounts, an earlier version has been here, which applied a value without recording which.
  await sql`update installation set applied_admin_unknown = 1 where exists (select 1 from users)`.execute(db)
}

async function createFindings(db: Kysely<Database>): Promise<void> {
  await db.schema.alterTable('license').addColumn('last_finding', 'text').execute()
  await db.schema.alterTable('events').addColumn('finding', 'text').execute()
  await db.schema.alterTable('installation').addColumn('last_diagnostics', 'text').execute()
  await db.schema.createTable('findings')
    .addColumn('id', 'bigint', column => column.primaryKey().notNull())
    .addColumn('finding', 'text', column => column.notNull())
    .execute()
}

async function rememberVerdictRun(db: Kysely<Database>): Promise<void> {
  await db.schema.alterTable('license').addColumn('verdict_kind', 'text').execute()
  await db.schema.alterTable('license').addColumn('verdict_since', 'bigint').execute()
}

/** No row yet: nobody holds it. SQLite has the table too, so that both databases hold the same. */
async function createCheckInClaim(db: Kysely<Database>): Promise<void> {
  await db.schema.createTable('check_in_claim')
    .addColumn('id', 'integer', column => column.primaryKey().check(sql`id = 1`))
    .addColumn('holder', 'text')
    .addColumn('term', 'bigint', column => column.notNull())
    .addColumn('beat', 'bigint', column => column.notNull())
    .addColumn('valid_until', 'bigint', column => column.notNull())
    .execute()
}

async function rememberAnchor(db: Kysely<Database>): Promise<void> {
  await db.schema.alterTable('installation').addColumn('anchor_jti', 'text').execute()
  await db.schema.alterTable('installation').addColumn('anchor_at', 'bigint').execute()
  await db.schema.alterTable('installation').addColumn('anchor_wall', 'bigint').execute()
}

async function createRateLimits(db: Kysely<Database>): Promise<void> {
  await db.schema.createTable('rate_limits')
    .addColumn('name', 'text', column => column.notNull())
    .addColumn('key', 'text', column => column.notNull())
    .addColumn('began', 'bigint', column => column.notNull())
    .addColumn('used', 'bigint', column => column.notNull())
    .addPrimaryKeyConstraint('rate_limits_pk', ['name', 'key'])
    .execute()
}

async function createReplicas(db: Kysely<Database>): Promise<void> {
  await db.schema.createTable('replicas')
    .addColumn('id', 'text', column => column.primaryKey().notNull())
    .addColumn('version', 'text', column => column.notNull()).addColumn('commit', 'text', column => column.notNull())
    .addColumn('started', 'bigint', column => column.notNull()).addColumn('seen_at', 'bigint', column => column.notNull())
    .addColumn('state', 'text', column => column.notNull()).addColumn('revision', 'bigint', column => column.notNull())
    .addColumn('key_digest', 'text')
    .execute()
}

/** PostgreSQL tells whoever listens in which schema `version` has grown (change-listener.ts). */
async function announceChanges(db: Kysely<Database>): Promise<void> {
  if (!(db.getExecutor().adapter instanceof PostgresAdapter)) return
  await sql`create or replace function nocodb_license_changed() returns trigger language plpgsql as $$
    begin perform pg_notify('nocodb_license', tg_table_schema); return null; end $$`.execute(db)
  await sql`create trigger nocodb_license_changed after update of version on installation
    for each row when (old.version is distinct from new.version) execute function nocodb_license_changed()`.execute(db)
}

/** What `OLDEST` says, for versions that have never heard of a migration. */
async function createOldestVersions(db: Kysely<Database>): Promise<void> {
  await db.schema.createTable('oldest_versions')
    .addColumn('migration', 'text', column => column.primaryKey().notNull())
    .addColumn('version', 'text', column => column.notNull())
    .execute()
}

const ACTORS = sql`actor in ('user', 'system', 'environment', 'token')`

async function admitTokenActor(db: Kysely<Database>): Promise<void> {
  if (db.getExecutor().adapter instanceof PostgresAdapter) {
    await sql`alter table events drop constraint events_actor_check, add constraint events_actor_check check (${ACTORS})`.execute(db)
    return
  }
  // SQLite cannot change a constraint of an existing table, so the rows move to a new one (sqlite.org/lang_altertable.html,
  // "Making Other Kinds Of Table Schema Changes"). No other table references this one.
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
