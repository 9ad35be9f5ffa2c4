import type { EventDetails, EventKind } from '../../shared/contracts.ts'
import type { NewEvent } from './stored-records.ts'

/** Who asked for a change. */
export type Actor =
  | { kind: 'user', email: string, address: string | null }
  | { kind: 'system' }
  /** The operator, through NC_LICENSE_KEY or NC_ADMIN_EMAIL. */
  | { kind: 'environment' }
  /** An administrator's script, with NC_ADMIN_TOKEN. */
  | { kind: 'token', address: string | null }

/** An entry for the activity log: what happened, when (ms), and who did it. Neither `details` nor `log` may hold a credential. */
export function eventOf(
  kind: EventKind, at: number, actor: Actor, details: EventDetails = {}, log: NewEvent['log'] = {}, finding: NewEvent['finding'] = null,
): NewEvent {
  const actorEmail = actor.kind === 'user' ? actor.email : null
  const address = actor.kind === 'user' || actor.kind === 'token' ? actor.address : null
  return { kind, at, actor: actor.kind, actorEmail, address, details, log, finding }
}

const FOLDED: ReadonlySet<EventKind> = new Set<EventKind>(['check_in_succeeded', 'check_in_failed'])

/**
 * Whether an event repeats the newest entry in all but its time, so that the two become one: check-ins every six hours, or one
 * key tried again and again, must not bury what matters.
 */
export function foldsInto(newest: Entry, event: Entry): boolean {
  return FOLDED.has(event.kind) && identityOf(newest) === identityOf(event)
}

type Entry = Pick<NewEvent, 'kind' | 'actor' | 'actorEmail' | 'address' | 'details'>

function identityOf({ kind, actor, actorEmail, address, details }: Entry): string {
  return JSON.stringify([kind, actor, actorEmail, address, Object.entries(details).toSorted(([a], [b]) => a < b ? -1 : 1)])
}
