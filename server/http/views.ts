import { redactFinding, withoutAddresses } from '../../shared/redaction.ts'
import type { Diagnostics, EventView, ReplicaView, Role } from '../../shared/contracts.ts'
import { STATES } from '../../shared/contracts.ts'
import type { ReplicaSeen } from '../runtime/replica-watch.ts'
import type { StoredEvent } from '../license/stored-records.ts'

/* What callers may see of stored data. */

interface Person { id: string, email: string, role: Role }

/** The signed-in person. */
export function sessionViewOf({ id, email, role }: Person): { user: Person } {
  return { user: { id, email, role } }
}

/** An entry of the activity log. Viewers see neither e-mails nor addresses. */
export function eventViewOf(
  { id, kind, at, firstAt, count, actor, actorEmail, address, details, finding }: StoredEvent, role: Role,
): EventView {
  const { account, ...rest } = details
  const admin = role === 'admin'
  return {
    id, kind, count, actor,
    at: new Date(at).toISOString(),
    firstAt: new Date(firstAt).toISOString(),
    actorEmail: admin ? actorEmail : null,
    address: admin ? address : null,
    details: admin && account !== undefined ? { ...rest, account } : rest,
    finding: finding && redactFinding(finding, role),
  }
}

/** One of several processes. A state that only another version knows counts as invalid, as it does in the license's row. */
export function replicaViewOf({ id, version, commit, started, seenAt, state, revision, holdsClaim }: ReplicaSeen): ReplicaView {
  return {
    id, version, commit, revision, holdsClaim,
    state: STATES.find(each => each === state) ?? 'invalid',
    startedAt: new Date(started).toISOString(), lastSeenAt: new Date(seenAt).toISOString(),
  }
}

/** A run of diagnostics. Viewers see no IP addresses. */
export function diagnosticsViewOf(run: Diagnostics, role: Role): Diagnostics {
  if (role === 'admin') return run
  const stages = run.stages.map(({ finding, ...stage }) => (
    { ...withoutAddresses(stage), finding: finding && redactFinding(finding, role) }
  ))
  return { ...run, stages }
}
