import { z } from 'zod'

/*
 * The license server protocol: JSON over HTTPS. The client parses with these schemas and the sandbox license server is
 * typed by them, so that neither can drift from the other without a compile error.
 * Every call but `activate` and `ping` carries `Authorization: Bearer <secret>`, which activation issues.
 */

const jws = z.string().min(1).max(32_768)
const nonce = z.string().min(16).max(256)
const kids = z.array(z.string().min(1).max(256)).max(100)
const version = z.string().min(1).max(64)

const leaseOrVerdict = z.union([z.object({ lease: jws }), z.object({ verdict: jws })])

export const PROTOCOL = {
  activate: {
    method: 'POST',
    path: '/api/v1/licenses/activate',
    request: z.object({ license_key: z.string().min(8).max(256), instance_id: z.string().min(1).max(256), nonce, version, kids }),
    response: z.object({ lease: jws, secret: z.string().min(16).max(1024) }),
  },
  checkIn: {
    method: 'POST',
    path: '/api/v1/licenses/check-in',
    request: z.object({ lease: jws, nonce, version, kids, seats_used: z.int().min(0).nullable() }),
    response: leaseOrVerdict,
  },
  renew: {
    method: 'POST',
    path: '/api/v1/licenses/renew',
    request: z.object({ lease: jws, nonce, version, kids }),
    response: leaseOrVerdict,
  },
  deactivate: {
    method: 'POST',
    path: '/api/v1/licenses/deactivate',
    request: z.object({ lease: jws, nonce }),
    response: z.object({}),
  },
  ping: {
    method: 'GET',
    path: '/api/v1/ping',
    request: z.undefined(),
    response: z.object({ ok: z.literal(true), time: z.union([z.string(), z.number()]) }),
  },
} as const

export type CallName = keyof typeof PROTOCOL
export type RequestOf<C extends CallName> = z.infer<(typeof PROTOCOL)[C]['request']>
export type ResponseOf<C extends CallName> = z.infer<(typeof PROTOCOL)[C]['response']>

export const REFUSAL_CODES = [
  'unknown_key', 'expired', 'revoked', 'suspended', 'bound_elsewhere', 'method_not_in_plan', 'rate_limited', 'bad_request',
] as const
export type RefusalCode = (typeof REFUSAL_CODES)[number]

/** Body of a 4xx, or of a 5xx. Unsigned: it explains a failed call and never changes a license. `internal`: its own trouble. */
export const errorSchema = z.object({
  error: z.object({ code: z.enum([...REFUSAL_CODES, 'internal']), message: z.string() }),
})
export type ErrorBody = z.infer<typeof errorSchema>
export type ErrorBodyCode = ErrorBody['error']['code']
