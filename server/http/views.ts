import type { EventView, Role } from '../../shared/contracts.ts'
import type { StoredEvent } from '../license/stored-records.ts'

/* What callers get to see of what is stored. */

interface Person { id: string, email: string, role: Role }

/** Who is signed in. */
export function sessionViewOf({ id, email, role }: Person): { user: Person } {
  return { user: { id, email, role } }
}

/** An entry of the activity log. A viewer gets no e-mail and no address. */
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
