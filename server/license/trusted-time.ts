import type { ClockReading } from './ports.ts'
import type { TrustedTimeRecord } from './stored-records.ts'

/*
 * Trusted time: a lower bound on the time, whatever the wall clock says. It starts from what the vendor signed, advances
 * with the machine's uptime (suspend included), and leans towards the wall clock so slowly that nobody can steer it.
 * Milliseconds throughout.
 */

/** More than any quartz drifts, too little to gain from: 500 ppm is five minutes a week. */
export const MAX_DRIFT = 500e-6

/** Advances trusted time to a later reading; stands still across a reboot. */
export function advance(record: TrustedTimeRecord, reading: ClockReading): TrustedTimeRecord {
  const sameBoot = record.boot !== null && record.boot === reading.boot && reading.uptime >= record.uptime
  const elapsed = sameBoot ? reading.uptime - record.uptime : 0
  const expected = record.at + elapsed
  const lean = Math.min(Math.max(reading.wall - expected, -MAX_DRIFT * elapsed), MAX_DRIFT * elapsed)
  return {
    at: expected + lean,
    uptime: reading.uptime,
    boot: reading.boot,
    continuous: record.continuous && sameBoot,
  }
}

/** Sets trusted time to the moment (ms) at which the vendor answered us, backwards too. */
export function anchor(at: number, reading: ClockReading): TrustedTimeRecord {
  return { at, uptime: reading.uptime, boot: reading.boot, continuous: true }
}

/** Trusted time at this reading, but no earlier than a signed moment (ms), which cannot lie in the future. */
export function raise(record: TrustedTimeRecord | null, at: number, reading: ClockReading): TrustedTimeRecord {
  const now = record && advance(record, reading)
  // How long ago it was signed is unknown, hence not continuous.
  return now && now.at >= at ? now : { ...anchor(at, reading), continuous: false }
}

export interface TimeJudgement {
  /** The time that decides the state of the license. */
  effective: number
  /** Null until the first lease has been accepted. */
  trusted: number | null
  wall: number
}

/**
 * What time it is, given trusted time as of this moment. If `anchored` (this process has received a lease that answered its
 * nonce), trusted time alone decides. Otherwise the later of the two does: a clock set back gains nothing, and a machine
 * that was off is not taken to be in the past.
 */
export function judgeTime(record: TrustedTimeRecord | null, anchored: boolean, wall: number): TimeJudgement {
  if (!record) return { effective: wall, trusted: null, wall }
  return { effective: anchored ? record.at : Math.max(record.at, wall), trusted: record.at, wall }
}
