import type { Installation, LicenseStore, PendingDeactivation } from '../license/ports.ts'
import { bump, saveInstallation, write, type Connection } from './connection.ts'
import { addEvent, createEventLog } from './event-log.ts'
import { toSnapshot, toTrustedColumns } from './license-rows.ts'
import { createLicenseWrites, toDay } from './license-writes.ts'

const SNAPSHOT = [
  'installation.instance_id', 'installation.session_secret', 'installation.created_at', 'installation.revision',
  'installation.version', 'installation.trusted_at', 'installation.trusted_uptime', 'installation.trusted_boot',
  'installation.trusted_continuous', 'installation.seats_used', 'installation.env_digest',
  'installation.renewal_attempt_at', 'installation.last_request', 'installation.setup_digest',
  'installation.setup_expires_at',
  'license.method', 'license.lease', 'license.jti', 'license.verdict', 'license.secret', 'license.masked_key',
  'license.activated_at', 'license.last_state', 'license.last_success_at', 'license.last_attempt_at', 'license.next_at',
  'license.consecutive_failures', 'license.failing_since', 'license.last_error',
  'license_seq.sub as mark_sub', 'license_seq.seq as mark_seq', 'license_seq.jti as mark_jti',
] as const

/** The license's storage on either database. `databaseTime` reads the database's own clock, where it has one. */
export function createLicenseStore(connection: Connection, databaseTime: () => Promise<number | null>): LicenseStore {
  const { attempt } = connection
  return {
    installation: fresh => requireInstallation(connection, fresh),
    ...createReads(connection),
    ...createLicenseWrites(connection),
    ...createNotes(connection),
    ...createEventLog(connection),
    ...createDeactivations(connection),
    databaseTime: () => attempt(databaseTime),
    close: () => connection.close(),
  }
}

function requireInstallation(connection: Connection, fresh: Installation): Promise<Installation> {
  return write(connection, async (step) => {
    const { instance_id: instanceId, session_secret: sessionSecret, created_at: createdAt } = step.installation
    if (instanceId !== null && sessionSecret !== null && createdAt !== null) {
      return { instanceId, sessionSecret, createdAt }
    }
    const made = { ...fresh, createdAt: Math.round(fresh.createdAt) }
    await bump(step, { instance_id: made.instanceId, session_secret: made.sessionSecret, created_at: made.createdAt })
    return made
  })
}

type Reads = Pick<LicenseStore, 'read' | 'readVersion' | 'getSeq' | 'listCheckInDays'>
function createReads({ db, attempt }: Connection): Reads {
  return {
    // One statement: license and marks are of the same moment. An installation knows few licenses, mostly one.
    read: () => attempt(async () => toSnapshot(await db.selectFrom('installation')
      .leftJoin('license', join => join.onTrue()).leftJoin('license_seq', join => join.onTrue())
      .select(SNAPSHOT).execute())),
    readVersion: () => attempt(async () => {
      const { version } = await db.selectFrom('installation').select('version').executeTakeFirstOrThrow()
      return version
    }),
    getSeq: sub => attempt(async () => {
      const mark = await db.selectFrom('license_seq').selectAll().where('sub', '=', sub).executeTakeFirst()
      return mark ? { sub: mark.sub, seq: mark.seq, jti: mark.jti } : null
    }),
    listCheckInDays: since => attempt(async () => {
      const rows = await db.selectFrom('check_in_days').selectAll()
        .where('day', '>=', toDay(since)).orderBy('day').execute()
      return rows.map(({ day, good, failed }) => ({ day, good, failed }))
    }),
  }
}

type Notes = Pick<
  LicenseStore,
  'holdState' | 'saveTrustedTime' | 'saveSeatsUsed' | 'saveLastRequest' | 'saveRenewalAttempt' | 'saveEnvDigest'
>
function createNotes(connection: Connection): Notes {
  const { db, attempt } = connection
  return {
    // Without a new version: nobody else has to look.
    holdState: (jti, decide) => write(connection, async ({ trx }) => {
      const grant = decide(await trx.selectFrom('held_states').selectAll().where('jti', '=', jti).execute())
      if (!grant) return
      await trx.deleteFrom('held_states').where('jti', '!=', jti).execute()
      await trx.insertInto('held_states').values(grant).execute()
    }),
    // Without a new version: every replica does this every minute, and none has to look.
    saveTrustedTime: trusted => attempt(async () => {
      await db.updateTable('installation').set(toTrustedColumns(trusted)).execute()
    }),
    saveSeatsUsed: seats => saveInstallation(connection, { seats_used: seats }),
    saveLastRequest: request => saveInstallation(connection, { last_request: JSON.stringify(request) }),
    saveRenewalAttempt: at => saveInstallation(connection, { renewal_attempt_at: Math.round(at) }),
    saveEnvDigest: digest => saveInstallation(connection, { env_digest: digest }),
  }
}

type Deactivations = Pick<LicenseStore, 'dueDeactivations' | 'postponeDeactivation' | 'dropDeactivation'>
function createDeactivations(connection: Connection): Deactivations {
  const { db, attempt } = connection
  return {
    dueDeactivations: now => attempt(async () => {
      const rows = await db.selectFrom('deactivations').selectAll()
        .where('next_at', '<=', Math.round(now)).orderBy('id').execute()
      return rows.map(({ created_at, next_at, ...row }): PendingDeactivation =>
        ({ ...row, createdAt: created_at, nextAt: next_at }))
    }),
    postponeDeactivation: (id, nextAt) => write(connection, async (step) => {
      const { numUpdatedRows } = await step.trx.updateTable('deactivations').where('id', '=', id)
        .set(eb => ({ next_at: Math.round(nextAt), attempts: eb('attempts', '+', 1) })).executeTakeFirstOrThrow()
      if (numUpdatedRows > 0n) await bump(step)
    }),
    dropDeactivation: (id, event) => write(connection, async (step) => {
      const { numDeletedRows } = await step.trx.deleteFrom('deactivations').where('id', '=', id)
        .executeTakeFirstOrThrow()
      // Another replica was faster: the log has the event already.
      if (numDeletedRows === 0n) return
      if (event) await addEvent(step, event)
      await bump(step)
    }),
  }
}
