import fc from 'fast-check'
import type { LicenseState } from '../../shared/contracts.ts'
import { createSeededRandom } from './random.ts'
import { failure, KEY, licenseAt } from './simulated-vendor.ts'
import type { World } from './world.ts'
import { ADMIN, createWorld } from './world.ts'

/** What can happen to an installation; durations in ms. */
export type Step =
  | { kind: 'pass', ms: number }
  | { kind: 'suspend', ms: number }
  | { kind: 'reboot', ms: number }
  | { kind: 'shift', ms: number }
  | { kind: 'outage' }
  | { kind: 'reachable' }
  | { kind: 'repair' }
  | { kind: 'restart', graceful: boolean }

export interface Periods { every: number, grace: number }

const SECOND = 1000
const DAY = 86_400 * SECOND

const timed = (kind: 'pass' | 'suspend' | 'reboot' | 'shift', min: number, max: number) =>
  fc.integer({ min, max }).map((ms): Step => ({ kind, ms }))

/** Arbitraries for the steps of a history. The periods, in seconds, scale the longest waits. */
export function stepsFor({ every, grace }: Periods) {
  return {
    pass: timed('pass', 1, (every + grace / 2) * SECOND),
    suspend: timed('suspend', 1, (every + grace) * 1.2 * SECOND),
    reboot: timed('reboot', 1, (every + grace) * 1.2 * SECOND),
    restart: fc.boolean().map((graceful): Step => ({ kind: 'restart', graceful })),
    network: fc.constantFrom<Step>({ kind: 'outage' }, { kind: 'reachable' }),
    setBack: timed('shift', -400 * DAY, -1),
    setAnyhow: fc.oneof(timed('shift', -400 * DAY, 400 * DAY), timed('shift', -every * SECOND, every * SECOND), fc.constant<Step>({ kind: 'repair' })),
  }
}

export function historyOf(...steps: fc.Arbitrary<Step>[]): fc.Arbitrary<{ steps: Step[], seed: number }> {
  return fc.record({ steps: fc.array(fc.oneof(...steps), { minLength: 3, maxLength: 14, size: 'max' }), seed: fc.nat() })
}

export interface Living {
  world: World
  /** Real time at which the current process started. */
  bootedAt: number
  /** Time the machine was off, and reboots, since the given real time. */
  offSince(real: number): { off: number, reboots: number }
  /** What the lease in force says, in real time, ms. */
  issuedAt(): number
  pausesAt(): number
}

export interface Watch {
  afterTick?(living: Living, state: LicenseState): void
  /** States just before and after a restart of the process, with no time in between. */
  onRestart?(living: Living, before: LicenseState, after: LicenseState): void
}

/** Plays a history through, starting with an activation; ticks happen when they would in reality. */
export async function live(history: { steps: Step[], seed: number }, periods: Periods, watch: Watch): Promise<Living> {
  const world = await createWorld({ random: createSeededRandom(history.seed) })
  world.vendor.licenses.set(KEY, licenseAt(world.clock, 'lic_history', periods))
  await world.service.save({ credential: KEY, actor: ADMIN })
  const reboots: { at: number, off: number }[] = []
  const living: Living = {
    world,
    bootedAt: world.clock.real(),
    offSince(real) {
      const since = reboots.filter(({ at }) => at >= real)
      return { off: since.reduce((sum, { off }) => sum + off, 0), reboots: since.length }
    },
    issuedAt: () => Date.parse(world.service.view('admin').issuedAt ?? ''),
    pausesAt: () => living.issuedAt() + (periods.every + periods.grace) * SECOND,
  }
  const look = () => watch.afterTick?.(living, world.service.moment().state)
  for (const step of history.steps) {
    await take(step, living, reboots, watch, look)
    await world.tick()
    look()
  }
  return living
}

async function take(step: Step, living: Living, reboots: { at: number, off: number }[], watch: Watch, look: () => void): Promise<void> {
  const { world } = living
  const { clock, vendor } = world
  if (step.kind === 'pass') await world.run(step.ms, look)
  else if (step.kind === 'suspend') clock.advance(step.ms)
  else if (step.kind === 'shift') clock.shiftWall(step.ms)
  else if (step.kind === 'repair') clock.repairWall()
  else if (step.kind === 'outage') vendor.failing = failure('NET_CONNECT')
  else if (step.kind === 'reachable') vendor.failing = null
  else if (step.kind === 'reboot') {
    reboots.push({ at: clock.real(), off: step.ms })
    clock.reboot(step.ms)
    await world.boot()
    living.bootedAt = clock.real()
  }
  else {
    const before = world.service.moment().state
    if (step.graceful) await world.service.stop()
    await world.boot()
    living.bootedAt = clock.real()
    watch.onRestart?.(living, before, world.service.moment().state)
  }
}
