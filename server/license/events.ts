import type { EventDetails, EventKind } from '../../shared/contracts.ts'
import type { Actor, NewEvent } from './ports.ts'

/** The entry for the activity log of what happened, when (ms) and by whom. Neither details nor `log` ever hold a credential. */
export function eventOf(kind: EventKind, at: number, actor: Actor, details: EventDetails = {}, log: NewEvent['log'] = {}): NewEvent {
  const actorEmail = actor.kind === 'user' ? actor.email : null
  const address = actor.kind === 'user' || actor.kind === 'token' ? actor.address : null
  return { kind, at, actor: actor.kind, actorEmail, address, details, log }
}
