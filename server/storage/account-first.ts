import type { Selectable } from 'kysely'
import type { AccountStore, Applied, StoredUser, Written } from '../accounts/ports.ts'
import { addUser, countAdmins } from './account-users.ts'
import { bump, write, type Connection, type Write } from './connection.ts'
import { addEvent } from './event-log.ts'
import type { InstallationTable } from './schema.ts'

type FirstAdminStore = Pick<AccountStore, 'createFirstAdmin' | 'setupToken' | 'saveSetupToken' | 'appliedAdmin' | 'applyAdmin'>

/** The part of the account store for the first way in: the set-up link and the provisioned administrator. */
export function createFirstAdminStore(connection: Connection): FirstAdminStore {
  const { db, attempt } = connection
  const installation = () => attempt(() => db.selectFrom('installation').selectAll().executeTakeFirstOrThrow())
  return {
    createFirstAdmin: (user, setup, event) => write(connection, step => createFirstAdmin(step, user, setup, event)),
    setupToken: async () => {
      const { setup_digest: digest, setup_expires_at: expiresAt } = await installation()
      return digest === null || expiresAt === null ? null : { digest, expiresAt }
    },
    saveSetupToken: ({ digest, expiresAt }, previous) => write(connection, async (step) => {
      if (step.installation.setup_digest !== previous) return 'stale'
      await bump(step, { setup_digest: digest, setup_expires_at: Math.round(expiresAt) })
      return 'written'
    }),
    appliedAdmin: async () => toApplied(await installation()),
    applyAdmin: input => write(connection, step => applyAdmin(step, input)),
  }
}

type FirstAdmin = Parameters<AccountStore['createFirstAdmin']>
async function createFirstAdmin(
  step: Write, user: FirstAdmin[0], { digest, now }: FirstAdmin[1], event: FirstAdmin[2],
): Promise<Written> {
  const { setup_digest: expected, setup_expires_at: expiresAt } = step.installation
  if (expected === null || expected !== digest || expiresAt === null || now >= expiresAt) return 'stale'
  if (await countAdmins(step.trx) > 0 || !await addUser(step, user)) return 'stale'
  await addEvent(step, event)
  await bump(step, { setup_digest: null, setup_expires_at: null })
  return 'written'
}

async function applyAdmin(step: Write, { previous, applied, account }: Parameters<AccountStore['applyAdmin']>[0]): Promise<Written> {
  if (!isSame(toApplied(step.installation), previous)) return 'stale'
  if (account) {
    if (!await addUser(step, account.user)) await resetUser(step, account.user)
    await addEvent(step, account.event)
  }
  await bump(step, {
    applied_admin_email: applied?.email ?? null, applied_admin_hash: applied?.passwordHash ?? null, applied_admin_unknown: null,
  })
  return 'written'
}

async function resetUser({ trx }: Write, { email, role, passwordHash }: StoredUser): Promise<void> {
  const { id } = await trx.updateTable('users').where('email', '=', email).set({ role, password_hash: passwordHash })
    .returning('id').executeTakeFirstOrThrow()
  await trx.deleteFrom('sessions').where('user_id', '=', id).execute()
}

function toApplied(row: Selectable<InstallationTable>): Applied {
  const { applied_admin_email: email, applied_admin_hash: passwordHash } = row
  if (row.applied_admin_unknown === 1) return 'unknown'
  return email === null || passwordHash === null ? null : { email, passwordHash }
}

function isSame(a: Applied, b: Applied): boolean {
  if (a === null || b === null || a === 'unknown' || b === 'unknown') return a === b
  return a.email === b.email && a.passwordHash === b.passwordHash
}
