import type { LicenseState } from '../../shared/contracts.ts'
import type { Hold } from './held-state.ts'
import { LONGEST_HOLD } from './held-state.ts'
import type { ClockReading } from './ports.ts'
import type { Holding } from './state.ts'
import { isByTime, isCheckedIn, isEntitled, stateOf } from './state.ts'
import type { TimeJudgement } from './trusted-time.ts'

/*
 * An entitled standard license may seem to lose its features because of a clock that only a check-in can confirm: at a
 * start, or when the wall clock has jumped ahead of trusted time. Its last state is then held until the check-in has ended;
 * at a start, for no longer than what is left of the lease's interval.
 */

/** How far the wall clock must outrun uptime to count as a jump, ms. */
const JUMP = 5_000

/** What has been observed so far that a doubt depends on. */
export interface Doubt {
  /** What this process may use of the interval of the lease it started with. */
  readonly atStart: Hold | null
  /** The last reading at which the license was entitled beyond doubt; without one, no jump can be seen. */
  readonly sound: ClockReading | null
  /** Uptime (ms) at which the current jump was first seen. */
  readonly heldSince: number | null
  /** The check-in that the current doubt called for has ended. */
  readonly ended: boolean
}

export interface Circumstances {
  holding: Holding
  instanceId: string
  /** The state by effective time. */
  computed: LicenseState
  time: TimeJudgement
  reading: ClockReading
  /** Trusted time alone decides, so no clock is in doubt. */
  anchored: boolean
  lastState: LicenseState | null
}

export function beginDoubt(atStart: Hold | null): Doubt {
  return { atStart, sound: null, heldSince: null, ended: false }
}

/** The check-in was answered or failed: nothing is held any longer. */
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
  // One check-in per doubt, however often another process records the state meanwhile.
  if (lastState === null || !isEntitled(lastState)) return { doubt, inDoubt: false }
  if (doubt.atStart?.jti === claims.jti && reading.uptime < doubt.atStart.until) return { doubt, inDoubt: true }
  // Trusted time bounds what a jump can gain: setting clocks ahead and back is no better than leaving them alone.
  if (trusted === null || !isEntitled(stateOf(holding, instanceId, trusted)) || !hasJumped(doubt.sound, reading)) {
    return { doubt, inDoubt: false }
  }
  const heldSince = doubt.heldSince ?? reading.uptime
  return { doubt: { ...doubt, heldSince }, inDoubt: !doubt.ended && reading.uptime - heldSince < LONGEST_HOLD }
}

function hasJumped(sound: ClockReading | null, { wall, uptime }: ClockReading): boolean {
  return sound !== null && wall - sound.wall > uptime - sound.uptime + JUMP
}
