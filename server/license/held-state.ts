import { LicenseError } from './errors.ts'
import type { ClockReading, HeldStates } from './ports.ts'
import type { StoredHold } from './stored-records.ts'

/*
 * At a start, a license may look paused or expired by a clock that nothing has confirmed. It then keeps its last entitled
 * state for one interval, long enough for a check-in to tell. There is one interval per lease, however often and on however
 * many machines the product starts, and it is stored before it is used.
 */

/** A check-in takes at most 10 s, so nothing is held for one any longer than that; ms. */
export const LONGEST_HOLD = 10_000

/** What this machine has left of the interval, until an uptime (ms), which nobody can set back. */
export interface Hold { jti: string, until: number }

/**
 * How much of a lease's interval is left, ms, given what is stored of it; zero if in doubt. `grant` has to be stored before
 * any of it is used. A machine with an entry of its own goes by its uptime; another can only join by a clock they share.
 */
export function judgeHold(
  stored: readonly StoredHold[], jti: string, { boot, uptime, wall }: ClockReading, sharedClock: boolean,
): { left: number, grant: StoredHold | null } {
  const known = stored.filter(hold => hold.jti === jti)
  if (boot === null) return { left: 0, grant: null }
  const now = { uptime: Math.floor(uptime), wall: Math.floor(wall) }
  const own = known.find(hold => hold.boot === boot)
  if (own) return { left: leftOf(own.uptime, own.length, now.uptime), grant: null }
  if (known.length > 0 && !sharedClock) return { left: 0, grant: null }
  const length = Math.min(LONGEST_HOLD, ...known.map(hold => leftOf(hold.wall, hold.length, now.wall)))
  return { left: length, grant: length > 0 ? { jti, boot, ...now, length } : null }
}

/** A clock that reads less than when the interval began has been set back: nothing is left. */
function leftOf(began: number, length: number, now: number): number {
  return now < began ? 0 : Math.max(0, Math.min(length, LONGEST_HOLD) - (now - began))
}

/** Claims what is left of the lease's interval at this reading. Null if nothing is, or if the claim cannot be stored. */
export async function claimHold(store: HeldStates, jti: string, reading: ClockReading): Promise<Hold | null> {
  try {
    const sharedClock = await store.databaseTime() !== null
    let left = 0
    await store.holdState(jti, (stored) => {
      const judged = judgeHold(stored, jti, reading, sharedClock)
      left = judged.left
      return judged.grant
    })
    return left > 0 ? { jti, until: reading.uptime + left } : null
  }
  catch (error) {
    if (error instanceof LicenseError && error.code === 'STORAGE_UNAVAILABLE') return null
    throw error
  }
}
