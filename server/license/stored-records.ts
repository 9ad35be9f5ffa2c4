import type { ErrorCode } from '../../shared/errors.ts'
import type { Finding } from '../../shared/findings.ts'
import type { EventDetails, EventKind, EventView, LicenseState, OutboundRequest } from '../../shared/contracts.ts'
import type { Method } from '../../shared/method-rules.ts'
import type { VerdictClaims } from './claims.ts'

/*
 * What is stored of the license, and what a write to it is made of. All times are milliseconds since 1970, UTC, unless a
 * name says otherwise.
 */

export interface Installation { instanceId: string, sessionSecret: string, createdAt: number }

/** Since when the vendor has given the same verdict without a break: `since` is when the first of that run was issued. */
export interface VerdictRun { verdict: VerdictClaims['verdict'], since: number }

/** The one license row. A key is stored only in its masked form. */
export interface StoredLicense {
  method: Method
  /** Compact JWS, verified again whenever it is loaded. */
  lease: string
  /** The lease's `jti`, by which a late answer is recognised. */
  jti: string
  verdict: string | null
  /** Null without a verdict, and where an earlier version stored it. */
  verdictRun: VerdictRun | null
  /** Issued by activation; authenticates this installation's check-ins. Null for offline. */
  secret: string | null
  maskedKey: string | null
  activatedAt: number
  /** The state last reported to the activity log; survives restarts. */
  lastState: LicenseState
  lastSuccessAt: number | null
  lastAttemptAt: number | null
  nextAt: number | null
  consecutiveFailures: number
  failingSince: number | null
  lastError: ErrorCode | null
  /** What was found at the last attempt, if it failed; null where an earlier version recorded it. */
  lastFinding: Finding | null
}

/** What is kept of the license that the present one has replaced, as long as it can be put back (`previous.ts`). */
export interface PreviousLicense extends Pick<StoredLicense, 'method' | 'lease' | 'jti' | 'secret' | 'maskedKey' | 'activatedAt' | 'lastSuccessAt'> {
  /** What its lease says, so that it can be offered without being verified at every look. */
  sub: string
  seq: number
  plan: string
  expiresAt: number
  replacedAt: number
}

export interface TrustedTimeRecord {
  at: number
  uptime: number
  boot: string | null
  /** False after a gap of unknown length (machine off), when the wall clock may rightly be ahead. */
  continuous: boolean
}

/** What the vendor signed as the time when it answered us with this lease, and what the clock that replicas share showed then. */
export interface Anchor { jti: string, at: number, wall: number }

/** The interval for which a lease may keep its state at a start, as recorded by the machine that began to use it. */
export interface StoredHold {
  jti: string
  /** Identity of that machine's boot; `uptime` and `wall` are its readings at that moment. */
  boot: string
  uptime: number
  wall: number
  length: number
}

/** The highest statement ever accepted for a license id. */
export interface SeqMark { sub: string, seq: number, jti: string }

/** Everything the domain reads of the store, as of one moment. */
export interface Snapshot {
  /** Grows with every change to the license that a person would notice; pages send it back when they save. */
  revision: number
  /** Grows with every write of any kind; replicas compare it to notice each other's work. */
  version: number
  license: StoredLicense | null
  marks: SeqMark[]
  trusted: TrustedTimeRecord | null
  /** Null where no clock is shared, and once that clock has jumped. */
  anchor: Anchor | null
  seatsUsed: number | null
  /** SHA-256 (hex) of the credential last applied from `NC_LICENSE_KEY`. */
  provisionedDigest: string | null
  /** When the license server last answered an airgapped renewal attempted at a start. */
  renewalAttemptAt: number | null
  lastRequest: OutboundRequest | null
  previous: PreviousLicense | null
  /** When the license was removed or replaced that the vendor has yet to hear about; of several, the last. */
  deactivatedAt: number | null
}

export interface NewEvent {
  kind: EventKind
  at: number
  actor: EventView['actor']
  actorEmail: string | null
  address: string | null
  details: EventDetails
  /** What was found, if something failed; of several that are folded into one entry, the last. */
  finding: Finding | null
  /** What the log line says beyond the entry; never stored. */
  log?: Readonly<Record<string, string | number | null>>
  /** The log line was already written, while the event could not be recorded. */
  told?: true
}
export interface StoredEvent extends Omit<NewEvent, 'log' | 'told'> { id: number, firstAt: number, count: number }

/** A removed or replaced license that the vendor has yet to hear about; `sub` is null where it is not known. */
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

/** How many check-ins a UTC day had, and how they went. */
export interface CountedDay { day: string, good: number, failed: number }

/** What a commit was based on: the revision a person was looking at, or the lease that was sent. */
export type Basis = { revision: number } | { jti: string }

/** What a commit makes of the stored license, and what follows from that. */
export interface Change {
  /** The complete new row; null removes the license. */
  license: StoredLicense | null
  /** A person would notice the difference, so `revision` grows. */
  visible: boolean
  /** A check-in to count towards its UTC day. */
  checkIn?: { at: number, result: 'good' | 'failed' }
  /** A deactivation to queue for the vendor. */
  deactivate?: NewDeactivation | null
  /** What to keep of the license that is replaced; null forgets what was kept, and nothing leaves it as it is. */
  previous?: PreviousLicense | null
  /** Whether a queued deactivation is to be dropped. */
  cancels?(pending: Pick<PendingDeactivation, 'sub'>): boolean
}

/**
 * Decides what becomes of the stored license. Runs inside the transaction, so it must neither wait nor have effects.
 * `stale`: it does not apply to what is stored, or there is nothing left to write.
 */
export type Decide = (stored: StoredLicense | null) => Change | 'stale'

export interface Commit {
  /** The commit is stale unless this still holds. */
  if: Basis
  /** The term of the check-in claim that the call was made in; the commit is stale if somebody has taken the claim since. */
  term?: number
  /** The statement being accepted; the commit is stale unless it may follow the license's mark. */
  seq?: SeqMark
  change: Decide
  trusted?: TrustedTimeRecord
  /** Of the lease being accepted, where replicas share a clock. */
  anchor?: Anchor
  /** Digest of the provisioned credential that this commit applies. */
  provisionedDigest?: string
  event: NewEvent
}
