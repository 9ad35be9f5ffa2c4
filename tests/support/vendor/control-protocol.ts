import { z } from 'zod'
import { limitsSchema, MAX_TERM } from '../../../server/license/claims.ts'
import { METHODS } from '../../../shared/method-rules.ts'

/* What the control API under `/__sandbox/` takes and answers; its server and its client are both typed by this. */

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
  /** Term from now on; `exp`, in seconds since 1970, wins. */
  days: z.number().max(MAX_TERM / 86_400).optional(),
  exp: z.int().optional(),
  /** Check-in period and grace period in seconds. */
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

/** `boundTo: null` frees the binding, so that the next installation may activate. */
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
  /** Seats taken and freed so far; activating an installation again that holds one already takes none. */
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
  /** Takes license id and terms from this license. */
  key: z.string().optional(),
  header: openObject.optional(),
  claims: openObject.optional(),
  /** Names of claims to leave out. */
  omit: z.array(z.string()).optional(),
  /** Replace header or payload by this very text, e.g. with a duplicate member, and sign it. */
  headerText: z.string().optional(),
  payloadText: z.string().optional(),
})
export type IssueToken = z.input<typeof issueTokenSchema>
export const issuedTokenSchema = z.object({ token: z.string() })

export const recordedRequestsSchema = z.array(z.object({
  at: z.string(),
  method: z.string(),
  path: z.string(),
  /** As it was asked for: the path with whatever follows it. */
  url: z.string(),
  headers: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
  /** Parsed JSON; the text where it was none; null where there was no body or one over the limit. */
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
  /** The lease this installation had presented before; only that one or an answer to it continues the line. */
  expected: leaseReference,
}))
export type Fork = z.infer<typeof forksSchema>[number]

export const emptySchema = z.object({})

