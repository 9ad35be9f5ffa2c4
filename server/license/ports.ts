import type { LicenseKey } from '../../shared/credential.ts'
import type { ErrorCode, NetworkErrorCode } from '../../shared/errors.ts'
import type { CheckInDay, EventDetails, EventKind, LicenseState, OutboundRequest } from '../../shared/contracts.ts'
import type { Method } from '../../shared/method-rules.ts'

/* What the domain asks of the outside. All times are milliseconds since 1970, UTC, unless a name says otherwise. */

/** Readings of the machine's clocks, taken at one moment. */
export interface ClockReading {
  /** Wall clock; on PostgreSQL the database's. May be wrong and may jump. */
  wall: number
  /** Milliseconds since boot, suspend included; never goes back while the machine is up. */
  uptime: number
  /** Identity of this boot, or null where the system has none. */
  boot: string | null
}
export interface Clock { read(): ClockReading }

/** Random bytes as lower-case hex, and a number in [0, 1) for jitter. */
export interface Random { hex(bytes: number): string, unit(): number }

export interface TrustedTimeRecord {
  at: number
  uptime: number
  boot: string | null
  /** False once a stretch of unknown length (machine off) lies behind it: then the wall clock may rightly be later. */
  continuous: boolean
}

export interface Installation { instanceId: string, sessionSecret: string, createdAt: number }

/** The one license row. Keys are never stored, only their masked form. */
export interface StoredLicense {
  method: Method
  /** Compact JWS, verified again at every load. */
  lease: string
  /** `jti` of that lease: what a late answer is compared with. */
  jti: string
  verdict: string | null
  /** Issued by activation; authenticates check-ins of this installation. Null for offline. */
  secret: string | null
  maskedKey: string | null
  activatedAt: number
  /** The state that was last told to anyone; survives restarts. */
  lastState: LicenseState
  lastSuccessAt: number | null
  lastAttemptAt: number | null
  nextAt: number | null
  consecutiveFailures: number
  failingSince: number | null
  lastError: ErrorCode | null
}

/** The interval for which a lease keeps its state at a start, as one machine began to use it. Milliseconds. */
export interface StoredHold {
  jti: string
  /** Identity of that machine's boot; `uptime` and `wall` are its readings then. */
  boot: string
  uptime: number
  wall: number
  length: number
}

export interface Snapshot {
  /** Grows with every change of the license that a person would see as one; screens send it back with a save. */
  revision: number
  /** Grows with every write at all: what replicas compare to notice each other's work. */
  version: number
  license: StoredLicense | null
  /** The highest statement ever accepted of each license id, of the same moment as the license. */
  marks: SeqMark[]
  trusted: TrustedTimeRecord | null
  seatsUsed: number | null
  /** SHA-256 (hex) of the credential last applied from `NC_LICENSE_KEY`. */
  envDigest: string | null
  /** When the license server last answered an airgapped renewal attempt made at a start. */
  renewalAttemptAt: number | null
  lastRequest: OutboundRequest | null
}

export interface SeqMark { sub: string, seq: number, jti: string }

export interface NewEvent {
  kind: EventKind
  at: number
  actor: Actor['kind']
  actorEmail: string | null
  address: string | null
  details: EventDetails
  /** What the log says beyond the entry; never stored. */
  log?: Readonly<Record<string, string | number | null>>
  /** The log has said it already, while it could not be recorded. */
  told?: true
}
export interface StoredEvent extends Omit<NewEvent, 'log' | 'told'> { id: number, firstAt: number, count: number }
/** The newest `limit` events, of one kind if told, with ids below `before`; newest first. */
export interface EventPage { before?: number, limit: number, kind?: EventKind }

/** What the vendor has still to be told of a license that was removed or replaced; `sub` is null where it is not known. */
export interface PendingDeactivation {
  id: number
  sub: string | null
  lease: string
  secret: string
  createdAt: number
  nextAt: number
  attempts: number
}
export type NewDeactivation = Omit<PendingDeactivation, 'id' | 'attempts'>

/** Bookkeeping of one attempt, written together with its outcome. */
export interface AttemptOutcome {
  at: number
  nextAt: number | null
  event: NewEvent
}

/** Outcome of a write that is made only if what it is based on still stands. */
export type Written = 'written' | 'stale'

/**
 * Storage of the license. Every method is one atomic step: after a crash it has happened entirely or not at all. All
 * reject with the storage error, and only with it, when the database cannot be reached or written.
 */
export interface LicenseStore {
  /** The installation's identity; made once (the first of several replicas wins), then always the same. */
  installation(fresh: Installation): Promise<Installation>
  read(): Promise<Snapshot>
  /** `version` alone, as cheaply as possible. */
  readVersion(): Promise<number>
  /** Highest `seq` ever accepted for this license id, removal included. */
  getSeq(sub: string): Promise<SeqMark | null>
  /**
   * Replaces the license if `revision` is still the current one and no higher seq has been accepted meanwhile.
   * `envDigest` is stored when given; `deactivate` queues telling the vendor about the license that is replaced; what was
   * still to be told of the license that is saved, or of one not known, is forgotten: it would free the seat just taken.
   */
  saveLicense(input: {
    revision: number
    license: StoredLicense
    seq: SeqMark
    trusted: TrustedTimeRecord
    event: NewEvent
    envDigest?: string
    deactivate: NewDeactivation | null
  }): Promise<Written>
  /** Removes the license if `revision` still stands; queues telling the vendor. */
  removeLicense(input: { revision: number, event: NewEvent, deactivate: NewDeactivation | null }): Promise<Written>
  /**
   * Swaps the lease for a fresh one if the stored lease is still `sentJti`: lifts a verdict, resets the failures, counts
   * a good check-in for its UTC day (standard only). `visible`: bump `revision` too.
   */
  replaceLease(input: {
    sentJti: string, lease: string, seq: SeqMark, trusted: TrustedTimeRecord, outcome: AttemptOutcome, visible: boolean
  }): Promise<Written>
  /** Stores a verdict beside the lease if that is still `sentJti`; resets the failures; bumps `revision`. */
  recordVerdict(input: { sentJti: string, verdict: string, seq: SeqMark, outcome: AttemptOutcome }): Promise<Written>
  /** Counts a failed check-in if the stored lease is still `sentJti`. */
  recordFailure(input: { sentJti: string, code: ErrorCode, outcome: AttemptOutcome }): Promise<Written>
  /** Remembers the state last told, if the stored lease is still `jti`; appends the event unless the state was already that. */
  recordState(input: { jti: string, state: LicenseState, event: NewEvent }): Promise<Written>
  /**
   * Shows `decide` what is stored of the lease's held state; stores what it grants, if anything, and forgets every other
   * lease's. Nobody else decides meanwhile.
   */
  holdState(jti: string, decide: (stored: readonly StoredHold[]) => StoredHold | null): Promise<void>
  saveTrustedTime(trusted: TrustedTimeRecord): Promise<void>
  saveSeatsUsed(seats: number): Promise<void>
  saveLastRequest(request: OutboundRequest): Promise<void>
  saveRenewalAttempt(at: number): Promise<void>
  /** Digest of the applied env credential without a license change (it named the license that already runs). */
  saveEnvDigest(digest: string | null): Promise<void>
  /** Appends; a check-in event equal in kind, actor and details to the newest event of all is folded into it. */
  appendEvent(event: NewEvent): Promise<void>
  listEvents(page: EventPage): Promise<StoredEvent[]>
  pruneEvents(olderThan: number): Promise<number>
  /** Days (UTC) with at least one check-in, since the given time, oldest first. */
  listCheckInDays(since: number): Promise<CheckInDay[]>
  dueDeactivations(now: number): Promise<PendingDeactivation[]>
  postponeDeactivation(id: number, nextAt: number): Promise<void>
  dropDeactivation(id: number, event: NewEvent | null): Promise<void>
  /** The database's own clock, or null where it has none of its own (SQLite). */
  databaseTime(): Promise<number | null>
  close(): Promise<void>
}

/** The license server's own, unsigned words of refusal. */
export type RefusalCode =
  | 'unknown_key' | 'expired' | 'revoked' | 'suspended' | 'bound_elsewhere' | 'method_not_in_plan' | 'rate_limited' | 'bad_request'

/** Why a call to the license server failed; `refusal` is its own, unsigned word, where it gave one. */
export interface CallFailure {
  ok: false
  code: NetworkErrorCode
  refusal: RefusalCode | null
  /** Whether an answer arrived at all, so that the attempt is known to have been seen. */
  answered: boolean
  retryAfterMs: number | null
  /** For the log only. */
  cause?: unknown
}
export type CallOutcome<T> = { ok: true, value: T } | CallFailure

/** A compact JWS as it arrived: nothing of it has been verified. */
export type SignedStatement = { kind: 'lease' | 'verdict', jws: string }
/** A lease, and the secret that authenticates this installation's later calls about it. */
export interface Granted { lease: string, secret: string }

/** A request as people are shown it: literally, but for a key and a lease, which are masked; the secret is not in it. */
export type ShownRequest = Omit<OutboundRequest, 'at'>

/** A call that has not been made yet. Nothing leaves this server before `send`. */
export interface PreparedCall<T> {
  /** What `send` sends, also where it is refused or unanswered. */
  readonly shown: ShownRequest
  /** Never rejects; takes at most 10 s. */
  send(signal?: AbortSignal): Promise<CallOutcome<T>>
}

/** What every call but the last one sends: an answer counts only if it was signed for this nonce, by one of these keys. */
interface Question { nonce: string, kids: readonly string[] }
/** What a call about the license that is held sends: its lease and, to authenticate it, its secret. */
interface Held { lease: string, secret: string }

/** The only way out. */
export interface LicenseServer {
  /** Name and port, as told to people. */
  readonly host: string
  activate(request: Question & { key: LicenseKey, instanceId: string }): PreparedCall<Granted>
  checkIn(request: Question & Held & { seatsUsed: number | null }): PreparedCall<SignedStatement>
  renew(request: Question & Held): PreparedCall<SignedStatement>
  deactivate(request: Held & { nonce: string }): PreparedCall<null>
}

/** Who asked for a change. */
export type Actor =
  | { kind: 'user', email: string, address: string | null }
  | { kind: 'system' }
  | { kind: 'environment' }
  /** A script of the administrators, with NC_ADMIN_TOKEN. */
  | { kind: 'token', address: string | null }

/** Structured log; a line's fields never hold a credential, token, secret or password. */
export interface Log {
  info(message: string, fields?: Record<string, unknown>): void
  warn(message: string, fields?: Record<string, unknown>): void
  error(message: string, fields?: Record<string, unknown>): void
}
