import type { EventView, Role } from '../../shared/contracts.ts'
import type { StoredEvent } from '../license/ports.ts'

/** Takes a stored event; returns it as the given role may see it: a viewer gets no e-mail and no address. */
export function eventViewOf({ id, kind, at, firstAt, count, actor, actorEmail, address, details }: StoredEvent, role: Role): EventView {
  const { account, ...rest } = details
  const admin = role === 'admin'
  return {
    id, kind, count, actor,
    at: new Date(at).toISOString(),
    firstAt: new Date(firstAt).toISOString(),
    actorEmail: admin ? actorEmail : null,
    address: admin ? address : null,
    details: admin && account !== undefined ? { ...rest, account } : rest,
  }
}
