import type { ClockReading } from './ports.ts'
import type { Anchor } from './stored-records.ts'
import { MAX_DRIFT } from './trusted-time.ts'

/*
 * Replicas share one clock, the database's, and so one trusted time: what the vendor signed when it answered, and how far that clock has
 * come since. It holds for all of them, restarted ones included, until the clock jumps. Milliseconds.
 */

/** By how much the clock may differ from what is expected of it. */
const TOLERANCE = 5_000

/** How long it may take to store an answer, and until others see what is stored. */
const SEEN_WITHIN = 30_000

/** The anchor of the lease that is held, as this process has followed it since a reading. */
export interface HeldAnchor { anchor: Anchor, since: ClockReading, broken: boolean }

/** A moment of this process's uptime. */
export type Uptime = Pick<ClockReading, 'uptime' | 'boot'>

/**
 * What this process goes by from now on, if this anchor is stored; one that it has followed already goes on as it is. `madeAfter` is when
 * there was no such anchor yet, as far as this process knows.
 */
export function withAnchor(
  held: HeldAnchor | null, anchor: Anchor | null, jti: string | null, reading: ClockReading, madeAfter: Uptime | null,
): HeldAnchor | null {
  if (!anchor || anchor.jti !== jti) return null
  if (held?.anchor.jti === anchor.jti && held.anchor.wall === anchor.wall) return held
  const followed = { anchor, since: reading, broken: false }
  return { ...followed, broken: madeAfter !== null && isTooOld(followed, madeAfter) }
}

/** By the shared clock, the anchor is older than it can be: that clock has jumped since, or one of the two has read it too long ago. */
function isTooOld(held: HeldAnchor, madeAfter: Uptime): boolean {
  const { anchor, since } = held
  if (since.boot !== madeAfter.boot) return false
  const oldest = since.uptime - madeAfter.uptime + SEEN_WITHIN
  return timeBy(held, since) - anchor.at > oldest * (1 + MAX_DRIFT)
}

/** Trusted time by the shared clock. */
export function timeBy({ anchor }: HeldAnchor, { wall }: ClockReading): number {
  return anchor.at + (wall - anchor.wall)
}

/** The same anchor, begun at a later reading; null if nothing is to be gone by any more. */
export function movedAnchor(held: HeldAnchor | null, reading: ClockReading): Anchor | null {
  return held && !held.broken ? { jti: held.anchor.jti, at: timeBy(held, reading), wall: reading.wall } : null
}

/** The reading that trusted time leans by: where an anchor holds, a shared clock that is wrong draws it nowhere. */
export function leaningBy(held: HeldAnchor | null, reading: ClockReading): ClockReading {
  return held && !held.broken ? { ...reading, wall: timeBy(held, reading) } : reading
}

/**
 * Follows the shared clock to a reading. `atLeast` is trusted time as this process has it without it: a clock that falls behind that was
 * set back, be it while nobody was looking.
 */
export function followAnchor(held: HeldAnchor, reading: ClockReading, atLeast: number | null): HeldAnchor {
  if (held.broken || !hasJumped(held, reading, atLeast)) return held
  return { ...held, broken: true }
}

function hasJumped(held: HeldAnchor, reading: ClockReading, atLeast: number | null): boolean {
  const { since } = held
  if (reading.shared !== true) return true
  if (atLeast !== null && timeBy(held, reading) < atLeast - TOLERANCE) return true
  const elapsed = reading.uptime - since.uptime
  return reading.boot === since.boot && Math.abs(reading.wall - since.wall - elapsed) > TOLERANCE + MAX_DRIFT * elapsed
}
