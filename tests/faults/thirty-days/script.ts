import type { RefusalCode } from '../../../server/license-server/protocol.ts'
import { REFUSAL_CODES } from '../../../server/license-server/protocol.ts'
import type { NetworkErrorCode } from '../../../shared/errors.ts'
import { refused } from '../../support/simulated-vendor.ts'
import type { Dice } from '../hostile/dice.ts'

/** What becomes of one call. Milliseconds. */
export type Trouble =
  | { kind: 'none' }
  | { kind: 'fails', code: NetworkErrorCode, answered: boolean, retryAfterMs: number | null, refusal: RefusalCode | null }
  /** The server is silent until the client gives up, or answers late. */
  | { kind: 'hangs', ms: number }
  | { kind: 'slow', ms: number }
  /** The server did its work, but the answer did not arrive. */
  | { kind: 'lost' }
  /** The answer arrives, but is not one to this question. */
  | { kind: 'spoilt', how: (typeof SPOILT)[number] }

export const SPOILT = [
  'nonce', 'signer', 'typ', 'installation', 'license', 'method', 'unsigned verdict', 'number', 'older', 'claims', 'header', 'flip',
] as const

/** What happens to the installation at a moment, ms after the start. */
export type Happening =
  | { at: number, kind: 'network', weather: Weather }
  | { at: number, kind: 'restart', graceful: boolean, downFor: number }
  | { at: number, kind: 'reboot', offFor: number }
  | { at: number, kind: 'suspend', ms: number }
  | { at: number, kind: 'database', available: boolean }

/** What becomes of calls until the next change: always well, always the same trouble, or any at each call. */
export type Weather = { kind: 'fair' } | { kind: 'storm', troubles: readonly Trouble['kind'][], fairOnce: number }

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
export const DAYS = 30
const GRACE = 7 * DAY
const EVERY = 6 * HOUR

const UNANSWERED = ['NET_DNS', 'NET_CONNECT', 'NET_TIMEOUT', 'NET_TLS', 'NET_PROXY'] as const
const ANSWERED = [
  'NET_CAPTIVE_PORTAL', 'SERVER_ERROR', 'SERVER_RATE_LIMITED', 'SERVER_RESPONSE_INVALID', 'SERVER_NOT_A_LICENSE_SERVER', 'NET_PROXY',
] as const
const KINDS: readonly Trouble['kind'][] = ['fails', 'fails', 'fails', 'hangs', 'slow', 'lost', 'spoilt']

/** What becomes of one call, by chance, given the kinds of trouble there are. */
export function troubleOf(dice: Dice, kinds: readonly Trouble['kind'][]): Trouble {
  const kind = dice.pick(kinds)
  if (kind === 'hangs') return { kind, ms: 10 * SECOND }
  if (kind === 'slow') return { kind, ms: dice.int(1, 9999) }
  if (kind === 'spoilt') return { kind, how: dice.pick(SPOILT) }
  if (kind !== 'fails') return { kind }
  const answered = dice.chance(0.5)
  const retries = answered && dice.chance(0.3)
  const refusal = answered && dice.chance(0.3) ? dice.pick(REFUSAL_CODES) : null
  return {
    kind, answered, refusal, code: refusal === null ? dice.pick(answered ? ANSWERED : UNANSWERED) : refused(refusal).seen.code,
    retryAfterMs: retries ? dice.pick([0, 1000, 30 * MINUTE, 6 * HOUR, 30 * DAY, 1e15]) : null,
  }
}

/** How long an outage lasts: seldom forgets the moments around the end of grace. */
function outage(dice: Dice): number {
  return dice.pick([
    () => dice.int(MINUTE, 12 * HOUR), () => dice.int(12 * HOUR, 5 * DAY), () => GRACE + dice.int(-EVERY, EVERY + 2 * HOUR),
    () => GRACE + EVERY + dice.int(-HOUR, HOUR),
    () => dice.int(7 * DAY, 15 * DAY),
  ])()
}

function weathers(dice: Dice): Happening[] {
  const found: Happening[] = []
  for (let at = dice.int(0, 3 * DAY); at < DAYS * DAY;) {
    const troubles = dice.chance(0.4) ? [dice.pick(KINDS)] : KINDS
    // A network that lets a call through now and then is an outage of many short ones.
    const fairOnce = dice.chance(0.15) ? dice.pick([0.02, 0.2, 0.5]) : 0
    // A slow answer is a good one: it has no place in an outage that lets nothing through.
    const kinds = fairOnce === 0 ? [...troubles.filter(each => each !== 'slow'), 'hangs' as const] : troubles
    found.push({ at, kind: 'network', weather: { kind: 'storm', troubles: kinds, fairOnce } })
    at += outage(dice)
    found.push({ at, kind: 'network', weather: { kind: 'fair' } })
    at += dice.pick([() => dice.int(SECOND, HOUR), () => dice.int(HOUR, 12 * HOUR), () => dice.int(DAY, 6 * DAY)])()
  }
  return found
}

/** What happens within thirty days, by chance, in order. */
export function scriptOf(dice: Dice): Happening[] {
  const some = (most: number, make: (at: number) => Happening[]) =>
    Array.from({ length: dice.int(0, most) }, () => make(dice.int(0, DAYS * DAY))).flat()
  return [
    ...weathers(dice),
    ...some(12, at => [{ at, kind: 'restart', graceful: dice.chance(0.5), downFor: dice.pick([0, 5 * SECOND, dice.int(0, 2 * HOUR)]) }]),
    ...some(3, at => [{ at, kind: 'reboot', offFor: dice.pick([dice.int(MINUTE, HOUR), dice.int(HOUR, 3 * DAY), dice.int(DAY, 9 * DAY)]) }]),
    ...some(4, at => [{ at, kind: 'suspend', ms: dice.int(MINUTE, dice.pick([HOUR, DAY, 8 * DAY])) }]),
    ...some(3, (at) => {
      const until = at + dice.pick([dice.int(SECOND, HOUR), dice.int(HOUR, 2 * DAY), dice.int(DAY, 9 * DAY)])
      return [{ at, kind: 'database', available: false }, { at: until, kind: 'database', available: true }]
    }),
  ].sort((a, b) => a.at - b.at)
}
