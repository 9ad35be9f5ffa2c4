import { z } from 'zod'
import { METHODS } from './method-rules.ts'
import { ERROR_CODES } from './errors.ts'

/** Every state a license can be in; exactly one holds at a time. */
export const STATES = [
  'unlicensed', 'invalid', 'mismatch', 'revoked', 'suspended', 'expired', 'paused', 'grace', 'active',
] as const
export type LicenseState = (typeof STATES)[number]

/** Features that have a title of their own on the screen; names outside this list are kept and shown as they are. */
export const FEATURE_CATALOGUE = [
  'sso', 'scim', 'audit-log', 'white-label', 'teams', 'workspaces', 'extensions', 'external-storage',
] as const

/** What the features are called where there is no screen, hence no language. */
export const FEATURE_TITLES: Readonly<Record<(typeof FEATURE_CATALOGUE)[number], string>> = {
  'sso': 'Single sign-on', 'scim': 'SCIM provisioning', 'audit-log': 'Audit log', 'white-label': 'White label', 'teams': 'Teams',
  'workspaces': 'Workspaces', 'extensions': 'Extensions', 'external-storage': 'External storage',
}

/** Limits that have a title of their own on the screen; names outside this list are kept and shown as they are. */
export const LIMIT_CATALOGUE = [
  'limit_workspace', 'limit_base_per_workspace', 'limit_record_per_workspace', 'limit_editor', 'limit_commenter',
] as const

/** ISO 8601 UTC. */
const time = z.iso.datetime().meta({ description: 'ISO 8601, UTC' })
const errorCode = z.enum(ERROR_CODES)
/** What makes a message or an entry exact; never a credential. */
const facts = z.record(z.string(), z.union([z.string(), z.number(), z.null()]))
const limits = z.record(z.string(), z.int().nullable()).meta({ description: 'by name; null: unlimited' })
const failure = z.object({ code: errorCode, reference: z.string(), at: time })

export const warningSchema = z.discriminatedUnion('code', [
  z.object({ code: z.literal('EXPIRES_SOON'), expiresAt: time, days: z.int() }),
  z.object({ code: z.literal('CHECK_IN_FAILING'), since: time, failures: z.int(), lastError: failure.nullable() }),
  z.object({ code: z.literal('CLOCK_BEHIND'), seconds: z.int(), wallTime: time, trustedTime: time }),
  z.object({ code: z.literal('CLOCK_AHEAD'), seconds: z.int(), wallTime: time, trustedTime: time }),
  z.object({ code: z.literal('SEATS_EXCEEDED'), seats: z.int(), used: z.int() }),
  z.object({ code: z.literal('ENV_DIFFERS'), error: errorCode.nullable(), reference: z.string().nullable() }),
  z.object({ code: z.literal('SANDBOX_BUILD') }),
])
export type Warning = z.infer<typeof warningSchema>

/** The license as the screen, scripts and support see it. Holds no key, token or secret. */
export const licenseViewSchema = z.object({
  state: z.enum(STATES),
  entitled: z.boolean(),
  method: z.enum(METHODS).nullable(),
  plan: z.string().nullable(),
  licensee: z.object({
    organization: z.string(),
    email: z.string().nullable().meta({ description: 'null for a viewer' }),
  }).nullable(),
  features: z.array(z.string()),
  seats: z.int().nullable().meta({ description: 'null: unlimited, or no license' }),
  limits,
  seatsUsed: z.int().nullable(),
  licenseId: z.string().nullable(),
  maskedKey: z.string().nullable(),
  issuedAt: time.nullable(),
  expiresAt: time.nullable(),
  activatedAt: time.nullable(),
  graceEndsAt: time.nullable(),
  renews: z.boolean().nullable(),
  checkIn: z.object({
    lastSuccessAt: time.nullable(),
    lastAttemptAt: time.nullable(),
    nextAt: time.nullable(),
    consecutiveFailures: z.int(),
    lastError: failure.nullable(),
  }).nullable(),
  instanceId: z.string(),
  boundTo: z.string().nullable().meta({ description: 'Instance ID the license is signed for' }),
  reason: z.string().nullable().meta({ description: 'what the vendor gave as reason of a verdict' }),
  verdictAt: time.nullable().meta({ description: 'since when a verdict stands against the license' }),
  invalidBecause: z.object({ code: errorCode, reference: z.string() }).nullable().meta({ description: 'why the stored license does not verify' }),
  managedByEnv: z.boolean(),
  warnings: z.array(warningSchema),
  revision: z.int(),
  serverTime: time,
}).meta({ id: 'License' })
export type LicenseView = z.infer<typeof licenseViewSchema>

export const EVENT_KINDS = [
  'activated', 'renewed', 'removed', 'check_in_succeeded', 'check_in_failed', 'verdict',
  'state_changed', 'vendor_told', 'account_created', 'account_changed', 'account_removed',
] as const
export type EventKind = (typeof EVENT_KINDS)[number]

export const eventSchema = z.object({
  id: z.int(),
  kind: z.enum(EVENT_KINDS),
  at: time.meta({ description: 'of the newest of a folded run' }),
  firstAt: time,
  count: z.int().meta({ description: 'how many equal check-ins are folded into this entry' }),
  actor: z.enum(['user', 'system', 'environment', 'token']),
  actorEmail: z.string().nullable().meta({ description: 'null for a viewer' }),
  address: z.string().nullable().meta({ description: 'null for a viewer' }),
  details: facts,
}).meta({ id: 'Event' })
export type EventView = z.infer<typeof eventSchema>
export type EventDetails = EventView['details']

export const checkInDaySchema = z.object({ day: z.iso.date(), good: z.int(), failed: z.int() })
export type CheckInDay = z.infer<typeof checkInDaySchema>

export const CHECK_NAMES = ['format', 'signature', 'kind', 'claims', 'instance', 'term', 'start', 'sequence'] as const
export const previewSchema = z.object({
  method: z.enum(METHODS),
  accepted: z.boolean().meta({ description: 'for a key: its form is right; the license server decides' }),
  error: z.object({ code: errorCode, reference: z.string(), details: facts.optional() }).nullable(),
  checks: z.array(z.object({
    name: z.enum(CHECK_NAMES),
    status: z.enum(['pass', 'fail', 'skipped']),
    expected: z.string().nullable(),
    found: z.string().nullable(),
  })),
  difference: z.array(z.object({
    field: z.enum(['method', 'plan', 'organization', 'seats', 'features', 'limits', 'expiresAt', 'licenseId']),
    current: z.string().nullable(),
    next: z.string().nullable(),
  })).nullable(),
  sends: z.object({ method: z.string(), url: z.string(), body: z.record(z.string(), z.unknown()) }).nullable()
    .meta({ description: 'literally, the key masked; null: nothing is sent' }),
}).meta({ id: 'Preview' })
export type Preview = z.infer<typeof previewSchema>

export const DIAGNOSTIC_STAGES = ['configuration', 'dns', 'proxy', 'tcp', 'tls', 'http', 'clock'] as const
export const diagnosticStageSchema = z.object({
  stage: z.enum(DIAGNOSTIC_STAGES),
  result: z.enum(['ok', 'failed', 'skipped']),
  milliseconds: z.int().nullable(),
  code: errorCode.nullable().meta({ description: 'why it failed' }),
  remedy: z.string().nullable().meta({ description: 'key of the advice shown on the screen' }),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
})
export type DiagnosticStage = z.infer<typeof diagnosticStageSchema>
export const diagnosticsSchema = z.object({ ok: z.boolean(), stages: z.array(diagnosticStageSchema) })

export const outboundSchema = z.object({
  at: time,
  method: z.string(),
  url: z.string(),
  body: z.record(z.string(), z.unknown()).nullable(),
}).meta({ id: 'OutboundRequest', description: 'the last request to the license server, literally; key and secret masked' })
export type OutboundRequest = z.infer<typeof outboundSchema>

export const entitlementsSchema = z.object({
  state: z.enum(STATES),
  entitled: z.boolean(),
  plan: z.string().nullable(),
  features: z.array(z.string()),
  limits,
  seats: z.int().nullable(),
  expiresAt: time.nullable(),
  validUntil: time.nullable().meta({ description: 'how long this may be relied on if nobody can be asked any more; null when not entitled' }),
  serverTime: time.meta({ description: 'by which the times above were judged; not part of the ETag' }),
  lease: z.string().nullable().meta({ description: 'compact JWS, for the service token only' }),
}).meta({ id: 'Entitlements' })
export type Entitlements = z.infer<typeof entitlementsSchema>

export const featureSchema = z.object({
  name: z.string(),
  title: z.string().meta({ description: 'in English; of a name outside the catalogue, the name' }),
  licensed: z.boolean().meta({ description: 'may be used now' }),
}).meta({ id: 'Feature' })
export type Feature = z.infer<typeof featureSchema>

export const ROLES = ['admin', 'viewer'] as const
export type Role = (typeof ROLES)[number]
export const userSchema = z.object({
  id: z.string(), email: z.string(), role: z.enum(ROLES), createdAt: time, lastSeenAt: time.nullable(),
}).meta({ id: 'User' })
export type User = z.infer<typeof userSchema>
export const sessionSchema = z.object({ user: userSchema.pick({ id: true, email: true, role: true }) }).meta({ id: 'Session' })
export type Session = z.infer<typeof sessionSchema>
