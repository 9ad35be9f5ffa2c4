/* What an installation says of itself, and what of it must still be true after a crash. */

export interface NotedEvent { id: number, kind: string, licenseId: string | null }

export interface Standing {
  instanceId: string
  revision: number
  state: string
  licenseId: string | null
  lastSuccessAt: string | null
  /** Newest first. */
  events: NotedEvent[]
}

/** The standing that a view and a list of events describe, whether the API's or the service's own. */
export function standingOf(
  view: { instanceId: string, revision: number, state: string, licenseId: string | null, checkIn: { lastSuccessAt: string | null } | null },
  events: { id: number, kind: string, details: Record<string, unknown> }[],
): Standing {
  const { instanceId, revision, state, licenseId, checkIn } = view
  return {
    instanceId, revision, state, licenseId, lastSuccessAt: checkIn?.lastSuccessAt ?? null,
    events: events.map(({ id, kind, details }) => ({ id, kind, licenseId: typeof details.licenseId === 'string' ? details.licenseId : null })),
  }
}

const known = ({ kind }: NotedEvent) => kind === 'activated' || kind === 'removed'
const ENTITLED = ['active', 'grace']

/** What is wrong with what a crash left behind, given what had been acknowledged before the operation it hit. */
export function complaintsAbout(acknowledged: Standing, found: Standing): string[] {
  const wrong: string[] = []
  if (found.instanceId !== acknowledged.instanceId) wrong.push('another Instance ID')
  if (found.revision < acknowledged.revision) wrong.push(`revision ${acknowledged.revision} was lost`)
  if (found.revision > acknowledged.revision + 1) wrong.push('more changes than were asked for')
  if (found.revision === acknowledged.revision) {
    if (found.licenseId !== acknowledged.licenseId) wrong.push(`license ${acknowledged.licenseId} was lost`)
    if ((found.lastSuccessAt ?? '') < (acknowledged.lastSuccessAt ?? '')) wrong.push('a check-in was lost')
  }
  const newest = found.events[0]?.id ?? 0
  for (const event of acknowledged.events.slice(0, 5)) {
    const kept = found.events.some(({ id, kind, licenseId }) => id === event.id && kind === event.kind && licenseId === event.licenseId)
    if (!kept && newest < event.id + 40) wrong.push(`event ${event.id} was lost`)
  }
  const decisive = found.events.find(known)
  const fits = decisive?.kind === 'activated'
    ? found.licenseId === decisive.licenseId && ENTITLED.includes(found.state)
    : found.licenseId === null && found.state === 'unlicensed'
  if (!fits) wrong.push('license and activity do not fit each other')
  return wrong
}
