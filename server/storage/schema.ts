import type { Method } from '../../shared/method-rules.ts'
import type { EventKind, Role } from '../../shared/contracts.ts'
import type { NewEvent } from '../license/stored-records.ts'

/*
 * The tables, as both databases hold them: text and whole numbers; milliseconds since 1970; booleans as 0 or 1. Check
 * constraints guard columns with a closed set of values, so that their types hold no matter who writes.
 */

/** Always exactly one row, made by the migration; it is also the lock that puts the writes of all replicas in order. */
export interface InstallationTable {
  id: number
  instance_id: string | null
  session_secret: string | null
  created_at: number | null
  revision: number
  version: number
  trusted_at: number | null
  trusted_uptime: number | null
  trusted_boot: string | null
  trusted_continuous: number | null
  seats_used: number | null
  env_digest: string | null
  renewal_attempt_at: number | null
  last_request: string | null
  /** JSON. */
  previous_license: string | null
  setup_digest: string | null
  setup_expires_at: number | null
  applied_admin_email: string | null
  applied_admin_hash: string | null
  /** 1 from an upgrade until the first start after it. */
  applied_admin_unknown: number | null
  /** What the lease of this `jti` said of the time, and what the database's clock showed then. */
  anchor_jti: string | null
  anchor_at: number | null
  anchor_wall: number | null
}

/** Also in that row: written to prove that writing works, and never read. */
export interface HeartbeatColumn { probed_at: number | null }

/** Also in that row: the last run of diagnostics, as JSON. */
export interface DiagnosticsColumn { last_diagnostics: string | null }

/** At most one row. */
export interface LicenseTable {
  id: number
  method: Method
  lease: string
  jti: string
  verdict: string | null
  /** The kind of that verdict, and since when every verdict has been of this kind. */
  verdict_kind: string | null
  verdict_since: number | null
  secret: string | null
  masked_key: string | null
  activated_at: number
  last_state: string
  last_success_at: number | null
  last_attempt_at: number | null
  next_at: number | null
  consecutive_failures: number
  failing_since: number | null
  last_error: string | null
  /** JSON. */
  last_finding: string | null
}

/** The highest `seq` ever accepted for each license id; never deleted. */
export interface LicenseSeqTable { sub: string, seq: number, jti: string }

/** The interval for which a lease holds its state at a start, as each boot began to use it. Kept for one lease at a time. */
export interface HeldStatesTable { jti: string, boot: string, uptime: number, wall: number, length: number }

/** At most one row: which replica makes the scheduled calls (`license/check-in-claim.ts`). `valid_until` is by the database's clock. */
export interface CheckInClaimTable { id: number, holder: string | null, term: number, beat: number, valid_until: number }

/** Licenses whose deactivation the vendor has yet to be told about. */
export interface DeactivationsTable {
  id: number
  sub: string | null
  lease: string
  secret: string
  created_at: number
  next_at: number
  attempts: number
}

/** `id` is the version of the write that appended the row: it grows, and is never used twice. */
export interface EventsTable {
  id: number
  kind: EventKind
  at: number
  first_at: number
  count: number
  actor: NewEvent['actor']
  actor_email: string | null
  address: string | null
  details: string
  /** JSON. */
  finding: string | null
}

/** What was found lately; the newest ten. `id` grows. */
export interface FindingsTable { id: number, finding: string }

/** Uses of a limit for a key, which is hashed, in the window that began then; on PostgreSQL alone, by its clock. */
export interface RateLimitsTable { name: string, key: string, began: number, used: number }

/** The processes that share the database, as each last told of itself; on PostgreSQL alone. `seen_at` is by its clock. */
export interface ReplicasTable {
  id: string
  version: string
  commit: string
  started: number
  seen_at: number
  state: string
  revision: number
  key_digest: string | null
}

export interface CheckInDaysTable { day: string, good: number, failed: number }

export interface UsersTable { id: string, email: string, role: Role, password_hash: string, created_at: number }

export interface SessionsTable {
  id: string
  user_id: string
  created_at: number
  last_seen_at: number
  expires_at: number
}

export interface Database {
  installation: InstallationTable & HeartbeatColumn & DiagnosticsColumn
  license: LicenseTable
  license_seq: LicenseSeqTable
  held_states: HeldStatesTable
  check_in_claim: CheckInClaimTable
  deactivations: DeactivationsTable
  events: EventsTable
  findings: FindingsTable
  check_in_days: CheckInDaysTable
  rate_limits: RateLimitsTable
  oldest_versions: OldestVersionsTable
  replicas: ReplicasTable
  users: UsersTable
  sessions: SessionsTable
}

/** By migration, the oldest version of this product that works on the tables after it. */
export interface OldestVersionsTable { migration: string, version: string }

export const TABLES = [
  'installation', 'license', 'license_seq', 'held_states', 'check_in_claim', 'deactivations', 'events', 'findings', 'check_in_days', 'rate_limits', 'replicas', 'users', 'sessions',
  'oldest_versions',
] as const satisfies readonly (keyof Database)[]
