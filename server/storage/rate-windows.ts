import { sql } from 'kysely'
import { DATABASE_TIME } from './check-in-claim.ts'
import type { Connection } from './connection.ts'

/** A limit's window: how many uses it takes, and for how long (ms). */
export interface Window { points: number, duration: number }

/** Counts uses for all processes that share the database, by the database's clock. */
export interface RateWindows {
  /** Counts one use if it is allowed: `began` names the window it was counted in. Otherwise `wait` is how long there is none, ms. */
  use(limit: string, key: string, window: Window): Promise<{ began: number } | { wait: number }>
  /** Takes a use back from the window it was counted in. */
  giveBack(limit: string, key: string, began: number): Promise<void>
  /** Forgets the windows that began more than that many ms ago. */
  prune(olderThan: number): Promise<void>
}

/** Each use is one statement, so that however many processes count at once, none is lost. */
export function createRateWindows({ db, attempt }: Connection): RateWindows {
  return {
    use: (limit, key, { points, duration }) => attempt(async () => {
      // A window that seems to begin later is from before the clock was set back.
      const over = sql`(rate_limits.began + ${duration} <= ${DATABASE_TIME} or rate_limits.began > ${DATABASE_TIME})`
      const { rows: [counted] } = await sql<{ began: number }>`
        insert into rate_limits (name, key, began, used) values (${limit}, ${key}, ${DATABASE_TIME}, 1)
        on conflict (name, key) do update set
          began = case when ${over} then excluded.began else rate_limits.began end,
          used = case when ${over} then 1 else rate_limits.used + 1 end
        where ${over} or rate_limits.used < ${points} returning began`.execute(db)
      if (counted) return counted
      const { rows: [full] } = await sql<{ wait: number }>`
        select began + ${duration} - ${DATABASE_TIME} as wait from rate_limits where name = ${limit} and key = ${key}`.execute(db)
      return { wait: Math.max(0, full?.wait ?? 0) }
    }),
    giveBack: (limit, key, began) => attempt(async () => {
      await db.updateTable('rate_limits').set(eb => ({ used: eb('used', '-', 1) }))
        .where('name', '=', limit).where('key', '=', key).where('began', '=', began).where('used', '>', 0).execute()
    }),
    prune: olderThan => attempt(async () => {
      await sql`delete from rate_limits where began < ${DATABASE_TIME} - ${olderThan}`.execute(db)
    }),
  }
}
