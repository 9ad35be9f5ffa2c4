import type { Moment } from './license-memory.ts'

/** Ms. */
const LONGEST_ATTEMPT = 60_000

/** When the next check-in is due, in uptime (ms), and what that was derived from. */
export interface Due {
  uptime: number
  /** The stored `nextAt` it stands for. */
  forNextAt: number | null
  /** How far effective time was ahead of uptime, ms. */
  lead: number
}

/** Sets an uptime (ms) that stands until another `nextAt` is stored. */
export function dueAt(uptime: number, nextAt: number | null, moment: Moment): Due {
  return { uptime, forNextAt: nextAt, lead: leadOf(moment) }
}

/** While an attempt is under way it decides when the next is due; until then only a doubt can call for another. */
export function dueDuringAttempt(nextAt: number | null, moment: Moment): Due {
  return dueAt(moment.reading.uptime + LONGEST_ATTEMPT, nextAt, moment)
}

/**
 * The stored schedule is in effective time, but the wait is in uptime, so that a clock set back cannot put a check-in off. A
 * clock that goes ahead brings it forward: by that clock, grace may be about to end.
 */
export function followDue(due: Due | null, nextAt: number | null, moment: Moment): Due {
  const { effective, reading: { uptime } } = moment
  if (!due || due.forNextAt !== nextAt) {
    return dueAt(nextAt === null ? Infinity : uptime + Math.max(0, nextAt - effective), nextAt, moment)
  }
  const lead = leadOf(moment)
  return lead > due.lead ? { ...due, uptime: due.uptime - (lead - due.lead), lead } : due
}

function leadOf({ effective, reading }: Moment): number {
  return effective - reading.uptime
}
