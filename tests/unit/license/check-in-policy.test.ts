import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FailedAttempt } from '../../../server/license/check-in-policy.ts'
import {
  backOff, backOffAtStart, nextAfterFailure, nextAfterLease, nextAfterVerdict, nextAtStart, renewsAtStart, retryOf,
} from '../../../server/license/check-in-policy.ts'
import { airgappedClaims, DAY, HOUR, offlineClaims, standardClaims } from '../../support/claims.ts'
import { START } from '../../support/simulated-clock.ts'

const MINUTE = 60_000
const EVERY = 6 * HOUR
const standard = standardClaims()
const endingAt = (at: number) => standardClaims({ exp: at / 1000 })
const JITTER = [0, 0.25, 0.5, 0.999999]

describe('after a lease', () => {
  it.each([[0, START + EVERY], [0.5, START + 0.95 * EVERY], [0.999999, START + 0.9 * EVERY]])('the next check-in is up to 10 %% early: %d', (unit, at) => {
    expect(nextAfterLease(standard, START, unit)).toBeCloseTo(at, -2)
  })

  it.each([
    ['72 h before the end', START + 72 * HOUR + 3 * HOUR, START + 3 * HOUR], ['1 h before the end', START + 4 * HOUR, START + 3 * HOUR],
    ['at the end', START + HOUR, START + HOUR], ['at the end, 1 h before being now', START + 60 * MINUTE, START + 60 * MINUTE],
  ])('one falls %s of the term', (_, end, at) => {
    for (const unit of JITTER) expect(nextAfterLease(endingAt(end), START, unit)).toBe(at)
  })

  it('around the end the earliest of them all is the next', () => {
    expect(nextAfterLease(endingAt(START + 73 * HOUR), START, 0)).toBe(START + HOUR)
    expect(nextAfterLease(endingAt(START + 72 * HOUR), START, 0)).toBe(START + EVERY)
    expect(nextAfterLease(endingAt(START + 78 * HOUR + 1000), START, 0)).toBe(START + EVERY)
  })

  it('goes on every period after the end of the term', () => {
    expect(nextAfterLease(endingAt(START - DAY), START, 0)).toBe(START + EVERY)
  })

  it('is never in the past, also for a lease from it', () => {
    expect(nextAfterLease(standard, START + DAY, 0)).toBe(START + DAY + 500)
  })

  it.each([airgappedClaims(), offlineClaims()])('there is none for $method', (claims) => {
    expect(nextAfterLease(claims, START, 0.5)).toBeNull()
  })
})

describe('after a verdict', () => {
  it.each([
    ['checked in more often, sooner', standardClaims({ check_in: { every: 2, grace: 5 } }), 2000],
    ['checked in every 6 h, after 6 h', standard, EVERY],
    ['checked in less often, after 6 h', standardClaims({ check_in: { every: 7 * 86_400, grace: 5 } }), EVERY],
    ['that is not checked in, after 6 h', airgappedClaims(), EVERY],
    ['that is not there, after 6 h', null, EVERY],
  ])('the vendor is asked again about a lease %s', (_, held, wait) => {
    expect(nextAfterVerdict(held, START)).toBe(START + wait)
    expect(nextAfterVerdict(held, START + DAY)).toBe(START + DAY + wait)
  })
})

describe('after a failure', () => {
  const attempt: FailedAttempt = {
    now: START, promised: null, every: EVERY, pausesAt: START + 7 * DAY, expiresAt: Infinity, failures: 1, sinceStart: null, retryAfterMs: null, unit: 0,
  }
  const wait = (changes: Partial<FailedAttempt>) => nextAfterFailure({ ...attempt, ...changes }) - (changes.now ?? START)

  it.each([[1, 2000], [2, 5000], [3, 15_000]])('F36: number %i at a start the next try is quick', (sinceStart, expected) => {
    for (const unit of JITTER) expect(wait({ sinceStart, failures: 40, unit })).toBe(expected)
  })

  it('F36: number 4 at a start the exponential waits begin', () => {
    expect(wait({ sinceStart: 4, failures: 40 })).toBe(30_000)
    expect(wait({ sinceStart: 5, failures: 40 })).toBe(60_000)
  })

  it.each([[1, 1], [2, 2], [3, 4], [6, 32], [7, 60], [8, 60], [5000, 60]])('F36: number %i in a row the wait is half fixed, half random, of %i minutes', (failures, minutes) => {
    expect(wait({ failures, unit: 0 })).toBe(minutes * MINUTE / 2)
    expect(wait({ failures, unit: 0.5 })).toBe(minutes * MINUTE * 0.75)
    expect(wait({ failures, unit: 0.999999 })).toBeCloseTo(minutes * MINUTE, -2)
  })

  it('F36: once paused the wait is at most 15 minutes', () => {
    const now = attempt.pausesAt
    expect(wait({ now, failures: 100, unit: 0.999999 })).toBeCloseTo(15 * MINUTE, -2)
    expect(wait({ now, failures: 100, unit: 0 })).toBe(7.5 * MINUTE)
    expect(wait({ now: now - 1, failures: 100, unit: 0 })).toBe(30 * MINUTE)
  })

  it.each([
    ['longer than our own wait', 10 * MINUTE, 10 * MINUTE], ['shorter than our own wait', 1000, MINUTE / 2], ['of 6 h', EVERY, EVERY],
    ['of more than 6 h, cut to them', 2 * DAY, EVERY], ['of nothing', 0, MINUTE / 2],
  ])('F36: a Retry-After %s', (_, retryAfterMs, expected) => {
    expect(wait({ retryAfterMs })).toBe(expected)
  })

  it('whoever asks before the next try is due does not put it off, unless the license server asks for a pause', () => {
    const late = { failures: 9, unit: 0.5 }
    expect(wait({ ...late, promised: START + 5 * MINUTE })).toBe(5 * MINUTE)
    expect(wait({ ...late, promised: START + 2 * HOUR })).toBe(45 * MINUTE)
    expect(wait({ ...late, promised: START })).toBe(45 * MINUTE)
    expect(wait({ ...late, promised: START - MINUTE })).toBe(45 * MINUTE)
    expect(wait({ ...late, promised: START + 5 * MINUTE, retryAfterMs: HOUR })).toBe(HOUR)
  })

  it('F36: a Retry-After counts at a start, too', () => {
    expect(wait({ sinceStart: 1, retryAfterMs: 5 * MINUTE })).toBe(5 * MINUTE)
  })

  it('F36: no wait is longer than the distance between check-ins, or shorter than a second for its sake', () => {
    expect(wait({ failures: 9, every: 2000 })).toBe(2000)
    expect(wait({ failures: 9, every: 10 })).toBe(1000)
    expect(wait({ failures: 9, every: Infinity })).toBe(30 * MINUTE)
  })

  it.each([
    ['our own wait', {}], ['a Retry-After', { retryAfterMs: EVERY }], ['a later promise', { promised: START + EVERY }],
  ])('the attempt at the end of the term is not put off by %s', (_, changes) => {
    const late = { failures: 9, unit: 0, ...changes }
    expect(wait({ ...late, expiresAt: START + 10 * MINUTE })).toBe(10 * MINUTE)
    expect(wait({ ...late, expiresAt: START + 1 })).toBe(1)
    for (const past of [START, START - DAY]) expect(wait({ ...late, expiresAt: past })).toBe(wait(late))
    expect(wait({ ...late, expiresAt: START + 2 * EVERY })).toBe(wait(late))
  })

  it('a failure an hour before the end of the term puts off nothing that could find a renewal', () => {
    const failing = (at: number) => retryOf(
      { method: 'standard', consecutiveFailures: 0 }, { kind: 'lease', lease: { jws: '', claims: endingAt(START + HOUR) }, verdict: null },
      { now: at, promised: null, sinceStart: null, retryAfterMs: EVERY, unit: 0.5 },
    )
    expect(failing(START)).toBe(START + HOUR)
    expect(failing(START + HOUR)).toBe(START + HOUR + EVERY)
  })

  it('grace never ends on a wait: one attempt falls into its last 10 minutes', () => {
    const now = attempt.pausesAt - 20 * MINUTE
    expect(wait({ now, failures: 9, unit: 0 })).toBe(10 * MINUTE)
    expect(wait({ now, failures: 9, unit: 0.5 })).toBe(12.5 * MINUTE)
    expect(wait({ now, retryAfterMs: EVERY, unit: 0 })).toBe(10 * MINUTE)
    expect(wait({ now, failures: 1, unit: 0 })).toBe(MINUTE / 2)
  })

  it('within those 10 minutes the ordinary wait holds', () => {
    expect(wait({ now: attempt.pausesAt - 10 * MINUTE, failures: 9 })).toBe(30 * MINUTE)
    expect(wait({ now: attempt.pausesAt - 10 * MINUTE - 1, failures: 9, unit: 0 })).toBe(1)
  })

  it('a wait that ends exactly with grace is cut, one that ends before is not', () => {
    const now = attempt.pausesAt - 30 * MINUTE
    expect(wait({ now, failures: 9, unit: 0 })).toBe(20 * MINUTE)
    expect(wait({ now: now - 1, failures: 9, unit: 0 })).toBe(30 * MINUTE)
  })

  it('one attempt always falls into the last 10 minutes of grace, whatever fails and how', () => {
    const unit = fc.double({ min: 0, max: 0.999999, noNaN: true })
    const failed = fc.record({ unit, retry: fc.option(fc.integer({ min: 0, max: DAY })) })
    const failures = fc.array(failed, { minLength: 500, maxLength: 500 })
    fc.assert(fc.property(failures, (outage) => {
      let now = START + EVERY
      const attempts: number[] = []
      for (const [index, { unit, retry }] of outage.entries()) {
        attempts.push(now)
        if (now >= attempt.pausesAt) break
        now = nextAfterFailure({ ...attempt, now, unit, retryAfterMs: retry, failures: index + 1 })
      }
      expect(attempts.some(at => at >= attempt.pausesAt - 10 * MINUTE && at < attempt.pausesAt)).toBe(true)
    }), { numRuns: 50 })
  })
})

describe('at a start', () => {
  const due = START + EVERY
  it.each([
    ['the stored time stands', START + HOUR, false, START, START + HOUR], ['a stored time that has passed is now', START + 1, false, START + HOUR, START + HOUR],
    ['a lease over its due time is checked in at once', due + HOUR, false, due, due], ['none is stored: at once', null, false, START, START],
    ['just before the due time the stored one stands', due + HOUR, false, due - 1, due + HOUR],
    ['a stored time further ahead than any schedule puts it: at once', START + EVERY + 1, false, START, START],
    ['a stored time as far ahead as can be stands', START + EVERY, false, START, START + EVERY],
    ['after a verdict the stored time stands, due or not', due + 2 * HOUR, true, due + HOUR, due + 2 * HOUR],
    ['after a verdict, too, one too far ahead is not believed', due + 30 * DAY, true, due, due],
  ])('%s', (_, stored, hasVerdict, now, expected) => {
    expect(nextAtStart(standard, stored, hasVerdict, now)).toBe(expected)
  })

  it('a term that has ended is asked about at once', () => {
    expect(nextAtStart(endingAt(START + HOUR), START + 2 * HOUR, false, START + HOUR)).toBe(START + HOUR)
    expect(nextAtStart(endingAt(START + HOUR), START + 2 * HOUR, false, START + HOUR - 1)).toBe(START + 2 * HOUR)
  })

  it('a long period makes a stored time far ahead believable', () => {
    const monthly = standardClaims({ check_in: { every: 30 * 86_400, grace: 5 } })
    expect(nextAtStart(monthly, START + 29 * DAY, false, START)).toBe(START + 29 * DAY)
  })
})

describe('an airgapped license renews at a start', () => {
  const claims = airgappedClaims()
  const end = claims.exp * 1000
  it.each([
    ['not more than 30 days before its end', claims, null, end - 30 * DAY - 1, false], ['from 30 days before its end', claims, null, end - 30 * DAY, true],
    ['after its end', claims, null, end + 365 * DAY, true], ['not twice within a day', claims, end - DAY + 1, end, false],
    ['again after a day', claims, end - DAY, end, true], ['not twice when the clock went back a little', claims, end + DAY, end, false],
    ['when the last attempt was noted by a clock far ahead', claims, end + DAY + 1, end, true],
    ['never an offline license', offlineClaims(), null, end, false], ['never a standard license', standard, null, end, false],
  ] as const)('%s', (_, held, last, now, expected) => {
    expect(renewsAtStart(held, last, now)).toBe(expected)
  })
})

describe('a back-off', () => {
  const SECONDS = 1000
  it.each([[1, 60], [2, 120], [3, 240], [6, 1920], [7, 3600], [8, 3600], [500, 3600]])('after failure %i in a row is %i s, half of it by chance', (nth, seconds) => {
    expect([backOff(nth, 0), backOff(nth, 0.5), backOff(nth, 1)]).toEqual([seconds / 2, seconds * 0.75, seconds].map(each => each * SECONDS))
  })

  it('is never longer than it may be', () => {
    expect(backOff(9, 1, 15 * 60 * SECONDS)).toBe(15 * 60 * SECONDS)
  })

  it.each([[1, 2], [2, 5], [3, 15], [4, 60], [5, 120], [9, 1920], [10, 3600], [11, 3600]])('of a start after failure %i is %i s, half of it by chance', (nth, seconds) => {
    expect([backOffAtStart(nth, 0), backOffAtStart(nth, 1)]).toEqual([seconds / 2, seconds].map(each => each * SECONDS))
  })
})
