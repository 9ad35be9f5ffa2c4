import { z } from 'zod'

/** `iss` and `aud` of everything the vendor signs for a self-hosted installation. */
export const ISSUER = 'https://app.nocodb.com'
export const AUDIENCE = 'nocodb-self-hosted'

/** JWS header `typ` (RFC 7515 §4.1.9) of each kind of signed statement; none is ever accepted in place of another. */
export const TYP = {
  lease: 'nc-lease+jwt',
  offline: 'nc-offline+jwt',
  verdict: 'nc-verdict+jwt',
} as const
export type TokenKind = keyof typeof TYP

/** The longest licensed term, 20 years, and the longest check-in or grace period, 366 days. Seconds. */
export const MAX_TERM = 7305 * 86_400
const MAX_PERIOD = 366 * 86_400

export const INSTANCE_ID = /^[0-9a-f]{32}$/

/** Seconds since 1970 (RFC 7519 NumericDate, whole seconds only). 8640000000000 is the last that a JavaScript Date can hold. */
const seconds = z.int().min(0).max(8_640_000_000_000)
const seq = z.int().min(0)
const name = z.string().min(1).max(10_000)
const id = z.string().min(1).max(256)

const common = {
  iss: z.literal(ISSUER),
  aud: z.literal(AUDIENCE),
  sub: z.string().regex(/^lic_[\w-]{1,252}$/),
  jti: id,
  iat: seconds,
  seq,
  instance_id: z.string().regex(INSTANCE_ID),
}

/** A plan's limits by name; null means unlimited. Names unknown to this build are kept. */
export const limitsSchema = z.record(z.string().regex(/^limit_[\w.-]{1,250}$/), z.int().min(0).nullable())
  .refine(limits => Object.keys(limits).length <= 500)
export type Limits = z.infer<typeof limitsSchema>

const terms = {
  nbf: seconds.optional(),
  exp: seconds,
  plan: name,
  licensee: z.object({ organization: name, email: z.string().max(320).optional() }),
  features: z.array(z.string().min(1).max(256)).max(500),
  seats: z.int().min(0).nullable(),
  limits: limitsSchema.optional(),
}

const checkIn = z.object({ every: z.int().min(1).max(MAX_PERIOD), grace: z.int().min(0).max(MAX_PERIOD) })

const lease = z.discriminatedUnion('method', [
  z.object({ ...common, ...terms, method: z.literal('standard'), check_in: checkIn, renews: z.boolean(), nonce: id }),
  z.object({ ...common, ...terms, method: z.literal('airgapped'), nonce: id }),
  z.object({ ...common, ...terms, method: z.literal('offline') }),
])

/** The signed claims a license runs on: who is licensed, for what, until when, on which installation. */
export const leaseSchema = lease
  .refine(claims => claims.exp > claims.iat, { path: ['exp'] })
  .refine(claims => claims.exp - claims.iat <= MAX_TERM, { path: ['exp'] })
export type LeaseClaims = z.infer<typeof leaseSchema>
/** A lease that has to be swapped for a fresh one regularly, and says how often. */
export type CheckedInLease = Extract<LeaseClaims, { check_in: unknown }>

export const VERDICTS = ['revoked', 'suspended', 'bound_elsewhere'] as const

/** The vendor's signed word that a license is no longer good here; the only thing that takes features away early. */
export const verdictSchema = z.object({
  ...common,
  nonce: id,
  verdict: z.enum(VERDICTS),
  reason: z.string().max(10_000).optional(),
})
export type VerdictClaims = z.infer<typeof verdictSchema>
