import type { LicenseState } from '../../shared/contracts.ts'
import type { Hold } from './held-state.ts'
import { LONGEST_HOLD } from './held-state.ts'
import type { ClockReading } from './ports.ts'
import type { Holding } from './state.ts'
import { isByTime, isCheckedIn, isEntitled, stateOf } from './state.ts'
import type { TimeJudgement } from './trusted-time.ts'

/*
 * An entitled standard license may seem to lose its features by a clock that only a check-in can confirm: at a start, or
 * because the wall clock has jumped ahead of trusted time. Its last state is then held until the check-in has ended, at a
 * start for what is left of the lease's interval.
 */

/** How much further than the uptime the wall clock must have gone to have jumped, ms. */
const JUMP = 5_000

/** What has been seen so far that a doubt depends on. */
export interface Doubt {
  /** What this process may use of the interval of the lease it found at its start. */
  readonly atStart: Hold | null
  /** The last reading by which the license was entitled beyond doubt; a process that has none has seen no jump. */
  readonly sound: ClockReading | null
  /** Uptime (ms) at which the present jump was first seen. */
  readonly heldSince: number | null
  /** The check-in that the present doubt called for has ended. */
  readonly ended: boolean
}

export interface Circumstances {
  holding: Holding
  instanceId: string
  /** What the state is by the effective time. */
  computed: LicenseState
  time: TimeJudgement
  reading: ClockReading
  /** Trusted time alone decides: then no clock can be in doubt. */
  anchored: boolean
  lastState: LicenseState | null
}

export function beginDoubt(atStart: Hold | null): Doubt {
  return { atStart, sound: null, heldSince: null, ended: false }
}

/** A check-in has answered or failed: nothing is held any longer. */
export function endHold(doubt: Doubt): Doubt {
  return { ...doubt, atStart: null, ended: true }
}

/** Whether the last state is to be held at this reading. */
export function judgeDoubt(doubt: Doubt, circumstances: Circumstances): { doubt: Doubt, inDoubt: boolean } {
  const { holding, instanceId, computed, time: { trusted }, reading, anchored, lastState } = circumstances
  const claims = holding.kind === 'lease' ? holding.lease.claims : null
  if (!claims || !isCheckedIn(claims) || anchored || !isByTime(computed)) {
    return { doubt: { ...doubt, sound: isEntitled(computed) ? reading : null, heldSince: null, ended: false }, inDoubt: false }
  }
  // One check-in per doubt, however often another process tells the state in between.
  if (lastState === null || !isEntitled(lastState)) return { doubt, inDoubt: false }
  if (doubt.atStart?.jti === claims.jti && reading.uptime < doubt.atStart.until) return { doubt, inDoubt: true }
  // Trusted time bounds what comes of a jump: clocks set ahead and back in turns gain nothing over leaving them alone.
  if (trusted === null || !isEntitled(stateOf(holding, instanceId, trusted)) || !hasJumped(doubt.sound, reading)) {
    return { doubt, inDoubt: false }
  }
  const heldSince = doubt.heldSince ?? reading.uptime
  return { doubt: { ...doubt, heldSince }, inDoubt: !doubt.ended && reading.uptime - heldSince < LONGEST_HOLD }
}

function hasJumped(sound: ClockReading | null, { wall, uptime }: ClockReading): boolean {
  return sound !== null && wall - sound.wall > uptime - sound.uptime + JUMP
}
