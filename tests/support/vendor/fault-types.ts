import { z } from 'zod'
import { REFUSAL_CODES } from '../../../server/license-server/protocol.ts'
import type { CallName } from '../../../server/license-server/protocol.ts'
import { VERDICTS } from '../../../server/license/claims.ts'
import { scopeMembers } from './scope.ts'

const status = z.int().min(200).max(599)
const openObject = z.record(z.string(), z.unknown())
const plain = <T extends string>(type: T) => z.strictObject({ type: z.literal(type) })

/** Responses in place of the vendor's: the call is recorded but changes nothing. */
export const replacementSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('status'),
    status,
    headers: z.record(z.string(), z.string()).optional(),
    /** An object is sent as JSON, anything else as text. */
    body: z.unknown().optional(),
  }),
  plain('hang'),
  plain('html'),
  plain('empty'),
  plain('badSchema'),
  plain('endless'),
  plain('gzipBomb'),
  plain('deepJson'),
  z.strictObject({ type: z.literal('redirect'), status: status.optional(), location: z.string() }),
  z.strictObject({ type: z.literal('unsignedRefusal'), code: z.enum(REFUSAL_CODES), status: status.optional() }),
])

/** The vendor does its work, but its response is spoilt on the way. */
export const transportSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('delay'), ms: z.int().min(0) }),
  /** Late by as long as the test likes: sent when the faults are cleared. */
  plain('hold'),
  plain('hangBody'),
  z.strictObject({ type: z.literal('drip'), everyMs: z.int().min(1) }),
  /** Resets the TCP connection: in place of a response (then nothing is done), after its headers, or within its body. */
  z.strictObject({ type: z.literal('reset'), stage: z.enum(['request', 'headers', 'body']).optional() }),
  z.strictObject({ type: z.literal('contentType'), value: z.string() }),
  plain('badJson'),
  plain('extraFields'),
  z.strictObject({ type: z.literal('oversized'), bytes: z.int().min(1).optional() }),
])

/** The vendor does its work, but signs something other than what was asked for. */
export const signedSchema = z.discriminatedUnion('type', [
  plain('wrongSigner'),
  plain('staleNonce'),
  plain('wrongInstance'),
  plain('wrongLicense'),
  plain('olderSeq'),
  plain('wrongKind'),
  /** Returns the very lease that the client presented. */
  plain('replay'),
  z.strictObject({
    type: z.literal('lease'), claims: openObject, header: openObject.optional(), omit: z.array(z.string()).optional(),
  }),
  z.strictObject({ type: z.literal('verdict'), verdict: z.enum(VERDICTS), reason: z.string().optional() }),
])

export const faultSchema = z.discriminatedUnion('type', [replacementSchema, transportSchema, signedSchema])
export type Fault = z.infer<typeof faultSchema>
export type Replacement = z.infer<typeof replacementSchema>
export type TransportFault = z.infer<typeof transportSchema>
export type SignedFault = z.infer<typeof signedSchema>

export const CALL_NAMES = ['activate', 'checkIn', 'renew', 'deactivate', 'ping'] as const satisfies CallName[]

export const faultRequestSchema = z.strictObject({
  call: z.enum([...CALL_NAMES, '*']),
  /** How many calls it hits; unlimited by default. */
  times: z.int().min(1).optional(),
  fault: faultSchema,
  ...scopeMembers,
}).meta({ id: 'Fault' })
export type FaultRequest = z.infer<typeof faultRequestSchema>
