import type { EventDetails, EventKind } from '../../shared/license.ts'
import type { Actor, NewEvent } from './ports.ts'

/** Takes what happened, when (ms) and by whom; returns the entry for the activity log. Details never hold a credential. */
export function eventOf(kind: EventKind, at: number, actor: Actor, details: EventDetails = {}): NewEvent {
  const user = actor.kind === 'user' ? actor : null
  return { kind, at, actor: actor.kind, actorEmail: user?.email ?? null, address: user?.address ?? null, details }
}
