import type { Insertable, Selectable } from 'kysely'
import { EVENT_KINDS, eventSchema, type EventDetails, type EventKind } from '../../shared/license.ts'
import type { LicenseStore, NewEvent, StoredEvent } from '../license/ports.ts'
import { bump, write, type Connection, type Write } from './connection.ts'
import { readJson } from './json-column.ts'
import type { EventsTable } from './schema.ts'

/** Runs of these, equal but for their time, become one row: a check-in every six hours must not bury what matters. */
const FOLDED: ReadonlySet<EventKind> = new Set<EventKind>(['check_in_succeeded', 'check_in_failed'])
const COMPARED = ['kind', 'actor', 'actor_email', 'address', 'details'] as const

/** Appends within a write in progress, or folds the event into the newest one. The write has still to be bumped. */
export async function addEvent({ trx, version }: Write, event: NewEvent): Promise<void> {
  const row = toRow(event, version)
  if (FOLDED.has(event.kind)) {
    const newest = await trx.selectFrom('events').selectAll().orderBy('id', 'desc').limit(1).executeTakeFirst()
    if (newest && COMPARED.every(column => newest[column] === row[column])) {
      await trx.updateTable('events').set({ at: row.at, count: newest.count + 1 }).where('id', '=', newest.id).execute()
      return
    }
  }
  await trx.insertInto('events').values(row).execute()
}

type EventLog = Pick<LicenseStore, 'appendEvent' | 'listEvents' | 'pruneEvents'>

/** The part of the license store that keeps the activity log. */
export function createEventLog(connection: Connection): EventLog {
  const { db, attempt } = connection
  return {
    appendEvent: event => write(connection, async (step) => {
      await addEvent(step, event)
      await bump(step)
    }),
    listEvents: ({ before, limit }) => attempt(async () => {
      // A kind that only a later version of this product knows is passed over.
      const all = db.selectFrom('events').selectAll().where('kind', 'in', EVENT_KINDS)
        .orderBy('id', 'desc').limit(limit)
      const rows = await (before === undefined ? all : all.where('id', '<', before)).execute()
      return rows.map(toEvent)
    }),
    pruneEvents: olderThan => write(connection, async (step) => {
      const { numDeletedRows } = await step.trx.deleteFrom('events').where('at', '<', Math.round(olderThan))
        .executeTakeFirstOrThrow()
      if (numDeletedRows > 0n) await bump(step)
      return Number(numDeletedRows)
    }),
  }
}

function toRow(event: NewEvent, id: number): Insertable<EventsTable> {
  const at = Math.round(event.at)
  return {
    id, kind: event.kind, at, first_at: at, count: 1, actor: event.actor, actor_email: event.actorEmail,
    address: event.address, details: toText(event.details),
  }
}

/** Equal details give equal text. */
function toText(details: EventDetails): string {
  return JSON.stringify(Object.fromEntries(Object.entries(details).sort(([a], [b]) => a < b ? -1 : 1)))
}

function toEvent(row: Selectable<EventsTable>): StoredEvent {
  return {
    id: row.id, kind: row.kind, at: row.at, firstAt: row.first_at, count: row.count, actor: row.actor,
    actorEmail: row.actor_email, address: row.address,
    details: readJson(eventSchema.shape.details, row.details) ?? {},
  }
}
