import type { ClaimStore, HeldStates, LicenseStorage, Notes } from '../license/ports.ts'
import type { Installation } from '../license/stored-records.ts'
import { bump, saveInstallation, write, type Connection } from './connection.ts'
import { createDeactivations } from './deactivations.ts'
import { createHistory } from './event-log.ts'
import { createFindings } from './findings.ts'
import { commit, readSnapshot } from './license-commit.ts'
import { toPrevious, toTrustedColumns } from './license-rows.ts'
import { createVersionLook, type ChangeHint } from './version-look.ts'

interface Shared {
  /** Reads the database's own clock, if it has one. */
  databaseTime: () => Promise<number | null>
  /** Where several processes share the database, the claim that puts their calls in order. */
  claims: ClaimStore | null
  hint?: ChangeHint | undefined
}

/** The license's storage on either database. */
export function createLicenseStorage(connection: Connection, { databaseTime, claims, hint }: Shared): LicenseStorage {
  const { db, attempt } = connection
  const readVersion = () => attempt(async () => {
    const { version } = await db.selectFrom('installation').select('version').executeTakeFirstOrThrow()
    return version
  })
  return {
    read: () => attempt(() => readSnapshot(db)),
    readVersion,
    changedSince: createVersionLook(readVersion, hint),
    commit: input => commit(connection, input),
    installation: fresh => requireInstallation(connection, fresh),
    holdState: createHoldState(connection),
    databaseTime: () => attempt(databaseTime),
    claims,
    ...createNotes(connection),
    ...createHistory(connection),
    ...createFindings(connection),
    ...createDeactivations(connection),
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

/** Leaves `version` alone: no other replica has to look. */
function createHoldState(connection: Connection): HeldStates['holdState'] {
  return (jti, decide) => write(connection, async ({ trx }) => {
    const grant = decide(await trx.selectFrom('held_states').selectAll().where('jti', '=', jti).execute())
    if (!grant) return
    await trx.deleteFrom('held_states').where('jti', '!=', jti).execute()
    await trx.insertInto('held_states').values(grant).execute()
  })
}

function createNotes(connection: Connection): Notes {
  const { db, attempt } = connection
  return {
    // Leaves `version` alone: every replica does this every minute, and no other has to look.
    saveTrustedTime: trusted => attempt(async () => {
      await db.updateTable('installation').set(toTrustedColumns(trusted)).execute()
    }),
    dropAnchor: jti => attempt(async () => {
      await db.updateTable('installation').where('anchor_jti', '=', jti)
        .set(eb => ({ anchor_jti: null, anchor_at: null, anchor_wall: null, version: eb('version', '+', 1) })).execute()
    }),
    saveSeatsUsed: seats => saveInstallation(connection, { seats_used: seats }),
    saveLastRequest: request => saveInstallation(connection, { last_request: JSON.stringify(request) }),
    saveRenewalAttempt: at => saveInstallation(connection, { renewal_attempt_at: Math.round(at) }),
    forgetPrevious: replacedAt => write(connection, async (step) => {
      if (toPrevious(step.installation.previous_license)?.replacedAt === replacedAt) await bump(step, { previous_license: null })
    }),
    saveProvisionedDigest: digest => saveInstallation(connection, { env_digest: digest }),
  }
}
