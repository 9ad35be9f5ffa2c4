import type { Kysely } from 'kysely'
import type { StoredUser } from '../accounts/ports.ts'
import type { Write } from './connection.ts'
import type { Database } from './schema.ts'

/** Inserts the account; false, nothing written, when the e-mail is taken. */
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
