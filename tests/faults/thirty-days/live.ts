import { createSeededRandom } from '../../support/random.ts'
import { KEY, licenseAt } from '../../support/simulated-vendor.ts'
import type { World } from '../../support/world.ts'
import { ADMIN, createWorld } from '../../support/world.ts'
import { createDice } from '../hostile/dice.ts'
import type { Network } from './network.ts'
import { createNetwork } from './network.ts'
import type { Happening } from './script.ts'
import { DAY, DAYS, scriptOf } from './script.ts'

const SECOND = 1000
const HOUR = 3_600_000
/** Six hours and seven days, as the real license server signs them. */
const PAUSES_AFTER = 6 * HOUR + 7 * DAY
/** While a check-in is to tell whether the clock is right, the last state is held no longer than this. */
const HOLD = 12 * SECOND
const WHOLE_SECOND = 1000
/** The longest wait between two attempts is an hour; what one takes, and the rounding of these steps, comes on top. */
const NEXT_ATTEMPT = HOUR + 5 * 60 * SECOND

export interface Life {
  looks: number
  wrongfulPauses: string[]
  wrongfulEntitlements: string[]
  /** Not checked in, although it was due and the license server could be reached for long enough. */
  stuck: string[]
  states: Map<string, number>
  seen: Map<string, number>
}

/**
 * Simulates thirty days of outages from a seed, jumping from one event to the next. What must hold is computed only from the
 * times of the vendor's real answers, never from the product's own state.
 */
export async function liveThirtyDays(seed: number): Promise<Life> {
  const dice = createDice(seed)
  const world = await createWorld({ random: createSeededRandom(seed ^ 0x5eed) })
  const network = createNetwork(world, dice)
  world.vendor.licenses.set(KEY, licenseAt(world.clock, 'lic_thirty', {}))
  await world.service.save({ credential: KEY, actor: ADMIN })
  const life: Life = { looks: 0, wrongfulPauses: [], wrongfulEntitlements: [], stuck: [], states: new Map(), seen: network.seen }
  const installation = createInstallation(world, network, life)
  const start = world.clock.real()
  for (const happening of scriptOf(dice)) {
    await installation.runUntil(start + happening.at)
    await installation.undergo(happening)
  }
  await installation.runUntil(start + DAYS * DAY)
  await installation.undergo({ at: 0, kind: 'database', available: true })
  await installation.undergo({ at: 0, kind: 'network', weather: { kind: 'fair' } })
  await installation.runUntil(world.clock.real() + 8 * HOUR)
  if (world.service.moment().state !== 'active') life.stuck.push(installation.describe())
  return life
}

function createInstallation(world: World, network: Network, life: Life) {
  const { clock, store } = world
  const start = clock.real()
  /** Null while the process runs; else when it is to be started again. */
  let downUntil: number | null = null
  /** Since the process began, or the machine woke: before that it could ask nobody. */
  let awakeSince = start
  let fairSince = start

  const describe = () => {
    const { state, effective, inDoubt } = world.service.moment()
    const since = ((clock.real() - lastAnswer().signedAt) / HOUR).toFixed(3)
    return `day ${((clock.real() - start) / DAY).toFixed(4)}: ${state}, ${since} h after the last answer, effective ${effective - clock.real()} ms off, in doubt ${inDoubt}`
  }

  function lastAnswer() {
    const answer = network.answers.at(-1)
    if (!answer) throw new Error('the vendor never answered')
    return answer
  }

  function look(): void {
    const { state, entitled } = world.service.moment()
    const { signedAt, deliveredAt } = lastAnswer()
    const late = clock.real() - (signedAt + PAUSES_AFTER)
    life.looks++
    life.states.set(state, (life.states.get(state) ?? 0) + 1)
    if (!entitled && late < 0) life.wrongfulPauses.push(describe())
    // Trusted time starts from the moment of signing, and so lags by the time the answer took. After a start or
    // a sleep, and when the border is passed in a process that nobody has answered yet, a check-in is asked first.
    const held = Math.min(late, clock.real() - awakeSince) <= HOLD + WHOLE_SECOND + (deliveredAt - signedAt)
    if (entitled && late >= 0 && !held) life.wrongfulEntitlements.push(describe())
  }

  function lookForDelay(): void {
    const calmSince = Math.max(fairSince, awakeSince, network.mayRestUntil, lastAnswer().signedAt + 6 * HOUR)
    if (network.weather.kind === 'fair' && clock.real() - calmSince > NEXT_ATTEMPT) life.stuck.push(describe())
  }

  async function bootIfPossible(): Promise<void> {
    // Without its database no process comes up.
    if (downUntil === null || clock.real() < downUntil || !store.available) return
    downUntil = null
    awakeSince = clock.real()
    await world.boot()
  }

  /** How long nothing can happen: until the product's own next moment, a border, or the end of a call. */
  function quietFor(wait: number, until: number): number {
    const now = clock.real()
    const moments = [until, network.nextEnd()]
    if (downUntil !== null) moments.push(Math.max(downUntil, now + 1))
    else if (wait < SECOND) moments.push(now + wait)
    else {
      const { effective, inDoubt } = world.service.moment()
      const nextAt = Date.parse(world.service.view('admin').checkIn?.nextAt ?? '')
      const pauses = lastAnswer().signedAt + PAUSES_AFTER
      const borders = [-SECOND, -1, 0, SECOND, HOLD + 2 * SECOND].map(off => pauses + off).filter(at => at > now)
      const asks = Number.isFinite(network.nextEnd()) ? Infinity : Math.max(SECOND, Math.ceil(nextAt - effective) + 1)
      moments.push(now + HOUR, ...borders, now + (inDoubt ? SECOND : asks))
    }
    return Math.max(1, Math.min(...moments) - now)
  }

  return {
    describe,
    async runUntil(until: number): Promise<void> {
      while (clock.real() < until) {
        await bootIfPossible()
        const wait = downUntil === null ? await world.tick() : Infinity
        if (downUntil === null) {
          look()
          lookForDelay()
        }
        const waitForDatabase = downUntil !== null && clock.real() >= downUntil
        clock.advance(waitForDatabase ? until - clock.real() : Math.min(until - clock.real(), quietFor(wait, until)))
        network.deliver()
      }
      await bootIfPossible()
    },
    async undergo(happening: Happening): Promise<void> {
      if (happening.kind === 'network') {
        network.weather = happening.weather
        fairSince = clock.real()
      }
      else if (happening.kind === 'database') store.available = happening.available
      else if (happening.kind === 'suspend') {
        clock.advance(happening.ms)
        awakeSince = clock.real()
      }
      else if (happening.kind === 'reboot') {
        network.cut()
        clock.reboot(happening.offFor)
        downUntil = clock.real()
      }
      else if (downUntil === null) {
        if (happening.graceful) await world.service.stop()
        network.cut()
        downUntil = clock.real() + happening.downFor
      }
      await bootIfPossible()
    },
  }
}
