import type { Kysely, Selectable } from 'kysely'
import type { AccountStore, StoredUser } from '../accounts/ports.ts'
import { bump, write, type Connection, type Write } from './connection.ts'
import { addEvent } from './event-log.ts'
import type { Database, UsersTable } from './schema.ts'

type UserReads = Pick<AccountStore, 'listUsers' | 'getUser' | 'getUserByEmail'>
type UserStore = UserReads & Pick<AccountStore, 'countAdmins' | 'createUser' | 'updateUser' | 'deleteUser'>

/** The part of the account store that keeps accounts. Every change leaves an event, and the last administrator cannot be lost. */
export function createUserStore(connection: Connection): UserStore {
  const { db, attempt } = connection
  return {
    ...createUserReads(connection),
    countAdmins: () => attempt(() => countAdmins(db)),
    createUser: (user, event) => write(connection, async (step) => {
      if (!await addUser(step, user)) return 'stale'
      await addEvent(step, event)
      await bump(step)
      return 'written'
    }),
    updateUser: (id, change, event, verified) => write(connection, step => updateUser(step, id, change, event, verified)),
    deleteUser: (id, event) => write(connection, async (step) => {
      const user = await step.trx.selectFrom('users').select('role').where('id', '=', id).executeTakeFirst()
      if (!user || (user.role === 'admin' && await countAdmins(step.trx) === 1)) return 'stale'
      // Sessions go with it: the foreign key cascades.
      await step.trx.deleteFrom('users').where('id', '=', id).execute()
      await addEvent(step, event)
      await bump(step)
      return 'written'
    }),
  }
}

function createUserReads({ db, attempt }: Connection): UserReads {
  const getBy = (column: 'id' | 'email', value: string) => attempt(async () => {
    const row = await db.selectFrom('users').selectAll().where(column, '=', value).executeTakeFirst()
    return row && toUser(row)
  })
  return {
    listUsers: () => attempt(async () => {
      const rows = await db.selectFrom('users').leftJoin('sessions', 'sessions.user_id', 'users.id')
        .selectAll('users').select(eb => eb.fn.max('sessions.last_seen_at').as('last_seen_at'))
        .groupBy('users.id').orderBy('users.created_at').orderBy('users.email').execute()
      return rows.map(row => ({ ...toUser(row), lastSeenAt: row.last_seen_at }))
    }),
    getUser: id => getBy('id', id),
    getUserByEmail: email => getBy('email', email),
  }
}

type Update = Parameters<AccountStore['updateUser']>
async function updateUser(
  step: Write, id: string, change: Update[1], event: Update[2], verified: Update[3],
): ReturnType<AccountStore['updateUser']> {
  const user = await step.trx.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst()
  if (!user || (verified !== undefined && user.password_hash !== verified)) return 'stale'
  const role = change.role ?? user.role
  if (user.role === 'admin' && role !== 'admin' && await countAdmins(step.trx) === 1) return 'stale'
  await step.trx.updateTable('users').where('id', '=', id)
    .set({ role, password_hash: change.passwordHash ?? user.password_hash }).execute()
  await step.trx.deleteFrom('sessions').where('user_id', '=', id).execute()
  await addEvent(step, event)
  await bump(step)
  return 'written'
}

function toUser(row: Selectable<UsersTable>): StoredUser {
  return { id: row.id, email: row.email, role: row.role, passwordHash: row.password_hash, createdAt: row.created_at }
}

/** Inserts the account; false if the e-mail is taken. */
export async function addUser({ trx }: Write, user: StoredUser): Promise<boolean> {
  const { numInsertedOrUpdatedRows = 0n } = await trx.insertInto('users').values({
    id: user.id, email: user.email, role: user.role, password_hash: user.passwordHash,
    created_at: Math.round(user.createdAt),
  }).onConflict(conflict => conflict.column('email').doNothing()).executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows > 0n
}

export async function countAdmins(db: Kysely<Database>): Promise<number> {
  const { admins } = await db.selectFrom('users').where('role', '=', 'admin')
    .select(eb => eb.fn.countAll<number>().as('admins')).executeTakeFirstOrThrow()
  return admins
}
