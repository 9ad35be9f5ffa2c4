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

/** What a commit was based on: the revision a person was looking at, or the lease that was sent. */
export type Basis = { revision: number } | { jti: string }

/** What a commit makes of the stored license, and what follows from it. */
export interface Change {
  /** The whole row from now on; null removes it. */
  license: StoredLicense | null
  /** A person would see the difference, so `revision` grows. */
  visible: boolean
  /** A check-in that counts for its UTC day. */
  checkIn?: { at: number, result: 'good' | 'failed' }
  /** What the vendor has to be told from now on. */
  deactivate?: NewDeactivation | null
  /** Whether what was still to be told of a license is to be told no longer. */
  cancels?(pending: Pick<PendingDeactivation, 'sub'>): boolean
}

/**
 * Decides, given what is stored at that moment. Runs inside the transaction, so it neither waits nor has effects.
 * `unchanged`: it is so already, and nothing is written. `stale`: it does not apply to what is stored.
 */
export type Decide = (stored: StoredLicense | null) => Change | 'unchanged' | 'stale'

export interface Commit {
  /** Stale unless this is what is still stored. */
  if: Basis
  /** The statement that is accepted by it; stale unless it may follow the highest ever accepted of its license. */
  seq?: SeqMark
  change: Decide
  trusted?: TrustedTimeRecord
  /** Digest of the credential from the environment that is applied by it. */
  envDigest?: string
  event: NewEvent
}

/*
 * Storage. Every method is one atomic step: after a crash it has happened entirely or not at all. All reject with
 * STORAGE_UNAVAILABLE, and only with it, when the database cannot be reached or written.
 */

/** The license of this installation. What becomes of it is decided in `record.ts`; a store only keeps it. */
export interface LicenseStore {
  read(): Promise<Snapshot>
  /** `version` alone, as cheaply as possible. */
  readVersion(): Promise<number>
  /** Writes the change with everything that belongs to it; answers what is stored then, or that nothing was written. */
  commit(commit: Commit): Promise<Snapshot | 'stale'>
}

/** The identity of the installation. */
export interface Identity {
  /** What is stored, or else `fresh` from now on: the first of several replicas wins. */
  installation(fresh: Installation): Promise<Installation>
}

/** What is noted beside the license. */
export interface Notes {
  saveTrustedTime(trusted: TrustedTimeRecord): Promise<void>
  saveSeatsUsed(seats: number): Promise<void>
  saveLastRequest(request: OutboundRequest): Promise<void>
  saveRenewalAttempt(at: number): Promise<void>
  /** For a credential that named the license that already runs; null forgets it. */
  saveEnvDigest(digest: string | null): Promise<void>
}

/** The intervals for which a lease keeps its state at a start. */
export interface HeldStates {
  /**
   * Shows `decide` what is stored of the lease's interval; stores what it grants, if anything, and forgets every other
   * lease's. Nobody else decides meanwhile.
   */
  holdState(jti: string, decide: (stored: readonly StoredHold[]) => StoredHold | null): Promise<void>
  /** The database's own clock, or null where it has none of its own (SQLite). */
  databaseTime(): Promise<number | null>
}

/** The activity log. */
export interface History {
  /** Appends, or folds the event into the newest one (`foldsInto`). */
  appendEvent(event: NewEvent): Promise<void>
  listEvents(page: EventPage): Promise<StoredEvent[]>
  /** Answers how many events it removed. */
  pruneEvents(olderThan: number): Promise<number>
  /** Days (UTC) with at least one check-in, since the given time, oldest first. */
  listCheckInDays(since: number): Promise<CheckInDay[]>
}

/** What the vendor has still to be told; `commit` adds to it. */
export interface Deactivations {
  dueDeactivations(now: number): Promise<PendingDeactivation[]>
  postponeDeactivation(id: number, nextAt: number): Promise<void>
  /** Does nothing, and records no event, where another replica was faster. */
  dropDeactivation(id: number, event: NewEvent | null): Promise<void>
}

/** Everything the domain stores, on one database. */
export interface LicenseStorage extends LicenseStore, Identity, Notes, HeldStates, History, Deactivations {
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
