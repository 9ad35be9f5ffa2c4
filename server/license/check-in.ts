import { ERRORS } from '../../shared/errors.ts'
import { METHOD_RULES } from '../../shared/method-rules.ts'
import type { VerdictClaims } from './claims.ts'
import { requireAnswerTo, isInSequence, seqMarkOf } from './verify-answer.ts'
import type { Asked } from './verify-answer.ts'
import { LicenseError } from './errors.ts'
import { eventOf } from './events.ts'
import type { Keyring } from './jws.ts'
import type { LicenseHolder } from './license-holder.ts'
import type { Actor, CallFailure, LicenseServer, LicenseStore, Random, SignedStatement, StoredLicense, Written } from './ports.ts'
import { nextAfterFailure, nextAfterLease, nextAfterVerdict } from './check-in-policy.ts'
import { isCheckedIn, pausesAt } from './state.ts'
import type { Lease, Verdict } from './token.ts'
import { verifyServerLease, verifyVerdict } from './token.ts'

export type CheckInResult =
  | { kind: 'fresh' }
  | { kind: 'verdict', claims: VerdictClaims }
  /** The license was replaced or removed while the server was asked; its late answer changes nothing. */
  | { kind: 'dropped' }
  | { kind: 'failed', failure: CallFailure }

export interface CheckIn {
  /** Takes who asks; checks in (standard) or renews (airgapped) once. `quiet`: a failure without an answer leaves no trace. */
  attempt(actor: Actor, options?: { quiet?: boolean, signal?: AbortSignal }): Promise<CheckInResult>
}

export interface CheckInOptions {
  holder: LicenseHolder
  store: LicenseStore
  server: LicenseServer
  keyring: Keyring
  random: Random
  observe?: (result: CheckInResult['kind'], seconds: number) => void
}

type Answer = { lease: Lease } | { verdict: Verdict }

/** Takes the domain's ports; returns the one way in which a stored license talks to the license server. */
export function createCheckIn({ holder, store, server, keyring, random, observe }: CheckInOptions): CheckIn {
  let failuresSinceStart: number | null = 0

  async function ask(license: StoredLicense, secret: string, signal?: AbortSignal): Promise<Answer | CallFailure> {
    const nonce = random.hex(16)
    const held = holder.holding.kind === 'none' ? null : holder.holding.lease
    const request = { lease: held?.jws ?? license.lease, secret, nonce, kids: keyring.kids }
    const call = METHOD_RULES[license.method].checksIn
      ? server.checkIn({ ...request, seatsUsed: holder.snapshot.seatsUsed })
      : server.renew(request)
    const outcome = await call.send(signal)
    if (!outcome.ok) return outcome
    const asked = { nonce, instanceId: holder.instanceId, sub: held?.claims.sub ?? null, method: license.method }
    return await readAnswer(outcome.value, asked)
  }

  async function readAnswer({ kind, jws }: SignedStatement, asked: Asked): Promise<Answer | CallFailure> {
    try {
      const answer: Answer = kind === 'lease'
        ? { lease: await verifyServerLease(jws, keyring) }
        : { verdict: await verifyVerdict(jws, keyring) }
      const statement = 'lease' in answer ? answer.lease : answer.verdict
      requireAnswerTo(asked, statement)
      const held = holder.holding.kind === 'lease' ? holder.holding.verdict ?? holder.holding.lease : null
      if (!await isInSequence(store, statement, held && seqMarkOf(held))) throw new LicenseError('SERVER_RESPONSE_INVALID')
      return answer
    }
    catch (cause) {
      if (!(cause instanceof LicenseError)) throw cause
      return { ok: false, code: 'SERVER_RESPONSE_INVALID', refusal: null, answered: true, retryAfterMs: null, cause }
    }
  }

  /** While storage is away the license goes on from memory, unless it was replaced or removed while the server was asked. */
  async function writeOver(license: StoredLicense, write: Promise<Written>): Promise<Written | 'unavailable'> {
    const written = await orUnavailable(write)
    return written === 'unavailable' && holder.snapshot.license?.jti !== license.jti ? 'stale' : written
  }

  async function acceptLease(license: StoredLicense, lease: Lease, actor: Actor): Promise<CheckInResult> {
    const trusted = holder.trustedAfter(lease)
    const before = holder.holding.kind === 'lease' ? holder.holding : null
    const next = nextAfterLease(lease.claims, trusted.at, random.unit())
    const fresh: StoredLicense = {
      ...license, lease: lease.jws, jti: lease.claims.jti, verdict: null, lastSuccessAt: trusted.at,
      lastAttemptAt: trusted.at, nextAt: next, consecutiveFailures: 0, failingSince: null, lastError: null,
    }
    const renewedFrom = before && before.lease.claims.exp !== lease.claims.exp ? before.lease.claims.exp : null
    const event = renewedFrom === null
      ? eventOf('check_in_succeeded', trusted.at, actor)
      : eventOf('renewed', trusted.at, actor, {
          from: new Date(renewedFrom * 1000).toISOString(), to: new Date(lease.claims.exp * 1000).toISOString(),
        })
    const visible = before === null || before.verdict !== null || termsOf(before.lease) !== termsOf(lease)
    const outcome = { at: trusted.at, nextAt: next, event }
    const written = await writeOver(license, store.replaceLease({
      sentJti: license.jti, lease: lease.jws, seq: seqMarkOf(lease), trusted, outcome, visible,
    }))
    if (written === 'stale') return { kind: 'dropped' }
    holder.adopt(lease, trusted, fresh, written === 'written')
    failuresSinceStart = null
    return { kind: 'fresh' }
  }

  async function acceptVerdict(license: StoredLicense, verdict: Verdict, actor: Actor): Promise<CheckInResult> {
    const now = holder.now().effective
    const next = nextAfterVerdict(verdict, now)
    const event = eventOf('verdict', now, actor, { verdict: verdict.claims.verdict, reason: verdict.claims.reason ?? null })
    const written = await writeOver(license, store.recordVerdict({
      sentJti: license.jti, verdict: verdict.jws, seq: seqMarkOf(verdict), outcome: { at: now, nextAt: next, event },
    }))
    if (written === 'stale') return { kind: 'dropped' }
    holder.adoptVerdict(verdict, written === 'written' ? null : {
      ...license, verdict: verdict.jws, lastSuccessAt: now, lastAttemptAt: now, nextAt: next, consecutiveFailures: 0, failingSince: null,
      lastError: null,
    })
    failuresSinceStart = null
    return { kind: 'verdict', claims: verdict.claims }
  }

  async function countFailure(license: StoredLicense, failure: CallFailure, actor: Actor): Promise<CheckInResult> {
    const now = holder.now().effective
    const claims = holder.holding.kind === 'lease' ? holder.holding.lease.claims : null
    if (failuresSinceStart !== null) failuresSinceStart++
    const failures = license.consecutiveFailures + 1
    const nextAt = METHOD_RULES[license.method].checksIn
      ? nextAfterFailure({
          now,
          every: claims && isCheckedIn(claims) ? claims.check_in.every * 1000 : Infinity,
          pausesAt: claims ? pausesAt(claims) : Infinity,
          failures,
          sinceStart: failuresSinceStart,
          retryAfterMs: failure.retryAfterMs,
          unit: random.unit(),
        })
      : null
    const event = eventOf('check_in_failed', now, actor, { code: failure.code }, {
      reference: ERRORS[failure.code].reference, cause: String(failure.cause ?? ''),
    })
    const written = await writeOver(license, store.recordFailure({
      sentJti: license.jti, code: failure.code, outcome: { at: now, nextAt, event },
    }))
    if (written === 'stale') return { kind: 'dropped' }
    if (written === 'unavailable') {
      holder.noteUnstored({
        ...license, lastAttemptAt: now, nextAt, consecutiveFailures: failures,
        failingSince: license.failingSince ?? now, lastError: failure.code,
      })
    }
    return { kind: 'failed', failure }
  }

  async function attempt(actor: Actor, { quiet = false, signal }: { quiet?: boolean, signal?: AbortSignal } = {}): Promise<CheckInResult> {
    const license = holder.snapshot.license
    if (!license) throw new LicenseError('NO_LICENSE')
    if (METHOD_RULES[license.method].silent || license.secret === null) throw new LicenseError('NO_CALLS_FOR_OFFLINE')
    const startedAt = holder.now().reading.uptime
    const answer = await ask(license, license.secret, signal)
    // Told to stop: nothing is known of the way to the server, so nothing is counted.
    if (signal?.aborted && 'ok' in answer) return { kind: 'dropped' }
    const result = 'lease' in answer
      ? await acceptLease(license, answer.lease, actor)
      : 'verdict' in answer
        ? await acceptVerdict(license, answer.verdict, actor)
        : quiet && !answer.answered
          ? { kind: 'failed' as const, failure: answer }
          : await countFailure(license, answer, actor)
    holder.settle()
    observe?.(result.kind, (holder.now().reading.uptime - startedAt) / 1000)
    await orUnavailable(holder.reload())
    return result
  }

  return { attempt }
}

/** What of a lease a person would notice if it changed. */
function termsOf({ claims }: Lease): string {
  const { exp, plan, licensee, features, seats, limits } = claims
  const checkIn = isCheckedIn(claims) ? claims.check_in : null
  return JSON.stringify([exp, plan, licensee, features, seats, Object.entries(limits ?? {}).toSorted(), checkIn])
}

/** The license goes on from memory while storage is away. */
async function orUnavailable<T>(write: Promise<T>): Promise<T | 'unavailable'> {
  try {
    return await write
  }
  catch (error) {
    if (error instanceof LicenseError && error.code === 'STORAGE_UNAVAILABLE') return 'unavailable'
    throw error
  }
}
