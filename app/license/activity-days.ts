import type { EventView } from '#shared/contracts'
import { dayIn } from '~/words/formatters'

/** An entry as a person reads it: an event, and the word to the license server that the same save led to. */
export interface ActivityEntry { event: EventView, told: EventView | null }

/** The entries of one day in a row; `day` is `YYYY-MM-DD` in the zone in use. */
export interface ActivityDay { day: string, entries: ActivityEntry[] }

/** A license as an entry names it; null for what is not known. */
export interface LicenseTerms { plan: string | null, method: string | null, expiresAt: string | null }

/** What one save put in place of what; `another` if it is not the same license again. */
export interface Replacement { before: LicenseTerms, after: LicenseTerms, another: boolean }

/** Whoever is told this soon after a save (ms) is told because of it; later word of it is news of its own. */
const SAME_SAVE = 10 * 60_000
const DAY = 86_400_000

/** What a save, or putting a license back, replaced; null if nothing was there before, or nothing that matters has changed. */
export function replacementIn({ kind, details }: EventView): Replacement | null {
  if ((kind !== 'activated' && kind !== 'put_back') || details.replacedMethod === undefined) return null
  const before = termsOf(details.replacedPlan, details.replacedMethod, details.replacedExpiresAt)
  const after = termsOf(details.plan, details.method, details.expiresAt)
  const another = details.replacedId !== details.licenseId
  return another || JSON.stringify(before) !== JSON.stringify(after) ? { before, after, another } : null
}

function termsOf(...facts: unknown[]): LicenseTerms {
  const [plan = null, method = null, expiresAt = null] = facts.map(fact => typeof fact === 'string' ? fact : null)
  return { plan, method, expiresAt }
}

/** Puts the events of one save together, newest first as they came: the license replaced, and its seat given back. */
export function entriesOf(events: readonly EventView[]): ActivityEntry[] {
  const toldBy = new Map<EventView, EventView>()
  for (const [place, told] of events.entries()) {
    if (!toldSuccessfully(told)) continue
    // The last event that gave the license up is what was told; a removal stands by itself.
    const givenUp = events.slice(place + 1).find(event => isSaveBehind(event, told) || isRemovalBehind(event, told))
    if (givenUp && givenUp.kind !== 'removed' && !toldBy.has(givenUp)) toldBy.set(givenUp, told)
  }
  const merged = new Set(toldBy.values())
  return events.flatMap(event => merged.has(event) ? [] : [{ event, told: toldBy.get(event) ?? null }])
}

function toldSuccessfully({ kind, details }: EventView): boolean {
  return kind === 'vendor_told' && details.result === 'ok' && typeof details.licenseId === 'string'
}

function isSaveBehind({ kind, at, details }: EventView, told: EventView): boolean {
  return (kind === 'activated' || kind === 'put_back') && details.replacedId === told.details.licenseId && details.replacedId !== details.licenseId
    && Date.parse(told.at) - Date.parse(at) <= SAME_SAVE
}

function isRemovalBehind({ kind, details }: EventView, told: EventView): boolean {
  return kind === 'removed' && details.licenseId === told.details.licenseId
}

/** The entries by day in a zone, in their order. If the clock was set back, a day may come up again. */
export function daysOf(entries: readonly ActivityEntry[], zone: string): ActivityDay[] {
  const days: ActivityDay[] = []
  for (const entry of entries) {
    const day = dayIn(zone, Date.parse(entry.event.at))
    const last = days.at(-1)
    if (last?.day === day) last.entries.push(entry)
    else days.push({ day, entries: [entry] })
  }
  return days
}

/** How a day lies to today; null if it is neither today nor yesterday. */
export function nearnessOf(day: string, today: string): 'today' | 'yesterday' | null {
  const apart = Date.parse(today) - Date.parse(day)
  return apart === 0 ? 'today' : apart === DAY ? 'yesterday' : null
}
