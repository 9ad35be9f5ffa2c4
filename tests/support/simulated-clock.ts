import type { Clock, ClockReading } from '../../server/license/ports.ts'

/** 2026-03-01T12:00:00Z, where every simulation begins. */
export const START = Date.UTC(2026, 2, 1, 12)

export interface SimulatedClock extends Clock {
  /** The real time, which only the vendor knows for sure. */
  real(): number
  /** Lets time pass; uptime counts it even while suspended. */
  advance(ms: number): void
  /** Turns the machine off for a while; uptime and boot ID start afresh. */
  reboot(offFor: number): void
  /** Moves the wall clock forwards or backwards. */
  shiftWall(ms: number): void
  /** Corrects the wall clock. */
  repairWall(): void
}

/** A machine's clocks under a test's control; all times in ms. */
export function createSimulatedClock(start = START): SimulatedClock {
  let real = start
  let uptime = 500_000
  let boots = 1
  let wallError = 0
  return {
    read: (): ClockReading => ({ wall: real + wallError, uptime, boot: `boot-${boots}` }),
    passedSince(reading, ms) {
      const passed = uptime - reading.uptime
      return reading.boot === `boot-${boots}` && passed >= 0 && passed <= ms && real + wallError - reading.wall === passed ? passed : null
    },
    sample: () => Promise.resolve(),
    real: () => real,
    advance(ms) {
      real += ms
      uptime += ms
    },
    reboot(offFor) {
      real += offFor
      uptime = 10_000
      boots++
    },
    shiftWall(ms) { wallError += ms },
    repairWall() { wallError = 0 },
  }
}
