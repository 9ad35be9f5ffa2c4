import { LicenseError } from './errors.ts'
import type { ClockReading, HeldStates } from './ports.ts'
import type { StoredHold } from './stored-records.ts'

/*
 * A start may find a license paused or expired by a clock that nobody has confirmed. It then keeps its last entitled state
 * for one interval, so that the check-in of the start can tell: one interval a lease, whoever starts how often. Its end is
 * stored before it is used.
 */

/** A check-in takes at most 10 s; nothing is held for the sake of one any longer. */
export const LONGEST_HOLD = 10_000

/** The interval as it is left to this machine, in its own uptime: what nobody can set back. */
export interface Hold { jti: string, until: number }

/**
 * What is left of a lease's interval, ms, given what is stored of it; zero in any doubt. `grant` is to be stored first. A
 * machine that has its own entry is bound by its uptime. Another one can only join by a clock that all of them share.
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

/** Claims what is left of the lease's interval at this reading; nothing where that cannot be stored. */
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
