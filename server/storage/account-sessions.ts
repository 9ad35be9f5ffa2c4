import { LRUCache } from 'lru-cache'
import type { AccountStore } from '../accounts/ports.ts'
import { write, type Connection } from './connection.ts'

type SessionStore = Pick<
  AccountStore,
  'createSession' | 'getSession' | 'touchSession' | 'deleteSession' | 'pruneSessions'
>

type Found = NonNullable<Awaited<ReturnType<AccountStore['getSession']>>>

const MOST_REMEMBERED = 500

/** The part of the account store that keeps sessions. It leaves `version` alone: replicas have nothing to refresh. */
export function createSessionStore(connection: Connection): SessionStore {
  const { db, attempt } = connection
  // Nearly every request reads a session, so the statement is composed once.
  const sessionOf = db.selectFrom('sessions').innerJoin('users', 'users.id', 'sessions.user_id')
    .where('sessions.id', '=', '').where('sessions.expires_at', '>', 0)
    .select(['sessions.user_id', 'sessions.created_at', 'sessions.last_seen_at', 'sessions.expires_at',
      'users.email', 'users.role', 'users.password_hash', 'users.created_at as user_created_at'])
    .compile()
  /** Sessions as they were read, each good for as long as nobody has written anything. */
  const remembered = new LRUCache<string, { version: number, found: Found }>({ max: MOST_REMEMBERED })

  const readSession = (id: string, now: number) => attempt(async (): Promise<Found | undefined> => {
    const asked: typeof sessionOf = { ...sessionOf, parameters: [id, Math.round(now)] }
    const { rows: [row] } = await db.executeQuery(asked)
    return row && {
      session: { id, userId: row.user_id, createdAt: row.created_at, lastSeenAt: row.last_seen_at, expiresAt: row.expires_at },
      user: { id: row.user_id, email: row.email, role: row.role, passwordHash: row.password_hash, createdAt: row.user_created_at },
    }
  })

  return {
    // Under the lock, so that neither an account that is being removed nor a password that is being replaced gets a session.
    createSession: (session, verified) => write(connection, async ({ trx }) => {
      const user = await trx.selectFrom('users').select(['id', 'password_hash']).where('id', '=', session.userId).executeTakeFirst()
      if (user?.password_hash !== verified) return 'stale'
      await trx.insertInto('sessions').values({
        id: session.id,
        user_id: user.id,
        created_at: Math.round(session.createdAt),
        last_seen_at: Math.round(session.lastSeenAt),
        expires_at: Math.round(session.expiresAt),
      }).execute()
      return 'written'
    }),
    async getSession(id, now) {
      // Asked for first: what is committed while the session is being read then counts as later.
      const version = connection.changes()
      const known = version === undefined ? undefined : remembered.get(id)
      if (known?.version === version && known && known.found.session.expiresAt > Math.round(now)) return known.found
      const found = await readSession(id, now)
      if (found && version !== undefined) remembered.set(id, { version, found })
      return found
    },
    touchSession: (id, lastSeenAt, expiresAt) => attempt(async () => {
      await db.updateTable('sessions').where('id', '=', id)
        .set({ last_seen_at: Math.round(lastSeenAt), expires_at: Math.round(expiresAt) }).execute()
    }),
    deleteSession: id => attempt(async () => {
      await db.deleteFrom('sessions').where('id', '=', id).execute()
    }),
    pruneSessions: now => attempt(async () => {
      await db.deleteFrom('sessions').where('expires_at', '<=', Math.round(now)).execute()
    }),
  }
}
