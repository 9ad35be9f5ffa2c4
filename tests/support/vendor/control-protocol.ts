import { z } from 'zod'
import { INSTANCE_ID, limitsSchema, MAX_TERM } from '../../../server/license/claims.ts'
import type { CallName } from '../../../server/license-server/protocol.ts'
import { METHODS } from '../../../shared/method-rules.ts'
import { CALL_NAMES, faultRequestSchema } from './fault-types.ts'
import type { Scope } from './scope.ts'
import { installation, scopeMembers } from './scope.ts'

/* What the calls of the control API take and return; which calls there are is in `control-operations.ts`. */

/** `sandbox` is what a sandbox build trusts; `stranger` is a key that no build knows. */
export const SIGNERS = ['sandbox', 'stranger'] as const
export type Signer = (typeof SIGNERS)[number]

const STATUSES = ['active', 'revoked', 'suspended', 'bound_elsewhere', 'expired'] as const
const status = z.enum(STATUSES)
export type LicenseStatus = (typeof STATUSES)[number]

const openObject = z.record(z.string(), z.unknown())

const terms = {
  plan: z.string().min(1).optional(),
  seats: z.int().min(0).nullable().optional(),
  features: z.array(z.string()).optional(),
  limits: limitsSchema.optional(),
  organization: z.string().min(1).optional(),
  email: z.string().optional(),
  /** Term from now; `exp`, seconds since 1970, takes precedence. */
  days: z.number().max(MAX_TERM / 86_400).optional(),
  exp: z.int().optional(),
  /** Check-in period and grace period, seconds. */
  every: z.int().min(1).optional(),
  grace: z.int().min(0).optional(),
  renews: z.boolean().optional(),
  status: status.optional(),
  reason: z.string().optional(),
}

export const createLicenseSchema = z.strictObject({
  key: z.string().min(8).max(256).optional(),
  method: z.enum(METHODS),
  ...terms,
})
export type CreateLicense = z.infer<typeof createLicenseSchema>
export const createdLicenseSchema = z.object({ key: z.string(), licenseId: z.string() })
export type CreatedLicense = z.infer<typeof createdLicenseSchema>

/**
 * `boundTo: null` unbinds the license, so that the next installation can activate it. With `installation`, the license
 * changes for that one alone; whom it is bound to is nothing that one installation can have of its own.
 */
export const changeLicenseSchema = z.strictObject({
  ...terms,
  boundTo: z.string().regex(INSTANCE_ID).nullable().optional(),
  installation,
}).refine(change => change.installation === undefined || change.boundTo === undefined, {
  path: ['boundTo'], message: 'is said for all installations, not for one', abort: true,
})
export type ChangeLicense = z.infer<typeof changeLicenseSchema>

export const licenseStateSchema = z.object({
  key: z.string(),
  licenseId: z.string(),
  method: z.enum(METHODS),
  plan: z.string(),
  seats: z.int().nullable(),
  limits: limitsSchema,
  features: z.array(z.string()),
  organization: z.string(),
  email: z.string(),
  exp: z.int(),
  every: z.int(),
  grace: z.int(),
  renews: z.boolean(),
  status,
  reason: z.string().nullable(),
  /** Instance IDs that hold a seat now. */
  boundTo: z.array(z.string()),
  /** Seats taken and freed so far; an installation that holds one takes no other when it activates again. */
  activations: z.int(),
  deactivations: z.int(),
  /** As reported by the last check-in. */
  seatsUsed: z.int().nullable(),
}).meta({ id: 'SandboxLicense' })
export type LicenseState = z.infer<typeof licenseStateSchema>

/** One license: its own view of it, if an installation is named. */
export const licenseQuerySchema = z.strictObject({ installation })

export const issueTokenSchema = z.strictObject({
  instance_id: z.string(),
  kind: z.enum(['offline', 'lease', 'verdict']).default('offline'),
  signer: z.enum(SIGNERS).default('sandbox'),
  /** Use this license's ID and terms. */
  key: z.string().optional(),
  header: openObject.optional(),
  claims: openObject.optional(),
  /** Names of claims to leave out. */
  omit: z.array(z.string()).optional(),
  /** Sign this exact text as header or payload, for instance one with a duplicate member. */
  headerText: z.string().optional(),
  payloadText: z.string().optional(),
})
export type IssueToken = z.input<typeof issueTokenSchema>
export const issuedTokenSchema = z.object({ token: z.string() })

export const recordedRequestSchema = z.object({
  /** 1 for the first request of this server, then 2, 3, …, whatever is cleared. */
  nth: z.int(),
  at: z.string(),
  method: z.string(),
  /** Without the door it came through. */
  path: z.string(),
  /** The request target as sent: the path and whatever follows it. */
  url: z.string(),
  /** Null for a path that the protocol does not have. */
  call: z.enum(CALL_NAMES).nullable(),
  /** Who asks, and about which license, as far as the request says. */
  installation: z.string().nullable(),
  licenseId: z.string().nullable(),
  headers: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
  /** The parsed JSON, or the text if it wasn't JSON; null for no body, or one over the limit. */
  body: z.unknown(),
}).meta({ id: 'RecordedRequest' })
export type RecordedRequest = z.infer<typeof recordedRequestSchema>

/** The longest and the ordinary patience for requests that are still to come, ms. */
const LONGEST_WAIT = 120_000
const USUAL_WAIT = 10_000

export const requestsQuerySchema = z.strictObject({
  ...scopeMembers,
  call: z.enum(CALL_NAMES).optional(),
  /** Only requests after the one of this number. */
  since: z.coerce.number().int().min(0).optional(),
  /** Answers once there are so many, or refuses after `within` ms. */
  count: z.coerce.number().int().min(1).optional(),
  within: z.coerce.number().int().min(1).max(LONGEST_WAIT).default(USUAL_WAIT),
})
export interface RequestFilter extends Scope { call?: CallName, since?: number }

export const setClockSchema = z.strictObject({ offsetSeconds: z.int(), ...scopeMembers })
export const clockStateSchema = z.object({
  /** How far the clock is shifted for whoever was asked about, and what it shows, seconds since 1970. */
  offsetSeconds: z.int(),
  now: z.int(),
  /** The shifts in force, the latest last: of several that fit a call, it counts. */
  shifts: z.array(setClockSchema),
})
export type ClockState = z.infer<typeof clockStateSchema>

const leaseReference = z.object({ jti: z.string(), seq: z.int() })
export const forkSchema = z.object({
  at: z.string(),
  key: z.string(),
  licenseId: z.string(),
  instanceId: z.string(),
  presented: leaseReference,
  /** The lease this installation presented before; only that one, or a response to it, continues its line. */
  expected: leaseReference,
}).meta({ id: 'Fork' })
export type Fork = z.infer<typeof forkSchema>

export const faultsSchema = z.array(faultRequestSchema)

export const healthSchema = z.object({
  ok: z.literal(true),
  pid: z.int(),
  /** How long this server has been running, s. */
  uptime: z.number(),
  /** What it keeps, of everybody. */
  licenses: z.int(),
  faults: z.int(),
  requests: z.int(),
  forks: z.int(),
})
export type Health = z.infer<typeof healthSchema>

export const emptySchema = z.object({})

