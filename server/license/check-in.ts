import type { Finding, Seen } from '../../shared/findings.ts'
import { findingOf } from '../../shared/findings.ts'
import { METHOD_RULES } from '../../shared/method-rules.ts'
import type { VerdictClaims } from './claims.ts'
import type { Grant } from './claim-holder.ts'
import { termOf } from './claim-holder.ts'
import { isInSequence, requireAnswerTo, unfit, unverified } from './verify-answer.ts'
import type { Asked } from './verify-answer.ts'
import { LicenseError } from './errors.ts'
import type { Actor } from './events.ts'
import { eventOf } from './events.ts'
import type { Keyring } from './jws.ts'
import type { LicenseHolder } from './license-holder.ts'
import type { CallFailure, LicenseServer, LicenseStore, Random, SignedStatement } from './ports.ts'
import type { Commit, NewEvent, Snapshot, StoredLicense } from './stored-records.ts'
import { nextAfterLease, nextAfterVerdict, retryOf } from './check-in-policy.ts'
import {
  isNoticed, recordFailure, recordVerdict, replaceLease, runInForce, seqMarkOf, withFailure, withLease, withVerdict,
} from './record.ts'
import { expiryOf, pausesAt } from './state.ts'
import type { Lease, Verdict } from './token.ts'
import { verifyServerLease, verifyVerdict } from './token.ts'

export type CheckInResult =
  | { kind: 'fresh' }
  | { kind: 'verdict', claims: VerdictClaims }
  /** The license was replaced or removed during the call, or the product is stopping: the answer changes nothing. */
  | { kind: 'dropped' }
  | { kind: 'failed', failure: CallFailure, finding?: Finding }

export interface CheckIn {
  /**
   * Checks in (standard) or renews (airgapped) once. With `quiet`, a call that is never answered leaves no trace. Throws
   * LicenseError: NO_LICENSE, NO_CALLS_FOR_OFFLINE.
   */
  attempt(actor: Actor, options: AttemptOptions): Promise<CheckInResult>
  /** What an attempt has brought is yet to be written; the claim it was made under is kept until then. */
  readonly unwritten: boolean
  /** Tries once more to write it. If somebody else has taken the claim, it is given up. Rejects with STORAGE_UNAVAILABLE. */
  writeUnwritten(): Promise<void>
  /** Failures since this process started; null once it has had a success. */
  readonly failuresSinceStart: number | null
}

export interface AttemptOptions { grant: Grant, quiet?: boolean, signal?: AbortSignal }

export interface CheckInOptions {
  holder: LicenseHolder
  store: LicenseStore
  server: LicenseServer
  keyring: Keyring
  random: Random
  observe?: (result: CheckInResult['kind'], seconds: number) => void
}

/** A commit that the database could not take, to be tried again; `release` gives back the claim. */
interface Unwritten { commit: Commit, adopt: (stored: Snapshot) => void, release: () => Promise<void> }

type Answer = { lease: Lease } | { verdict: Verdict }

/** The only way a stored license talks to the license server. */
export function createCheckIn({ holder, store, server, keyring, random, observe }: CheckInOptions): CheckIn {
  let failuresSinceStart: number | null = 0
  let unwritten: Unwritten | null = null
  let writing: Promise<void> | null = null

  async function ask(
    license: StoredLicense, secret: string, mayStill: () => boolean, signal: AbortSignal | undefined,
  ): Promise<Answer | CallFailure> {
    const nonce = random.hex(16)
    const held = holder.holding.kind === 'none' ? null : holder.holding.lease
    const request = { lease: held?.jws ?? license.lease, secret, nonce, kids: keyring.kids }
    const call = METHOD_RULES[license.method].checksIn
      ? server.checkIn({ ...request, seatsUsed: holder.snapshot.seatsUsed })
      : server.renew(request)
    const outcome = await call.send(signal, mayStill)
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
      requireAnswerTo(asked, statement, server.host)
      const held = holder.holding.kind === 'lease' ? holder.holding.verdict ?? holder.holding.lease : null
      if (!await isInSequence(store, statement, held && seqMarkOf(held))) throw unfit(server.host, 'answer_stale', { member: 'seq' })
      return answer
    }
    catch (cause) {
      const error = cause instanceof LicenseError && cause.seen ? cause : unverified(server.host, cause)
      if (!(error instanceof LicenseError) || !error.seen) throw error
      return { ok: false, seen: { ...error.seen, code: 'SERVER_RESPONSE_INVALID' }, refusal: null, answered: true, retryAfterMs: null, cause: error.cause }
    }
  }

  /**
   * Commits over the lease that was sent, and adopts what is then stored. Without storage, memory tells whether it has been replaced or
   * removed since; where other replicas might ask the same again, the commit is kept, and with it the claim.
   */
  async function commitOver(
    license: StoredLicense, grant: Grant, given: Omit<Commit, 'if' | 'term'>, adopt: (stored: Snapshot) => void,
  ): Promise<'written' | 'stale' | 'unavailable'> {
    const commit: Commit = { if: { jti: license.jti }, ...termOf(grant), ...given }
    const written = await orUnavailable(store.commit(commit))
    if (written === 'unavailable') {
      if (holder.snapshot.license?.jti !== license.jti) return 'stale'
      if (grant.term !== null) unwritten = { commit: { ...commit, event: { ...commit.event, told: true } }, adopt, release: grant.keep() }
      return written
    }
    if (written === 'stale') return written
    adopt(written)
    return 'written'
  }

  async function acceptLease(license: StoredLicense, lease: Lease, actor: Actor, grant: Grant): Promise<CheckInResult> {
    const time = await holder.timeAfter(lease)
    const { trusted } = time
    const { holding } = holder
    const made = { at: trusted.at, nextAt: nextAfterLease(lease.claims, trusted.at, random.unit()) }
    const written = await commitOver(license, grant, {
      seq: seqMarkOf(lease), ...time, change: replaceLease(lease, made, isNoticed(holding, lease)),
      event: eventOfLease(lease, holding.kind === 'lease' ? holding.lease : null, trusted.at, actor),
    }, stored => holder.adoptLease(lease, trusted, stored))
    if (written === 'stale') return { kind: 'dropped' }
    if (written === 'unavailable') holder.adoptUnstoredLease(lease, trusted, withLease(license, lease, made))
    failuresSinceStart = null
    return { kind: 'fresh' }
  }

  async function acceptVerdict(license: StoredLicense, verdict: Verdict, actor: Actor, grant: Grant): Promise<CheckInResult> {
    const now = holder.observe().effective
    const lease = holder.holding.kind === 'none' ? null : holder.holding.lease
    const made = { at: now, nextAt: nextAfterVerdict(lease && lease.claims, now) }
    const held = runInForce(holder.holding, holder.snapshot.license)
    const written = await commitOver(license, grant, {
      seq: seqMarkOf(verdict), change: recordVerdict(verdict, made, held),
      event: eventOf('verdict', now, actor, { verdict: verdict.claims.verdict, reason: verdict.claims.reason ?? null }),
    }, stored => holder.adoptVerdict(verdict, stored))
    if (written === 'stale') return { kind: 'dropped' }
    if (written === 'unavailable') holder.adoptUnstoredVerdict(verdict, withVerdict(license, verdict, made, held))
    failuresSinceStart = null
    return { kind: 'verdict', claims: verdict.claims }
  }

  async function countFailure(license: StoredLicense, failure: CallFailure, actor: Actor, grant: Grant): Promise<CheckInResult> {
    const now = holder.observe().effective
    if (failuresSinceStart !== null) failuresSinceStart++
    const { retryAfterMs } = failure
    // The schedule's own attempts come a little early by this clock: it leans towards the wall clock.
    const promised = actor.kind === 'system' ? null : license.nextAt
    const nextAt = retryOf(license, holder.holding, { now, promised, sinceStart: failuresSinceStart, retryAfterMs, unit: random.unit() })
    const made = { at: now, nextAt }
    const what = withDeadline(failure.seen)
    const finding = findingOf(what, now)
    const { code, cause } = finding
    const written = await commitOver(license, grant, {
      change: recordFailure(finding, made),
      event: eventOf('check_in_failed', now, actor, { code, cause }, { error: String(failure.cause ?? '') }, finding),
    }, () => undefined)
    if (written === 'stale') return { kind: 'dropped' }
    if (written === 'unavailable') holder.noteUnstoredAttempt(withFailure(license, finding, made))
    return { kind: 'failed', failure: { ...failure, seen: what }, finding }
  }

  /** A refusal is unsigned and takes nothing away, but somebody has to act before this moment. */
  function withDeadline<S extends Seen>(what: S): S {
    if (what.code !== 'SERVER_REFUSED' || holder.holding.kind !== 'lease' || !holder.observe().entitled) return what
    const { claims } = holder.holding.lease
    return { ...what, facts: { ...what.facts, until: new Date(Math.min(pausesAt(claims), expiryOf(claims))).toISOString() } }
  }

  async function attempt(actor: Actor, options: AttemptOptions): Promise<CheckInResult> {
    const { grant, quiet = false, signal } = options
    const license = holder.snapshot.license
    if (!license) throw new LicenseError('NO_LICENSE')
    if (METHOD_RULES[license.method].silent || license.secret === null) throw new LicenseError('NO_CALLS_FOR_OFFLINE')
    const startedAt = holder.observe().reading.uptime
    let withheld = false
    const mayStill = () => {
      withheld = !grant.mayCall()
      return !withheld
    }
    const answer = await ask(license, license.secret, mayStill, signal)
    // Aborted by a stop or never sent, the call says nothing about the connection, so it is no failure to count.
    if ((signal?.aborted || withheld) && 'ok' in answer) return { kind: 'dropped' }
    const result = 'lease' in answer
      ? await acceptLease(license, answer.lease, actor, grant)
      : 'verdict' in answer
        ? await acceptVerdict(license, answer.verdict, actor, grant)
        : quiet && !answer.answered
          ? { kind: 'failed' as const, failure: answer }
          : await countFailure(license, answer, actor, grant)
    holder.endHold()
    observe?.(result.kind, (holder.observe().reading.uptime - startedAt) / 1000)
    await orUnavailable(holder.reload())
    return result
  }

  /** Time has gone on since the answer came, and the clock that replicas share may have jumped. */
  async function asOfNow({ trusted, anchor: _, ...commit }: Commit): Promise<Commit> {
    return trusted ? { ...commit, trusted, ...await holder.timeNow() } : commit
  }

  async function write({ commit, adopt, release }: Unwritten): Promise<void> {
    const written = await store.commit(await asOfNow(commit))
    unwritten = null
    if (written === 'stale') holder.forgetUnstored()
    else adopt(written)
    await holder.reload().finally(release)
  }

  async function writeUnwritten(): Promise<void> {
    if (unwritten) await (writing ??= write(unwritten).finally(() => { writing = null }))
  }

  return {
    attempt,
    get unwritten() { return unwritten !== null },
    writeUnwritten,
    get failuresSinceStart() { return failuresSinceStart },
  }
}

/** A lease with a new end of term is a renewal; any other is an ordinary check-in. */
function eventOfLease(lease: Lease, before: Lease | null, at: number, actor: Actor): NewEvent {
  if (before === null || before.claims.exp === lease.claims.exp) return eventOf('check_in_succeeded', at, actor)
  const endOf = ({ claims }: Lease) => new Date(claims.exp * 1000).toISOString()
  return eventOf('renewed', at, actor, { from: endOf(before), to: endOf(lease) })
}

/** Makes a value of STORAGE_UNAVAILABLE: without storage, the license carries on from memory. */
async function orUnavailable<T>(write: Promise<T>): Promise<T | 'unavailable'> {
  try {
    return await write
  }
  catch (error) {
    if (error instanceof LicenseError && error.code === 'STORAGE_UNAVAILABLE') return 'unavailable'
    throw error
  }
}
