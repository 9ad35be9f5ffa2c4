import type { Deactivations } from '../license/ports.ts'
import type { Change, NewDeactivation, PendingDeactivation } from '../license/stored-records.ts'
import { bump, write, type Connection, type Write } from './connection.ts'
import { addEvent } from './event-log.ts'

/** The queue of deactivations that the vendor has yet to be told about. */
export function createDeactivations(connection: Connection): Deactivations {
  const { db, attempt } = connection
  return {
    dueDeactivations: (now, farthest = Number.MAX_SAFE_INTEGER) => attempt(async () => {
      const rows = await db.selectFrom('deactivations').selectAll()
        .where(eb => eb.or([eb('next_at', '<=', Math.round(now)), eb('next_at', '>', Math.round(farthest))])).orderBy('id').execute()
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

/** Adds to the queue, within a write in progress. */
export async function queueDeactivation({ trx, version }: Write, deactivation: NewDeactivation): Promise<void> {
  await trx.insertInto('deactivations').values({
    id: version,
    sub: deactivation.sub,
    lease: deactivation.lease,
    secret: deactivation.secret,
    created_at: Math.round(deactivation.createdAt),
    next_at: Math.round(deactivation.nextAt),
    attempts: 0,
  }).execute()
}

/** Removes what `cancels` selects from the queue, within a write in progress. */
export async function cancelDeactivations({ trx }: Write, cancels: NonNullable<Change['cancels']>): Promise<void> {
  const pending = await trx.selectFrom('deactivations').select(['id', 'sub']).execute()
  const ids = pending.filter(cancels).map(({ id }) => id)
  if (ids.length > 0) await trx.deleteFrom('deactivations').where('id', 'in', ids).execute()
}
