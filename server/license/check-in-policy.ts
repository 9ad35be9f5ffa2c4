import type { CheckedInLease, LeaseClaims } from './claims.ts'
import { METHOD_RULES } from '../../shared/method-rules.ts'
import type { Holding } from './state.ts'
import { checkInDueAt, expiryOf, isCheckedIn, pausesAt } from './state.ts'
import type { StoredLicense } from './stored-records.ts'

/* When to check in next, and how long to wait after a failure. Milliseconds; `unit` is a random number in [0, 1). */

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** Also checked in around the end of the term, so that a renewal is picked up without anyone's help. */
const BEFORE_EXPIRY = [72 * HOUR, HOUR, 0]
const EARLY = 0.1
/** The longest wait after a verdict. */
const AFTER_VERDICT = 6 * HOUR
const START_RETRIES = [2 * SECOND, 5 * SECOND, 15 * SECOND]
const FIRST_BACKOFF = MINUTE
const MAX_BACKOFF = HOUR
const MAX_BACKOFF_PAUSED = 15 * MINUTE
/** The longest `Retry-After` that is honoured. */
export const MAX_RETRY_AFTER = 6 * HOUR
const LAST_CHANCE = 10 * MINUTE
const SHORTEST = SECOND

/** When a lease just received is to be checked in: up to 10 % early, and around the end of the term. Null if it never is. */
export function nextAfterLease(claims: LeaseClaims, now: number, unit: number): number | null {
  if (!isCheckedIn(claims)) return null
  const every = claims.check_in.every * SECOND
  const regular = checkInDueAt(claims) - every * EARLY * unit
  const expiry = BEFORE_EXPIRY.map(before => expiryOf(claims) - before).filter(at => at > now)
  return Math.min(...expiry, Math.max(regular, now + SHORTEST / 2))
}

/**
 * When to ask again about a verdict just received on the lease that is held: after six hours, or after its `every` if that is
 * shorter. Counted from now and not from its date: that would make a loop where our time is ahead of the vendor's, and put off the
 * next question by days where it is behind by days.
 */
export function nextAfterVerdict(held: LeaseClaims | null, now: number): number {
  const every = held && isCheckedIn(held) ? held.check_in.every * SECOND : Infinity
  return now + Math.min(AFTER_VERDICT, every)
}

export interface FailedAttempt {
  now: number
  /** When the next try is due, if this one is not that but what somebody asked for; else null. */
  promised: number | null
  /** Interval between check-ins, and the moment features pause; Infinity where the lease has none. */
  every: number
  pausesAt: number
  /** The end of the term; Infinity where there is no lease. */
  expiresAt: number
  /** Failures in a row, this one included. */
  failures: number
  /** How many of them since this process started; null once it has had a success. */
  sinceStart: number | null
  retryAfterMs: number | null
  unit: number
}

/** When to try again after a failure. */
export function nextAfterFailure(attempt: FailedAttempt): number {
  const { now, promised, pausesAt, expiresAt, retryAfterMs, unit } = attempt
  const later = now + delayAfterFailure(attempt)
  // Whoever asks early puts nothing off.
  const own = promised !== null && promised > now && retryAfterMs === null ? Math.min(promised, later) : later
  // Nor does a failure put off the attempt at the end of the term, which may find that it has been renewed.
  const at = now < expiresAt ? Math.min(own, expiresAt) : own
  const lastChance = pausesAt - LAST_CHANCE
  // Grace must not run out during a wait: one attempt always falls within its last ten minutes.
  return now < lastChance && at >= pausesAt ? lastChance + unit * (LAST_CHANCE / 2) : at
}

/** When to try again after this license failed to check in; null if it makes no check-ins. */
export function retryOf(
  license: Pick<StoredLicense, 'method' | 'consecutiveFailures'>, holding: Holding,
  attempt: Pick<FailedAttempt, 'now' | 'promised' | 'sinceStart' | 'retryAfterMs' | 'unit'>,
): number | null {
  if (!METHOD_RULES[license.method].checksIn) return null
  const claims = holding.kind === 'lease' ? holding.lease.claims : null
  return nextAfterFailure({
    ...attempt,
    every: claims && isCheckedIn(claims) ? claims.check_in.every * SECOND : Infinity,
    pausesAt: claims ? pausesAt(claims) : Infinity,
    expiresAt: claims ? expiryOf(claims) : Infinity,
    failures: license.consecutiveFailures + 1,
  })
}

function delayAfterFailure({ now, every, pausesAt, failures, sinceStart, retryAfterMs, unit }: FailedAttempt): number {
  const early = sinceStart === null ? undefined : START_RETRIES[sinceStart - 1]
  const nth = sinceStart === null ? failures : sinceStart - START_RETRIES.length
  const wait = early ?? backOff(nth, unit, now >= pausesAt ? MAX_BACKOFF_PAUSED : MAX_BACKOFF)
  // It makes no sense to wait longer than until the next regular check-in.
  const own = Math.min(wait, Math.max(every, SHORTEST))
  return retryAfterMs === null ? own : Math.max(own, Math.min(retryAfterMs, MAX_RETRY_AFTER))
}

/** How long to wait after the `nth` failure in a row (from 1): a minute, doubling each time up to `longest`, with jitter. */
export function backOff(nth: number, unit: number, longest = MAX_BACKOFF): number {
  return jittered(Math.min(longest, FIRST_BACKOFF * 2 ** Math.min(nth - 1, 30)), unit)
}

/** Like `backOff`, but quick to retry the first few times: what fails at a start usually works moments later. */
export function backOffAtStart(nth: number, unit: number): number {
  const early = START_RETRIES[nth - 1]
  return early === undefined ? backOff(nth - START_RETRIES.length, unit) : jittered(early, unit)
}

/** Equal jitter: half of the wait is fixed, half is random. */
function jittered(wait: number, unit: number): number {
  return wait / 2 + unit * (wait / 2)
}

/**
 * When the first attempt after a start is due. The stored time stands, but a lease that is already overdue is checked in
 * at once, and so is one whose stored time lies further ahead than any schedule would put it (the clock was wrong when it
 * was written).
 */
export function nextAtStart(claims: CheckedInLease, stored: number | null, hasVerdict: boolean, now: number): number {
  const farthest = now + Math.max(claims.check_in.every * SECOND, MAX_RETRY_AFTER)
  if (stored === null || stored > farthest) return now
  const due = hasVerdict ? Infinity : Math.min(checkInDueAt(claims), expiryOf(claims))
  return now >= due ? now : Math.max(stored, now)
}

const RENEWAL_WINDOW = 30 * 24 * HOUR
const RENEWAL_SPACING = 24 * HOUR

/** Whether a start should try to renew a license that does not check in: near or past its end, at most once a day. */
export function renewsAtStart(claims: LeaseClaims, lastAttemptAt: number | null, now: number): boolean {
  if (!METHOD_RULES[claims.method].renewsOnRequest || now < expiryOf(claims) - RENEWAL_WINDOW) return false
  // An attempt "in the future" was noted by a clock that has since been corrected.
  return lastAttemptAt === null || now - lastAttemptAt >= RENEWAL_SPACING || lastAttemptAt > now + RENEWAL_SPACING
}
