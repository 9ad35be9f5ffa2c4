import { nextAfterLease, retryOf } from '../../server/license/check-in-policy.ts'
import type { CheckedInLease } from '../../server/license/claims.ts'
import { standardClaims } from '../support/claims.ts'
import { createSeededRandom } from '../support/random.ts'
import type { Figure } from './figure.ts'

/* B9: what a hundred thousand installations ask of the license server. When each asks is the product's own decision; ms. */

const FLEET = 100_000
const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const BIN = 5 * MINUTE
/** A Monday. */
const BEGINNING = Date.UTC(2026, 2, 2)
/** When the last installation is activated, when it is watched from, and when the license server goes away after a week of that. */
const ACTIVATED = 14 * DAY
const WATCHED = 28 * DAY
const GONE = WATCHED + 7 * DAY
const BACK = GONE + DAY
const END = BACK + 3 * HOUR

/** Lets every installation live on its own, and counts the calls that the license server gets. */
export async function measureFleet(): Promise<Figure[]> {
  const calls = new Uint32Array(Math.ceil(END / BIN))
  const { unit } = createSeededRandom(9)
  const count = (at: number) => { calls[Math.floor(at / BIN)] = (calls[Math.floor(at / BIN)] ?? 0) + 1 }
  let lastServed = 0
  for (let nth = 0; nth < FLEET; nth++) lastServed = Math.max(lastServed, live(unit, count))
  const steady = [...calls.slice(WATCHED / BIN, GONE / BIN)]
  const hour = [...calls.slice(BACK / BIN, (BACK + HOUR) / BIN)]
  const peakToMean = (what: string, bins: number[], most: number): Figure => ({
    id: 'B9', what: `${what}: most calls in five minutes, beside the mean`, ours: Math.max(...bins), reference: meanOf(bins), unit: 'calls', budget: { most },
  })
  return [
    peakToMean('a week of 100,000 installations', steady, 1.3),
    peakToMean('the hour after a day without the license server', hour, 2.5),
    {
      id: 'B9', what: 'until every one of them is served again (reference: the budget)', ours: (lastServed - BACK) / MINUTE, reference: 120, unit: 'min',
      budget: { most: 1 },
    },
  ]
}

/** One installation from its activation to the end; answers when it is served for the first time after the outage. */
function live(unit: () => number, call: (at: number) => void): number {
  const claims = standardClaims({ exp: Math.floor((BEGINNING + ACTIVATED + 366 * DAY * unit()) / SECOND) })
  let [now, failures] = [inWorkingHours(unit), 0]
  swap(claims, now)
  for (;;) {
    now = nextCall(claims, now, failures, unit())
    if (now >= END) throw new Error('an installation was never served again')
    call(now)
    if (now >= GONE && now < BACK) failures++
    else if (now >= BACK) return now
    else {
      failures = 0
      swap(claims, now)
    }
  }
}

/** The answer is a lease of this moment; a subscription whose term is over has been renewed. */
function swap(claims: CheckedInLease, now: number): void {
  claims.iat = Math.floor((BEGINNING + now) / SECOND)
  if (claims.exp <= claims.iat) claims.exp += 366 * 86_400
}

function nextCall(claims: CheckedInLease, now: number, failures: number, unit: number): number {
  const at = BEGINNING + now
  const next = failures === 0
    ? nextAfterLease(claims, at, unit)
    : retryOf({ method: 'standard', consecutiveFailures: failures - 1 }, { kind: 'lease', lease: { jws: '', claims }, verdict: null }, {
        now: at, promised: null, sinceStart: null, retryAfterMs: null, unit,
      })
  if (next === null) throw new Error('a standard license is never checked in')
  return next - BEGINNING
}

/** People activate on working days, from nine to five. */
function inWorkingHours(unit: () => number): number {
  const day = Math.floor(unit() * ACTIVATED / DAY)
  const isWeekend = day % 7 > 4
  return (isWeekend ? day - 2 : day) * DAY + 9 * HOUR + unit() * 8 * HOUR
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
