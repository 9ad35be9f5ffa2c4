import { sql, type Selectable } from 'kysely'
import { DATABASE_TIME } from './check-in-claim.ts'
import type { Connection } from './connection.ts'
import type { ReplicasTable } from './schema.ts'

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

/** `seenAt`: when it last told of itself, by the database's clock. */
export interface SeenReplica extends Replica { seenAt: number }

/** The processes that share a database. */
export interface Replicas {
  /**
   * Tells the others that this one is there, and what it would answer. Resolves to what they have told within that many ms, this one
   * included, and to the database's time.
   */
  tell(replica: Replica, ms: number): Promise<{ now: number, seen: SeenReplica[] }>
  /** Those that have told so within that many ms; the one that started first is first. */
  seenWithin(ms: number): Promise<SeenReplica[]>
  /** Takes this one off the list, and whoever has not been heard of for a day. */
  leave(id: string): Promise<void>
}

const DAY = 86_400_000

const since = (ms: number) => sql<number>`${DATABASE_TIME} - ${ms}`

function toSeen({ key_digest: keyDigest, seen_at: seenAt, ...row }: Selectable<ReplicasTable>): SeenReplica {
  return { ...row, keyDigest, seenAt }
}

function byStart(one: Replica, other: Replica): number {
  return one.started - other.started || (one.id < other.id ? -1 : 1)
}

/** Each step is one statement; none of them touches the lock of all writes. */
export function createReplicas({ db, attempt }: Connection): Replicas {
  return {
    tell: ({ id, keyDigest, ...rest }, ms) => attempt(async () => {
      const row = { ...rest, started: Math.round(rest.started), key_digest: keyDigest, seen_at: DATABASE_TIME }
      const others = await db
        .with('told', with_ => with_.insertInto('replicas').values({ id, ...row }).onConflict(on => on.column('id').doUpdateSet(row)).returningAll())
        .selectFrom('told').selectAll().select(DATABASE_TIME.as('now'))
        .unionAll(query => query.selectFrom('replicas').where('id', '!=', id).where('seen_at', '>', since(ms)).selectAll().select(DATABASE_TIME.as('now')))
        .execute()
      const [first] = others
      if (!first) throw new Error('the database answered without its time')
      return { now: Number(first.now), seen: others.map(({ now: _now, ...other }) => toSeen(other)).sort(byStart) }
    }),
    seenWithin: ms => attempt(async () => {
      const rows = await db.selectFrom('replicas').selectAll().where('seen_at', '>', since(ms)).execute()
      return rows.map(toSeen).sort(byStart)
    }),
    leave: id => attempt(async () => {
      await db.deleteFrom('replicas').where(({ eb, or }) => or([eb('id', '=', id), eb('seen_at', '<', sql<number>`${DATABASE_TIME} - ${DAY}`)]))
        .execute()
    }),
  }
}
