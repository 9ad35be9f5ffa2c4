import { sql } from 'kysely'
import { DATABASE_TIME } from './check-in-claim.ts'
import type { Connection } from './connection.ts'

/** A process as it tells the others about itself. `started` is in milliseconds since 1970; `keyDigest` is of its NC_LICENSE_KEY. */
export interface Replica {
  id: string
  version: string
  commit: string
  started: number
  state: string
  revision: number
  keyDigest: string | null
}

/** The processes that share a database. */
export interface Replicas {
  /** Tells the others that this one is there, and what it would answer. */
  tell(replica: Replica): Promise<void>
  /** Those that have told so within that many ms, with when they last did, by the database's clock; the one that started first is first. */
  seenWithin(ms: number): Promise<(Replica & { seenAt: number })[]>
  /** Takes this one off the list, and whoever has not been heard of for a day. */
  leave(id: string): Promise<void>
}

const DAY = 86_400_000

/** Each step is one statement; none of them touches the lock of all writes. */
export function createReplicas({ db, attempt }: Connection): Replicas {
  return {
    tell: ({ id, keyDigest, ...rest }) => attempt(async () => {
      const row = { ...rest, started: Math.round(rest.started), key_digest: keyDigest, seen_at: DATABASE_TIME }
      await db.insertInto('replicas').values({ id, ...row }).onConflict(conflict => conflict.column('id').doUpdateSet(row)).execute()
    }),
    seenWithin: ms => attempt(async () => {
      const rows = await db.selectFrom('replicas').selectAll().where('seen_at', '>', sql<number>`${DATABASE_TIME} - ${ms}`)
        .orderBy('started').orderBy('id').execute()
      return rows.map(({ key_digest: keyDigest, seen_at: seenAt, ...row }) => ({ ...row, keyDigest, seenAt }))
    }),
    leave: id => attempt(async () => {
      await db.deleteFrom('replicas').where(({ eb, or }) => or([eb('id', '=', id), eb('seen_at', '<', sql<number>`${DATABASE_TIME} - ${DAY}`)]))
        .execute()
    }),
  }
}
