import { sql, type Insertable, type Kysely, type Selectable } from 'kysely'
import { EVENT_KINDS, kindsOf, type EventDetails, type EventKind } from '../../shared/contracts.ts'
import { eventSchema, findingSchema } from '../../shared/schemas.ts'
import { foldsInto } from '../license/events.ts'
import type { EventPage, History } from '../license/ports.ts'
import type { Change, NewEvent, StoredEvent } from '../license/stored-records.ts'
import { dayOf } from '../license/record.ts'
import { bump, write, type Connection, type Write } from './connection.ts'
import { addFinding } from './findings.ts'
import { readJson } from './json-column.ts'
import type { Database, EventsTable } from './schema.ts'

/** Appends an event within a write in progress, or folds it into the newest one. The caller must still bump the write. */
export async function addEvent(step: Write, event: NewEvent): Promise<void> {
  const { trx, version } = step
  if (event.finding) await addFinding(step, event.finding)
  const row = toRow(event, version)
  const newest = await trx.selectFrom('events').selectAll().orderBy('id', 'desc').limit(1).executeTakeFirst()
  if (newest && foldsInto(toEvent(newest), event)) {
    await trx.updateTable('events').set({ at: row.at, count: newest.count + 1, finding: row.finding ?? null }).where('id', '=', newest.id).execute()
    return
  }
  await trx.insertInto('events').values(row).execute()
}

/** Counts a check-in for its UTC day, within a write in progress. */
export async function addCheckIn({ trx }: Write, { at, result }: NonNullable<Change['checkIn']>): Promise<void> {
  const row = { day: dayOf(at), good: result === 'good' ? 1 : 0, failed: result === 'failed' ? 1 : 0 }
  await trx.insertInto('check_in_days').values(row)
    .onConflict(conflict => conflict.column('day').doUpdateSet(eb => ({
      good: eb('check_in_days.good', '+', row.good),
      failed: eb('check_in_days.failed', '+', row.failed),
    }))).execute()
}

/**
 * The query for one page. Written so that both databases can only walk one index backwards from where the page begins: nothing
 * is sorted and (almost) nothing skipped, however long the log.
 */
export function selectEvents(db: Kysely<Database>, { before = Number.MAX_SAFE_INTEGER, limit, kind }: EventPage) {
  if (kind === undefined) {
    // Skips kinds that only a later version of this product knows. An expression, because for a plain column SQLite would use the
    // index by kind, and sort.
    return db.selectFrom('events').selectAll().limit(limit)
      .where(sql<EventKind>`kind || ''`, 'in', EVENT_KINDS).where('id', '<', before).orderBy('id', 'desc')
  }
  const [first, ...others] = kindsOf(kind)
  if (others.length === 0) return selectKind(db, first, before, limit)
  // Of a group, a page of each kind, and of those the newest: one statement, so that what is added meanwhile leaves no gap.
  const pageOf = (each: EventKind) => db.selectFrom(selectKind(db, each, before, limit).as('page')).selectAll()
  return others.reduce((all, each) => all.unionAll(pageOf(each)), pageOf(first)).orderBy('id', 'desc').limit(limit)
}

/** Not `kind = …`: if a kind is frequent but old, PostgreSQL would walk the primary key through everything newer. */
function selectKind(db: Kysely<Database>, kind: EventKind, before: number, limit: number) {
  return db.selectFrom('events').selectAll().limit(limit)
    .where('kind', '>=', kind).where(({ eb, refTuple, tuple }) => eb(refTuple('kind', 'id'), '<', tuple(kind, before)))
    .orderBy('kind', 'desc').orderBy('id', 'desc')
}

/** The activity log, and the check-ins counted by day. */
export function createHistory(connection: Connection): History {
  const { db, attempt } = connection
  return {
    appendEvent: event => write(connection, async (step) => {
      await addEvent(step, event)
      await bump(step)
    }),
    listEvents: page => attempt(async () => (await selectEvents(db, page).execute()).map(toEvent)),
    pruneEvents: olderThan => write(connection, async (step) => {
      const { numDeletedRows } = await step.trx.deleteFrom('events').where('at', '<', Math.round(olderThan))
        .executeTakeFirstOrThrow()
      if (numDeletedRows > 0n) await bump(step)
      return Number(numDeletedRows)
    }),
    listCheckInDays: since => attempt(async () => {
      const rows = await db.selectFrom('check_in_days').selectAll()
        .where('day', '>=', dayOf(since)).orderBy('day').execute()
      return rows.map(({ day, good, failed }) => ({ day, good, failed }))
    }),
  }
}

function toRow(event: NewEvent, id: number): Insertable<EventsTable> {
  const at = Math.round(event.at)
  return {
    id, kind: event.kind, at, first_at: at, count: 1, actor: event.actor, actor_email: event.actorEmail,
    address: event.address, details: toText(event.details), finding: event.finding && JSON.stringify(event.finding),
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
    finding: row.finding === null ? null : readJson(findingSchema, row.finding) ?? null,
  }
}
