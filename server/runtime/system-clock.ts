import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { uptime } from 'node:os'
import type { Clock } from '../license/ports.ts'

/** Ms. */
const LONGEST_SAMPLE = 2_000

/** The machine's own clocks. Uptime includes suspend (CLOCK_BOOTTIME). */
export function createSystemClock(): Clock {
  const boot = readBootId()
  return { read: () => ({ wall: Date.now(), uptime: uptime() * 1000, boot }) }
}

/**
 * The machine's clocks, with the wall clock of the database so that all replicas agree. `databaseTime` is in milliseconds since
 * 1970, or null if the database has no clock of its own. Call `sample` now and then; before the first sample the machine's wall
 * clock is used.
 */
export function createDatabaseClock(machine: Clock, databaseTime: () => Promise<number | null>): Clock & { sample(): Promise<void> } {
  let offset: number | null = null
  return {
    async sample() {
      const asked = machine.read().uptime
      const time = await databaseTime()
      const took = machine.read().uptime - asked
      // Whoever was frozen meanwhile does not know when that was.
      if (time !== null && took <= LONGEST_SAMPLE) offset = time - (asked + took / 2)
    },
    read() {
      const reading = machine.read()
      return offset === null ? reading : { ...reading, wall: reading.uptime + offset, shared: true }
    },
  }
}

/** Linux has one. Elsewhere every start of the process counts as a reboot, which costs accuracy and nothing else. */
function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() || randomUUID()
  }
  catch {
    return randomUUID()
  }
}
