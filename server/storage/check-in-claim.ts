import { sql } from 'kysely'
import type { ClaimSwap, StoredClaim } from '../license/check-in-claim.ts'
import type { ClaimStore } from '../license/ports.ts'
import type { Connection, Write } from './connection.ts'

/** PostgreSQL's own clock, in milliseconds since 1970: the moment itself, not when the transaction began. */
export const DATABASE_TIME = sql<number>`floor(extract(epoch from clock_timestamp()) * 1000)::bigint`

/**
 * The check-in claim on PostgreSQL. Each step is one statement outside any transaction, so that nobody who is frozen holds the row, and
 * a pooler may give each another session.
 */
export function createClaims({ db, attempt }: Connection): ClaimStore {
  return {
    readClaim: () => attempt(async () => {
      const { rows } = await sql<StoredClaim>`
        select holder, coalesce(term, 0)::bigint as term, coalesce(beat, 0)::bigint as beat, coalesce(valid_until, 0)::bigint as "validUntil",
          now from (select ${DATABASE_TIME} as now) as clock left join check_in_claim on true`.execute(db)
      const [found] = rows
      if (!found) throw new Error('the database answered without its time')
      return found
    }),
    swapClaim: swap => attempt(async () => (await swapped(db, swap)).numAffectedRows === 1n),
  }
}

function swapped(db: Connection['db'], { beat, holder, term, lasts }: ClaimSwap) {
  return sql`
    insert into check_in_claim (id, holder, term, beat, valid_until) values (1, ${holder}, ${term}, ${beat + 1}, ${DATABASE_TIME} + ${lasts})
    on conflict (id) do update set holder = excluded.holder, term = excluded.term, beat = excluded.beat, valid_until = excluded.valid_until
    where check_in_claim.beat = ${beat}`.execute(db)
}

/** Whether this is still the term of the claim. It stays so until the write in progress is committed. */
export async function isTerm({ trx }: Write, term: number): Promise<boolean> {
  const row = await trx.selectFrom('check_in_claim').select('term').forShare().executeTakeFirst()
  return row?.term === term
}
