import { z } from 'zod'
import { INSTANCE_ID } from '../../../server/license/claims.ts'

/*
 * Several tests may share one sandbox license server. Whatever one of them sets or asks can be meant for an installation, for a
 * license, or for one license on one installation; without either it is meant for all.
 */

export const installation = z.string().regex(INSTANCE_ID, 'must be an Instance ID: 32 lower-case hex digits').optional()

export const scopeMembers = { installation, key: z.string().min(8).max(256).optional() }

export const scopeSchema = z.strictObject(scopeMembers)
export type Scope = z.infer<typeof scopeSchema>
