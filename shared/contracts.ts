import type { ErrorCode, ErrorDetails } from './errors.ts'
import type { Finding } from './findings.ts'
import type { Method } from './method-rules.ts'

/*
 * What travels over the HTTP API, as the constants and types that pages need. The schemas that check it are in
 * `schemas.ts`, for the server only, and do not compile unless they say exactly this. Times are ISO 8601, UTC.
 */

/** The `data` in the body of every error response. */
export interface ErrorData {
  code: ErrorCode
  reference: string
  /** Leads to the log lines of this very request. */
  requestId?: string
  fields?: Record<string, string>
  details?: ErrorDetails
  finding?: Finding
}

/** Every state a license can be in; exactly one holds at a time. */
export const STATES = [
  'unlicensed', 'invalid', 'mismatch', 'revoked', 'suspended', 'expired', 'paused', 'grace', 'active',
] as const
export type LicenseState = (typeof STATES)[number]

/** Features that have a title of their own on the screen; any other name is kept and shown as it is. */
export const FEATURE_CATALOGUE = [
  'sso', 'scim', 'audit-log', 'white-label', 'teams', 'workspaces', 'extensions', 'external-storage',
] as const

/** Titles for callers that have no screen, and hence no language. */
export const FEATURE_TITLES: Readonly<Record<(typeof FEATURE_CATALOGUE)[number], string>> = {
  'sso': 'Single sign-on', 'scim': 'SCIM provisioning', 'audit-log': 'Audit log', 'white-label': 'White label', 'teams': 'Teams',
  'workspaces': 'Workspaces', 'extensions': 'Extensions', 'external-storage': 'External storage',
}

/** Limits that have a title of their own on the screen; any other name is kept and shown as it is. */
export const LIMIT_CATALOGUE = [
  'limit_workspace', 'limit_base_per_workspace', 'limit_record_per_workspace', 'limit_editor', 'limit_commenter',
] as const

/** The particulars of a message or an entry; never a credential. */
type Facts = Record<string, string | number | null>
/** By name; null means unlimited. */
type Limits = Record<string, number | null>
interface Failure { code: ErrorCode, reference: string, at: string }

export type Warning =
  | { code: 'EXPIRES_SOON', expiresAt: string, days: number }
  | { code: 'CHECK_IN_FAILING', since: string, failures: number, lastError: Failure | null }
  | { code: 'CLOCK_BEHIND', seconds: number, wallTime: string, trustedTime: string }
  | { code: 'CLOCK_AHEAD', seconds: number, wallTime: string, trustedTime: string }
  | { code: 'SEATS_EXCEEDED', seats: number, used: number }
  | { code: 'ENV_DIFFERS', error: ErrorCode | null, reference: string | null }
  | { code: 'SANDBOX_BUILD' }

/** The license as the screen, scripts and support see it. Holds no key, token or secret. */
export interface LicenseView {
  state: LicenseState
  entitled: boolean
  method: Method | null
  plan: string | null
  /** `email` is null for a viewer. */
  licensee: { organization: string, email: string | null } | null
  features: string[]
  /** Null if unlimited, or if there is no license. */
  seats: number | null
  limits: Limits
  seatsUsed: number | null
  licenseId: string | null
  maskedKey: string | null
  issuedAt: string | null
  expiresAt: string | null
  activatedAt: string | null
  graceEndsAt: string | null
  renews: boolean | null
  /** Set while the vendor has yet to be told that a license has left this installation; it is tried until then. */
  deactivation: { pendingUntil: string } | null
  checkIn: {
    lastSuccessAt: string | null
    lastAttemptAt: string | null
    nextAt: string | null
    consecutiveFailures: number
    lastError: Failure | null
  } | null
  instanceId: string
  /** The Instance ID the license is signed for. */
  boundTo: string | null
  /** The vendor's reason for a verdict. */
  reason: string | null
  /** When the verdict against the license was first issued; repeating it changes nothing. */
  verdictAt: string | null
  /** Why the stored license does not verify. */
  invalidBecause: { code: ErrorCode, reference: string } | null
  /** What to deal with first; null if all is well. */
  finding: Finding | null
  managedByEnv: boolean
  /** The license that the present one has replaced, as long as it can be put back. */
  previous: { method: Method, plan: string, expiresAt: string, until: string } | null
  warnings: Warning[]
  revision: number
  serverTime: string
}

export const EVENT_KINDS = [
  'activated', 'put_back', 'renewed', 'removed', 'check_in_succeeded', 'check_in_failed', 'verdict',
  'state_changed', 'vendor_told', 'account_created', 'account_changed', 'account_removed',
] as const
export type EventKind = (typeof EVENT_KINDS)[number]

/** What the activity can be narrowed to, besides a single kind. */
export const EVENT_GROUPS = ['license', 'check_ins', 'accounts'] as const
export type EventGroup = (typeof EVENT_GROUPS)[number]
export type EventFilter = EventKind | EventGroup

type Kinds = readonly [EventKind, ...EventKind[]]
const KINDS_OF_GROUP: Readonly<Record<EventGroup, Kinds>> = {
  license: ['activated', 'put_back', 'renewed', 'removed', 'verdict', 'state_changed', 'vendor_told'],
  check_ins: ['check_in_succeeded', 'check_in_failed'],
  accounts: ['account_created', 'account_changed', 'account_removed'],
}

/** The kinds that a filter lets through. */
export function kindsOf(filter: EventFilter): Kinds {
  return isEventGroup(filter) ? KINDS_OF_GROUP[filter] : [filter]
}

function isEventGroup(filter: EventFilter): filter is EventGroup {
  return EVENT_GROUPS.some(group => group === filter)
}

/** What the license is stored in. */
export const DATABASE_KINDS = ['sqlite', 'postgres'] as const
export type DatabaseKind = (typeof DATABASE_KINDS)[number]

export const ACTORS = ['user', 'system', 'environment', 'token'] as const

/** An entry in the activity log. If it is a folded run of equal check-ins, `count` is their number and `at` the time of the newest. */
export interface EventView {
  id: number
  kind: EventKind
  at: string
  firstAt: string
  count: number
  actor: (typeof ACTORS)[number]
  /** Both null for a viewer. */
  actorEmail: string | null
  address: string | null
  details: Facts
  /** What was found, if something failed. */
  finding: Finding | null
}
export type EventDetails = EventView['details']

/** A day in UTC, `YYYY-MM-DD`. `off`: by its end, a verdict that still stands had taken the features away. */
export interface CheckInDay { day: string, good: number, failed: number, off: boolean }

export const CHECK_NAMES = ['format', 'signature', 'kind', 'claims', 'instance', 'term', 'start', 'sequence'] as const
export const CHECK_RESULTS = ['pass', 'fail', 'skipped'] as const
/** The terms of a license, in the order in which a preview compares them. */
export const TERMS = ['method', 'plan', 'organization', 'seats', 'features', 'limits', 'expiresAt', 'licenseId'] as const

/** What saving a credential would do. */
export interface Preview {
  method: Method
  /** For a key: it has the right form, and the license server decides. */
  accepted: boolean
  error: { code: ErrorCode, reference: string, finding: Finding | null, details?: Facts | undefined } | null
  checks: {
    name: (typeof CHECK_NAMES)[number]
    status: (typeof CHECK_RESULTS)[number]
    expected: string | null
    found: string | null
  }[]
  difference: { field: (typeof TERMS)[number], current: string | null, next: string | null }[] | null
  /** The literal request, but with the key masked; null if nothing would be sent. */
  sends: { method: string, url: string, body: Record<string, unknown> } | null
}

export const DIAGNOSTIC_STAGES = ['storage', 'configuration', 'dns', 'proxy', 'tcp', 'tls', 'http', 'clock'] as const
export const STAGE_RESULTS = ['ok', 'failed', 'skipped'] as const
export interface DiagnosticStage {
  stage: (typeof DIAGNOSTIC_STAGES)[number]
  result: (typeof STAGE_RESULTS)[number]
  milliseconds: number | null
  code: Finding['code'] | null
  /** What to do, in English, for callers without a screen. */
  remedy: string | null
  /** Why it failed. */
  finding: Finding | null
  /** Why it was skipped. */
  because: (typeof SKIPPED_BECAUSE)[number] | null
  facts: Record<string, string | number | boolean | null>
}
/** `no_calls`: an offline license makes none, so the network was not tried. */
export const SKIPPED_BECAUSE = ['not_needed', 'not_reached', 'no_calls'] as const
/** What a run of diagnostics may claim: only that what it tried has passed, and never more. */
export const DIAGNOSTIC_VERDICTS = ['reachable', 'problem', 'nothing_tested'] as const
export interface Diagnostics {
  ok: boolean
  verdict: (typeof DIAGNOSTIC_VERDICTS)[number]
  /** By this server's clock. */
  ranAt: string
  stages: DiagnosticStage[]
}

/** A literal request to the license server, but with key and lease masked and the secret left out. */
export interface OutboundRequest { at: string, method: string, url: string, body: Record<string, unknown> | null }

/** One of the processes that share a database, as it last told the others about itself. */
export interface ReplicaView {
  id: string
  version: string
  commit: string
  startedAt: string
  lastSeenAt: string
  /** What it would answer, of which revision of the license. */
  state: LicenseState
  revision: number
  /** It makes a scheduled call at this moment. */
  holdsClaim: boolean
}

/** What replicas can disagree about. `state`: of the same revision of the license. */
export const REPLICA_DISAGREEMENTS = ['version', 'commit', 'NC_LICENSE_KEY', 'state'] as const
export type ReplicaDisagreement = (typeof REPLICA_DISAGREEMENTS)[number]

/** What of it is worth a sentence: another version is another build too. */
export function worthSaying(about: readonly ReplicaDisagreement[]): ReplicaDisagreement[] {
  return about.filter(each => each !== 'commit' || !about.includes('version'))
}

/** The processes that share a database; the one that started first is first. */
export interface ReplicaSet { seen: ReplicaView[], disagreeAbout: ReplicaDisagreement[] }

/** Several of them, as one told it. */
export interface ReplicasView extends ReplicaSet {
  /** By the database's clock, as `lastSeenAt` is. */
  asOf: string
  /** Which of them gave this answer. */
  answeredBy: string
  /** What to do if they disagree, in English, for callers without a screen. */
  remedy: string | null
}

/** A run, as whoever asked for it gets it. `replicas`: only where there are several. */
export interface DiagnosticsAnswer extends Diagnostics { replicas?: ReplicasView | undefined }

/** The version of the support bundle's form. */
export const SUPPORT_FORMAT = 'nocodb-license-support/2'

/** Everything that support asks for, without a key, token, secret, cookie, password or e-mail address. */
export interface SupportBundle {
  format: typeof SUPPORT_FORMAT
  createdAt: string
  /** Those that are alive, if several could be: on PostgreSQL, while it can be asked. */
  replicas?: ReplicaSet | undefined
  build: { version: string, commit: string, sandbox: boolean, trustedKids: string[] }
  runtime: { node: string, platform: string, arch: string, replica: string, uptimeSeconds: number }
  storage: { kind: DatabaseKind, location: string, up: boolean, since: string | null, lastWriteAt: string | null }
  configuration: Record<string, unknown>
  licenseServer: { url: string, configured: boolean, proxy: string | null }
  license: { [K in keyof LicenseView]: K extends 'licensee' ? { organization: string } | null : LicenseView[K] }
  clocks: { effective: string, wall: string, trusted: string | null, continuous: boolean, uptimeSeconds: number }
  /** Newest first, ten at most. */
  findings: Finding[]
  /** The last run, or null. */
  diagnostics: Diagnostics | null
  lastRequest: OutboundRequest | null
  checkIns: CheckInDay[]
  events: EventView[]
}

/** What to suppose about the internet and this server's clock. Times in ISO 8601, with any offset from UTC. */
export interface Supposition {
  offlineFrom?: string | undefined
  offlineUntil?: string | undefined
  /** How far the clock is ahead (negative: behind) from now on, besides what it may be already. */
  clockOffsetSeconds?: number | undefined
}
/** How far the clock may be supposed to be off: ten years, in seconds. */
export const LONGEST_CLOCK_OFFSET = 315_576_000

/** Why a state comes about in a rehearsal. `now`: it is the present one. `clock`: only a wrong clock brings it about. */
export const REHEARSED_BECAUSE = ['now', 'check_in_missed', 'grace_over', 'term_over', 'checked_in', 'clock'] as const
export interface RehearsedState {
  at: string
  state: LicenseState
  entitled: boolean
  /** What this server's clock would say then. */
  clock: string
  /** In English, for callers without a screen. */
  sentence: string
  because: (typeof REHEARSED_BECAUSE)[number]
}
/** The states to come under a supposition, the present one first, if the term is not renewed. */
export interface Rehearsal { from: string, until: string, states: RehearsedState[] }

/** What is licensed, for other services. */
export interface Entitlements {
  state: LicenseState
  entitled: boolean
  plan: string | null
  features: string[]
  limits: Limits
  seats: number | null
  expiresAt: string | null
  /** How long this may be relied on if nobody can be asked again; null if not entitled. */
  validUntil: string | null
  /** The time by which all of this was judged. */
  serverTime: string
  /** Compact JWS, for the service token only. */
  lease: string | null
}

/** `title` is in English; for a name outside the catalogue, it is the name itself. */
export interface Feature { name: string, title: string, licensed: boolean }

export const ROLES = ['admin', 'viewer'] as const
export type Role = (typeof ROLES)[number]
export interface User { id: string, email: string, role: Role, createdAt: string, lastSeenAt: string | null }
export interface Session { user: Pick<User, 'id' | 'email' | 'role'> }
