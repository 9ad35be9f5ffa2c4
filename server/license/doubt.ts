import type { LicenseState } from '../../shared/contracts.ts'
import type { Hold } from './held-state.ts'
import { LONGEST_HOLD } from './held-state.ts'
import type { ClockReading } from './ports.ts'
import type { Holding } from './state.ts'
import { isByTime, isCheckedIn, isEntitled, stateOf } from './state.ts'
import type { TimeJudgement } from './trusted-time.ts'

/** How much further than the uptime the wall clock must have gone to have jumped, ms. */
const JUMP = 5_000

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

export interface Doubt {
  /**
   * Whether an entitled license that checks in would lose its features by a clock that only a check-in can confirm: at a start,
   * for what is left of the lease's interval, and when the wall clock jumps ahead of trusted time under a running process.
   */
  judge(circumstances: Circumstances): boolean
  /** A check-in has answered or failed: nothing is held any longer. */
  settle(): void
}

/** `hold`: what this process may use of the interval of the lease it found at its start. */
export function createDoubt(hold: Hold | null): Doubt {
  let atStart = hold
  /** The last reading by which the license was entitled beyond doubt; a process that has none has seen no jump. */
  let sound: ClockReading | null = null
  let heldSince: number | null = null
  let settled = false

  function hasJumped({ wall, uptime }: ClockReading): boolean {
    return sound !== null && wall - sound.wall > uptime - sound.uptime + JUMP
  }

  return {
    judge({ holding, instanceId, computed, time: { trusted }, reading, anchored, lastState }) {
      const claims = holding.kind === 'lease' ? holding.lease.claims : null
      if (!claims || !isCheckedIn(claims) || anchored || !isByTime(computed)) {
        sound = isEntitled(computed) ? reading : null
        heldSince = null
        settled = false
        return false
      }
      // One check-in per doubt, however often another process tells the state in between.
      if (lastState === null || !isEntitled(lastState)) return false
      if (atStart?.jti === claims.jti && reading.uptime < atStart.until) return true
      // Trusted time bounds what comes of a jump: clocks set ahead and back in turns gain nothing over leaving them alone.
      if (trusted === null || !isEntitled(stateOf(holding, instanceId, trusted)) || !hasJumped(reading)) return false
      heldSince ??= reading.uptime
      return !settled && reading.uptime - heldSince < LONGEST_HOLD
    },
    settle() {
      atStart = null
      settled = true
    },
  }
}
