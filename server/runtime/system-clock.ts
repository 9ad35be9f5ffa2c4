import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { uptime } from 'node:os'
import { performance } from 'node:perf_hooks'
import type { Clock } from '../license/ports.ts'

/** Ms. */
const LONGEST_SAMPLE = 2_000

/** For how long (ms) elapsed time stands in for the uptime, which takes a system call and a file. */
const ASK_AGAIN = 1000
/** How far (ms) the wall clock and elapsed time may part before the machine is taken to have been suspended. */
const PARTED = 5

type AskTime = () => Promise<number | null>

interface Machine {
  wall(): number
  /** Without the time that the machine was suspended. */
  elapsed(): number
  uptime(): number
}

const MACHINE: Machine = { wall: () => Date.now(), elapsed: () => performance.now(), uptime: () => uptime() * 1000 }

/** The machine's own clocks. Uptime includes suspend (CLOCK_BOOTTIME); at most a second late where no other clock shows it. */
export function createSystemClock(machine = MACHINE): Clock {
  const boot = readBootId()
  let asked = { wall: 0, elapsed: -Infinity, uptime: 0 }
  let shown = 0
  return {
    passedSince(reading, ms) {
      const passed = asked.uptime + machine.elapsed() - asked.elapsed - reading.uptime
      return passed >= 0 && passed <= ms && Math.abs(machine.wall() - reading.wall - passed) <= PARTED ? passed : null
    },
    read() {
      const wall = machine.wall()
      const elapsed = machine.elapsed()
      const since = elapsed - asked.elapsed
      if (since >= ASK_AGAIN || Math.abs(wall - asked.wall - since) > PARTED) asked = { wall, elapsed, uptime: machine.uptime() }
      shown = Math.max(shown, asked.uptime + elapsed - asked.elapsed)
      return { wall, uptime: shown, boot }
    },
    sample: () => Promise.resolve(),
  }
}

/**
 * The machine's clocks, with the wall clock of the database so that all replicas agree. `databaseTime` is in milliseconds since
 * 1970, or null if the database has no clock of its own. Call `sample` now and then, if need be with another question that is answered
 * with its time; before the first sample the machine's wall clock is used.
 */
export function createDatabaseClock(machine: Clock, databaseTime: AskTime): Clock & { sample(ask?: AskTime): Promise<void> } {
  let offset: number | null = null
  let sampledAt = -Infinity
  return {
    async sample(ask: AskTime = databaseTime) {
      const asked = machine.read().uptime
      const time = await ask()
      const took = machine.read().uptime - asked
      // Whoever was frozen meanwhile does not know when that was; and a question that was asked later knows better.
      if (time === null || took > LONGEST_SAMPLE || asked < sampledAt) return
      offset = time - (asked + took / 2)
      sampledAt = asked
    },
    passedSince(reading, ms) {
      if (offset === null) return machine.passedSince(reading, ms)
      const passed = machine.read().uptime - reading.uptime
      return reading.wall === reading.uptime + offset && passed >= 0 && passed <= ms ? passed : null
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
