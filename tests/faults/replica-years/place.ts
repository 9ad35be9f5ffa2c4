import type { Clock } from '../../../server/license/ports.ts'
import type { LicenseService } from '../../../server/license/service.ts'
import type { Snapshot } from '../../../server/license/stored-records.ts'

/** A machine, with its ways out, and the process on it. */
export interface Place {
  readonly n: number
  /** Its own clocks. */
  readonly clock: Clock
  /** Whether the database and the license server can be reached from here. */
  line: boolean
  route: boolean
  process: Process | null
  starts: number
}

export interface Process {
  readonly name: string
  readonly place: Place
  alive: boolean
  frozen: boolean
  /** Null until it has started. */
  service: LicenseService | null
  clock: Clock
  /** What it has last read; and what it is made to read next, by a defect. */
  known: Snapshot | null
  stale: Snapshot | null
  /** It did more than it does at every tick. */
  stirred: boolean
  /** Something happened to it since it was last judged. */
  touched: boolean
  /** Lets something happen within this process after so many ms: later if it is frozen then, never if it is gone. */
  later(after: number, happen: () => void): void
  /** Wakes it within a second, if it sleeps. */
  wake(): void
  thaw(): void
}
