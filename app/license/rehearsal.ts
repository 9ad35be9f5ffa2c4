import type { LicenseView, RehearsedState, Supposition } from '#shared/contracts'
import { LONGEST_CLOCK_OFFSET } from '#shared/contracts'
import { isEndedByClock } from './fitting-errors'

/* What a person asks of a rehearsal, as an address that can be sent, and the one sentence that its answer comes to. */

export const REHEARSALS = ['internet', 'clock'] as const
export type What = (typeof REHEARSALS)[number]

/** Times are ISO 8601; without `to`, the internet stays away. A clock that is behind is off by less than nothing. */
export type Asked = { what: 'internet', from: string, to: string | null } | { what: 'clock', seconds: number }

export function suppositionOf(asked: Asked): Supposition {
  if (asked.what === 'clock') return { clockOffsetSeconds: asked.seconds }
  return { offlineFrom: asked.from, ...(asked.to === null ? {} : { offlineUntil: asked.to }) }
}

export function queryOf(asked: Asked): Record<string, string> {
  if (asked.what === 'clock') return { 'what-if': asked.what, 'offset': String(asked.seconds) }
  return { 'what-if': asked.what, 'from': asked.from, ...(asked.to === null ? {} : { to: asked.to }) }
}

/** What an address asks for. Without a good time or offset, only which of the two. Null if it asks for nothing. */
export function askedIn(query: Record<string, unknown>): Asked | What | null {
  const what = REHEARSALS.find(name => name === query['what-if'])
  if (what === 'clock') {
    const seconds = typeof query.offset === 'string' && /^-?\d{1,9}$/.test(query.offset) ? Number(query.offset) : 0
    return seconds !== 0 && Math.abs(seconds) <= LONGEST_CLOCK_OFFSET ? { what, seconds } : what
  }
  if (what === undefined) return null
  const [from, to] = [timeIn(query.from), timeIn(query.to)]
  return from === null || (to === null ? query.to !== undefined : to < from) ? what : { what, from, to }
}

function timeIn(value: unknown): string | null {
  const time = typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) ? new Date(value) : null
  return time && !Number.isNaN(time.getTime()) ? time.toISOString() : null
}

/** Whether a state is that the license has ended, and only by a clock that may be wrong. `view`: the license as it is now. */
export function isByClock({ state, because }: RehearsedState, view: LicenseView): boolean {
  return state === 'expired' && (because === 'clock' || (because === 'now' && isEndedByClock(view)))
}

type Name = 'on' | 'onUntilEnd' | 'offThenOn' | 'offUntilInternet' | 'offUntilClock' | 'offForGood' | 'off' | 'offNow'

/** The sentence that matters first, and the times it says: when features stop, when they start again, when the term ends. */
export function firstOf(states: readonly RehearsedState[], asked: Asked): { name: Name, stops: string, starts: string, ends: string } {
  const stop = states.findIndex(({ entitled }, index) => !entitled && states[index - 1]?.entitled)
  const start = states.find(({ entitled }, index) => entitled && index > Math.max(stop, 0))
  const ends = states.find(({ because }) => because === 'term_over')
  const times = { stops: states[stop]?.at ?? '', starts: start?.at ?? '', ends: ends?.at ?? '' }
  return { name: nameOf(states, stop, start !== undefined, ends !== undefined, asked), ...times }
}

function nameOf(states: readonly RehearsedState[], stop: number, starts: boolean, ends: boolean, asked: Asked): Name {
  if (!states[0]?.entitled) return starts ? 'offNow' : 'off'
  const because = states[stop]?.because
  if (because === undefined) return 'on'
  if (because === 'term_over') return 'onUntilEnd'
  if (starts) return 'offThenOn'
  if (because === 'clock') return 'offUntilClock'
  return ends && asked.what === 'internet' && asked.to !== null ? 'offForGood' : 'offUntilInternet'
}
