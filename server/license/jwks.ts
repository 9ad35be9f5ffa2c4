import { z } from 'zod'

/** One public Ed25519 key of the vendor (RFC 8037 §2). Private members are refused so that none is ever compiled in. */
export const publicKeySchema = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  // Canonical base64url of 32 bytes: the last character's unused bits are zero, so that keys compare as text.
  x: z.string().regex(/^[\w-]{42}[AEIMQUYcgkosw048]$/),
  kid: z.string().min(1).max(256),
  d: z.undefined().optional(),
}).transform(({ kty, crv, x, kid }) => ({ kty, crv, x, kid }))

export const jwksSchema = z.object({ keys: z.array(publicKeySchema).min(1) })
  .refine(({ keys }) => new Set(keys.map(key => key.kid)).size === keys.length, { message: 'two keys share a kid' })
export type Jwks = z.infer<typeof jwksSchema>
