import type { LicenseKey } from '../../shared/credential.ts'
import type { NetworkErrorCode } from '../../shared/errors.ts'
import type { Finding, Seen } from '../../shared/findings.ts'
import type { Diagnostics, EventFilter, OutboundRequest } from '../../shared/contracts.ts'
import type { ClaimSwap, StoredClaim } from './check-in-claim.ts'
import type {
  Commit, CountedDay, Installation, NewEvent, PendingDeactivation, Snapshot, StoredEvent, StoredHold, TrustedTimeRecord,
} from './stored-records.ts'

/* What the domain asks of the outside. All times are milliseconds since 1970, UTC, unless a name says otherwise. */

/** The machine's clocks, read at one moment. */
export interface ClockReading {
  /** Wall clock; on PostgreSQL the database's. May be wrong and may jump. */
  wall: number
  /** Milliseconds since boot, suspend included; never goes back while the machine is up. */
  uptime: number
  /** Identity of this boot, or null where the system has none. */
  boot: string | null
  /** Every process that shares the database reads the same wall clock. */
  shared?: true
}
export interface Clock {
  read(): ClockReading
  /** Milliseconds since a reading, if no more than `ms`, and by every clock alike; null otherwise. Costs less than another reading. */
  passedSince(reading: ClockReading, ms: number): number | null
  /** Asks for the time once more where the wall clock is one that processes share. Rejects with STORAGE_UNAVAILABLE. */
  sample(): Promise<void>
}

/** Random bytes as lower-case hex, and a number in [0, 1) for jitter. */
export interface Random { hex(bytes: number): string, unit(): number }

/** Structured log; no field ever holds a credential, token, secret or password. */
export interface Log {
  info(message: string, fields?: Record<string, unknown>): void
  warn(message: string, fields?: Record<string, unknown>): void
  error(message: string, fields?: Record<string, unknown>): void
}

/*
 * Storage. Every method is one atomic step: after a crash it has happened entirely or not at all. Each rejects with
 * STORAGE_UNAVAILABLE, and with nothing else, when the database cannot be reached or written.
 */

/** This installation's license. `record.ts` decides what becomes of it; a store only keeps it. */
export interface LicenseStore {
  read(): Promise<Snapshot>
  /** Reads `version` alone, as cheaply as possible. */
  readVersion(): Promise<number>
  /** Whether it is another one than this. Asks the database only where nothing else tells that nobody has written. */
  changedSince(version: number): Promise<boolean>
  /** Writes the change and everything that belongs to it. Resolves to what is then stored, or `stale` if it no longer applies. */
  commit(commit: Commit): Promise<Snapshot | 'stale'>
}

export interface Identity {
  /** Resolves to the stored identity, storing `fresh` if there is none: of several replicas, the first wins. */
  installation(fresh: Installation): Promise<Installation>
}

/** Facts kept beside the license. */
export interface Notes {
  saveTrustedTime(trusted: TrustedTimeRecord): Promise<void>
  /** Forgets the anchor of this lease: the shared clock has jumped. */
  dropAnchor(jti: string): Promise<void>
  saveSeatsUsed(seats: number): Promise<void>
  saveLastRequest(request: OutboundRequest): Promise<void>
  saveRenewalAttempt(at: number): Promise<void>
  /** Forgets the license replaced at that time (ms), if it is still the one that is kept. */
  forgetPrevious(replacedAt: number): Promise<void>
  /** For a credential that turned out to be the license already in force; null forgets it. */
  saveProvisionedDigest(digest: string | null): Promise<void>
}

/** Which of several replicas makes the scheduled calls. */
export interface ClaimStore {
  readClaim(): Promise<StoredClaim>
  /** Writes the claim if nobody has since it was read. Whether it was written. */
  swapClaim(swap: ClaimSwap): Promise<boolean>
}

/** The intervals for which leases keep their state at a start. */
export interface HeldStates {
  /**
   * Shows `decide` what is stored for this lease, stores what it grants, if anything, and forgets all other leases. Decisions
   * run one at a time.
   */
  holdState(jti: string, decide: (stored: readonly StoredHold[]) => StoredHold | null): Promise<void>
  /** The database's own clock, or null where it has none (SQLite). */
  databaseTime(): Promise<number | null>
}

/** The newest `limit` events with ids below `before`, newest first; of one kind if given. */
export interface EventPage { before?: number, limit: number, kind?: EventFilter }

/** The activity log. */
export interface History {
  /** Appends the event, or folds it into the newest one (`foldsInto`). */
  appendEvent(event: NewEvent): Promise<void>
  listEvents(page: EventPage): Promise<StoredEvent[]>
  /** Resolves to the number of events removed. */
  pruneEvents(olderThan: number): Promise<number>
  /** Days (UTC) with at least one check-in since the given time, oldest first. */
  listCheckInDays(since: number): Promise<CountedDay[]>
}

/** What was found lately, for support: failed activations leave no trace in the activity log. */
export interface Findings {
  /** Keeps a finding, and of all findings the last ten. */
  saveFinding(finding: Finding): Promise<void>
  /** Newest first. */
  listFindings(): Promise<Finding[]>
  saveDiagnostics(result: Diagnostics): Promise<void>
  /** The last run of diagnostics, or null. */
  readDiagnostics(): Promise<Diagnostics | null>
}

/** The queue of deactivations for the vendor; `commit` adds to it. */
export interface Deactivations {
  /** What is due by `now`, and whatever lies further ahead than `farthest`; oldest first. */
  dueDeactivations(now: number, farthest?: number): Promise<PendingDeactivation[]>
  postponeDeactivation(id: number, nextAt: number): Promise<void>
  /** Does nothing, and records no event, if another replica got there first. */
  dropDeactivation(id: number, event: NewEvent | null): Promise<void>
}

/** Everything the domain stores, in one database. */
export interface LicenseStorage extends LicenseStore, Identity, Notes, HeldStates, History, Findings, Deactivations {
  /** Null where one process has the database for itself (SQLite). */
  readonly claims: ClaimStore | null
  close(): Promise<void>
}

/** The reasons the license server gives, unsigned, for refusing a call. */
export type RefusalCode =
  | 'unknown_key' | 'expired' | 'revoked' | 'suspended' | 'bound_elsewhere' | 'method_not_in_plan' | 'rate_limited' | 'bad_request'

/** Why a call to the license server failed. */
export interface CallFailure {
  ok: false
  seen: Seen<NetworkErrorCode>
  /** Null where the server gave no reason that we know. */
  refusal: RefusalCode | null
  /** Whether any answer arrived, be it of somebody on the way. */
  answered: boolean
  retryAfterMs: number | null
  /** For the log only. */
  cause?: unknown
}
export type CallOutcome<T> = { ok: true, value: T } | CallFailure

/** A compact JWS as it arrived; nothing in it has been verified. */
export type SignedStatement = { kind: 'lease' | 'verdict', jws: string }
/** A lease, and the secret that authenticates this installation's later calls about it. */
export interface Granted { lease: string, secret: string }

/** A request as people are shown it: literally, but with keys and leases masked and without the secret. */
export type ShownRequest = Omit<OutboundRequest, 'at'>

/** A call not made yet: nothing leaves this server before `send`. */
export interface PreparedCall<T> {
  readonly shown: ShownRequest
  /** Never rejects; takes at most 10 s. Nothing is sent if `mayStill` says no once the way is open: the process may have been frozen. */
  send(signal?: AbortSignal, mayStill?: () => boolean): Promise<CallOutcome<T>>
}

/** What an answer has to match: it counts only if it was signed for this nonce, by one of these keys. */
interface Question { nonce: string, kids: readonly string[] }
/** The lease that a call is about, and the secret that authenticates the call. */
interface Held { lease: string, secret: string }

/** The only way out. */
export interface LicenseServer {
  /** Name and port, as people are told them. */
  readonly host: string
  activate(request: Question & { key: LicenseKey, instanceId: string }): PreparedCall<Granted>
  checkIn(request: Question & Held & { seatsUsed: number | null }): PreparedCall<SignedStatement>
  renew(request: Question & Held): PreparedCall<SignedStatement>
  deactivate(request: Held & { nonce: string }): PreparedCall<null>
}
