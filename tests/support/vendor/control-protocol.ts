import { z } from 'zod'
import { limitsSchema, MAX_TERM } from '../../../server/license/claims.ts'
import { METHODS } from '../../../shared/method-rules.ts'

/* Requests and responses of the control API under `/__sandbox/`; both its server and its client use these types. */

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

/** `boundTo: null` unbinds the license, so that the next installation can activate it. */
export const changeLicenseSchema = z.strictObject({ ...terms, boundTo: z.string().nullable().optional() })
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
})
export type LicenseState = z.infer<typeof licenseStateSchema>

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

export const recordedRequestsSchema = z.array(z.object({
  at: z.string(),
  method: z.string(),
  path: z.string(),
  /** The request target as sent: the path and whatever follows it. */
  url: z.string(),
  headers: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
  /** The parsed JSON, or the text if it wasn't JSON; null for no body, or one over the limit. */
  body: z.unknown(),
}))
export type RecordedRequest = z.infer<typeof recordedRequestsSchema>[number]

export const clockSchema = z.strictObject({ offsetSeconds: z.int() })

const leaseReference = z.object({ jti: z.string(), seq: z.int() })
export const forksSchema = z.array(z.object({
  at: z.string(),
  key: z.string(),
  licenseId: z.string(),
  instanceId: z.string(),
  presented: leaseReference,
  /** The lease this installation presented before; only that one, or a response to it, continues its line. */
  expected: leaseReference,
}))
export type Fork = z.infer<typeof forksSchema>[number]

export const emptySchema = z.object({})

