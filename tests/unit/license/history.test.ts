import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { isEntitled } from '../../../server/license/state.ts'
import type { Living, Periods, Step } from '../../support/history.ts'
import { historyOf, live, stepsFor } from '../../support/history.ts'
import { verifySynchronously } from '../../support/signing.ts'

beforeEach(verifySynchronously)

/** Leases are signed to the whole second, so that trusted time lags by up to one. */
const WHOLE_SECOND = 1000
/** At a start the last state is held for the check-in that begins then. */
const START_HOLD = 12_000
/** Trusted time is on disk at least every minute: a reboot may lose so much of it. */
const STORED_EVERY = 60_000
const DRIFT = 500e-6

const short: Periods = { every: 20, grace: 60 }
const long: Periods = { every: 60, grace: 300 }
const RUNS = { numRuns: 120 }
/** Simulated time costs real time, however little. */
const PATIENCE = { timeout: 120_000 }

function isHeldForStart({ world, bootedAt }: Living): boolean {
  return world.clock.real() - bootedAt <= START_HOLD
}

describe('whatever happens to an installation whose clock is right', PATIENCE, () => {
  const { pass, suspend, reboot, restart, network } = stepsFor(short)
  const histories = historyOf(pass, pass, suspend, reboot, restart, network)

  it('features are never paused before grace has ended, and never on after it', async () => {
    const seen = new Set<string>()
    await fc.assert(fc.asyncProperty(histories, async (history) => {
      await live(history, short, {
        afterTick(living, state) {
          seen.add(state)
          const late = living.world.clock.real() - living.pausesAt()
          if (state === 'paused') expect(late).toBeGreaterThanOrEqual(0)
          if (isEntitled(state) && !isHeldForStart(living)) expect(late).toBeLessThan(WHOLE_SECOND)
        },
      })
    }), RUNS)
    expect([...seen].sort()).toEqual(['active', 'grace', 'paused'])
  })

  it('the state is the same after a restart as before it', async () => {
    let restarts = 0
    await fc.assert(fc.asyncProperty(historyOf(pass, restart, network), async (history) => {
      await live(history, short, {
        onRestart({ world, issuedAt }, before, after) {
          const age = world.clock.real() - issuedAt()
          const atBorder = [short.every, short.every + short.grace].some(border => Math.abs(age - border * 1000) <= WHOLE_SECOND)
          if (atBorder) return
          restarts++
          expect(after).toBe(before)
        },
      })
    }), RUNS)
    expect(restarts).toBeGreaterThan(100)
  })
})

/** A clock that is put right takes the license into its grace period, whose end comes before the check-in that was waited for. */
const AHEAD_INTO_GRACE: { steps: Step[], seed: number } = {
  steps: [
    { kind: 'shift', ms: -43_199 }, { kind: 'reboot', ms: 5_997 }, { kind: 'reboot', ms: 57_161 }, { kind: 'shift', ms: -16_842 },
    { kind: 'restart', graceful: false }, { kind: 'repair' }, { kind: 'pass', ms: 16_842 },
  ],
  seed: 208_832_710,
}

describe('while the license server answers', PATIENCE, () => {
  const { pass, suspend, reboot, restart, setAnyhow } = stepsFor(short)

  it('features are never paused, whatever the clock does', async () => {
    await fc.assert(fc.asyncProperty(historyOf(pass, suspend, reboot, restart, setAnyhow, setAnyhow), async (history) => {
      await live(history, short, { afterTick: (_, state) => expect(isEntitled(state)).toBe(true) })
    }), { ...RUNS, examples: [[AHEAD_INTO_GRACE]] })
  })

  it('a wrong clock does not outlive the next check-in of the process', async () => {
    await fc.assert(fc.asyncProperty(historyOf(pass, restart, setAnyhow), async (history) => {
      const { world } = await live(history, short, {})
      await world.run(3 * short.every * 1000)
      expect(Math.abs(world.service.moment().effective - world.clock.real())).toBeLessThanOrEqual(2 * WHOLE_SECOND)
    }), { numRuns: 50 })
  })
})

/** The end comes as the machine wakes up: with a clock that is one millisecond behind, right after that. */
const ENDS_AT_WAKING: { steps: Step[], seed: number } = {
  steps: [
    { kind: 'suspend', ms: 126_661 }, { kind: 'pass', ms: 162_984 }, { kind: 'shift', ms: -1 }, { kind: 'suspend', ms: 70_355 }, { kind: 'pass', ms: 1 },
  ],
  seed: 0,
}

describe('setting the clock back', PATIENCE, () => {
  const { pass, suspend, reboot, restart, network, setBack } = stepsFor(long)

  it('gains nothing but time during which the machine was off', async () => {
    await fc.assert(fc.asyncProperty(historyOf(pass, pass, suspend, reboot, restart, network, setBack, setBack), async (history) => {
      await live(history, long, {
        afterTick(living, state) {
          if (!isEntitled(state) || isHeldForStart(living)) return
          const real = living.world.clock.real()
          const { off, reboots } = living.offSince(living.issuedAt())
          const drift = (real - living.issuedAt()) * DRIFT
          expect(real - living.pausesAt()).toBeLessThan(WHOLE_SECOND + off + reboots * STORED_EVERY + drift)
        },
      })
    }), RUNS)
  })

  it('leaves features on no longer than in the same history without it', async () => {
    const outage: Step = { kind: 'outage' }
    const last: Step = { kind: 'pass', ms: 450_000 }
    /** When features were last seen on, and first seen off after that: while the machine is suspended nobody looks. */
    async function endOf(steps: Step[], seed: number): Promise<{ on: number, off: number }> {
      const end = { on: 0, off: 0 }
      const { world } = await live({ steps: [outage, ...steps, last], seed }, long, {
        afterTick: (living, state) => {
          const real = living.world.clock.real()
          if (isEntitled(state)) Object.assign(end, { on: real, off: 0 })
          else end.off ||= real
        },
      })
      expect(world.service.moment().entitled).toBe(false)
      return end
    }
    await fc.assert(fc.asyncProperty(historyOf(pass, suspend, restart, setBack), async ({ steps, seed }) => {
      const withIt = await endOf(steps, seed)
      const without = await endOf(steps.filter(({ kind }) => kind !== 'shift'), seed)
      expect(withIt.on).toBeLessThanOrEqual(without.off + START_HOLD + 2 * WHOLE_SECOND + (long.every + long.grace) * 1000 * DRIFT)
    }), { numRuns: 60, examples: [[ENDS_AT_WAKING]] })
  })
})
