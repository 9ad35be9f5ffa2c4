import type { EventDetails, EventKind } from '../../shared/contracts.ts'
import type { NewEvent } from './stored-records.ts'

/** Who asked for a change. */
export type Actor =
  | { kind: 'user', email: string, address: string | null }
  | { kind: 'system' }
  /** The operator, by what NC_LICENSE_KEY and NC_ADMIN_EMAIL are set to. */
  | { kind: 'environment' }
  /** A script of the administrators, with NC_ADMIN_TOKEN. */
  | { kind: 'token', address: string | null }

/** The entry for the activity log of what happened, when (ms) and by whom. Neither details nor `log` ever hold a credential. */
export function eventOf(kind: EventKind, at: number, actor: Actor, details: EventDetails = {}, log: NewEvent['log'] = {}): NewEvent {
  const actorEmail = actor.kind === 'user' ? actor.email : null
  const address = actor.kind === 'user' || actor.kind === 'token' ? actor.address : null
  return { kind, at, actor: actor.kind, actorEmail, address, details, log }
}

const FOLDED: ReadonlySet<EventKind> = new Set<EventKind>(['check_in_succeeded', 'check_in_failed'])

/**
 * Whether an event only repeats the newest entry, but for its time, so that the two become one: a check-in every six hours
 * must not bury what matters.
 */
export function foldsInto(newest: Entry, event: Entry): boolean {
  return FOLDED.has(event.kind) && identityOf(newest) === identityOf(event)
}

type Entry = Pick<NewEvent, 'kind' | 'actor' | 'actorEmail' | 'address' | 'details'>

function identityOf({ kind, actor, actorEmail, address, details }: Entry): string {
  return JSON.stringify([kind, actor, actorEmail, address, Object.entries(details).toSorted(([a], [b]) => a < b ? -1 : 1)])
}
