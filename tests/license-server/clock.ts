import type { Scope } from '../support/vendor/scope.ts'
import { covers, reachOf } from './reach.ts'
import type { Reach } from './reach.ts'

/** The vendor's clock as one caller sees it, and the counter of what the vendor signs. */
export interface Clock {
  /** Whole seconds since 1970. */
  now(): number
  /** A `seq` above every earlier one, of this process or of one before it. */
  nextSeq(): number
}

export interface Shift extends Scope { offsetSeconds: number }

export interface VendorClock {
  /** Of several shifts that are meant for this caller, the latest counts. */
  of(caller: Reach): Clock
  offsetFor(caller: Reach): number
  /** Takes the place of earlier shifts that are meant for no one else. */
  shift(shift: Shift): void
  /**
   * Shows this installation the time that it says it is, ms since 1970, until it says another: while it is being answered, no second
   * passes that its own clock does not know of.
   */
  follow(installation: string, at: number): void
  shifts(): Shift[]
  /** Forgets the shifts that are meant for these callers alone. */
  reset(reach: Reach): void
}

/** The vendor's clock, which shows the time of `machine` (ms since 1970) unless it is shifted. */
export function createVendorClock(machine: () => number = Date.now): VendorClock {
  const seconds = (): number => Math.floor(machine() / 1000)
  let shifts: { shift: Shift, reach: Reach, standsAt?: number }[] = []
  let last = 0
  const reset = (reach: Reach): void => { shifts = shifts.filter(entry => !covers(reach, entry.reach)) }
  const shiftFor = (caller: Reach) => shifts.findLast(({ reach }) => covers(reach, caller))
  const offsetFor = (caller: Reach): number => shiftFor(caller)?.shift.offsetSeconds ?? 0
  const nextSeq = (): number => {
    // From the machine's clock, never from the shifted one: the counter has to grow across restarts without a file.
    // In microseconds, so that a burst within one millisecond does not run ahead of the time of the next process.
    last = Math.max(last + 1, machine() * 1000)
    return last
  }
  function shift(wanted: Shift, stands: { standsAt?: number } = {}): void {
    const reach = reachOf(wanted)
    reset(reach)
    shifts.push({ shift: wanted, reach, ...stands })
  }
  return {
    of: caller => ({ now: () => shiftFor(caller)?.standsAt ?? seconds() + offsetFor(caller), nextSeq }),
    offsetFor,
    shift: wanted => shift(wanted),
    follow(installation, at) {
      const standsAt = Math.floor(at / 1000)
      shift({ installation, offsetSeconds: standsAt - seconds() }, { standsAt })
    },
    shifts: () => shifts.map(({ shift }) => shift),
    reset,
  }
}
