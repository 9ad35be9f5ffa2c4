import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Config } from '../runtime/config.ts'

/** Who a bearer token belongs to: a service, or an administrator's script. */
export type BearerKind = 'service' | 'admin'

export interface BearerTokens {
  kindOf(token: string): BearerKind | undefined
}

/** Bytes: lengths are compared in steps of so many. */
const STEP = 256

/**
 * Recognises the tokens of NC_SERVICE_TOKEN and NC_ADMIN_TOKEN. Compares them filled up to one length, so that the time reveals neither
 * length nor content: with NUL, which is in no header and in no token that the configuration accepts.
 */
export function createBearerTokens({ serviceTokens, adminTokens }: Pick<Config, 'serviceTokens' | 'adminTokens'>): BearerTokens {
  const longest = Math.max(0, ...[...serviceTokens, ...adminTokens].map(token => Buffer.byteLength(token)))
  const width = (Math.floor(longest / STEP) + 1) * STEP
  const filledUp = (token: string, into: Buffer) => {
    into.fill(0).write(token)
    return into
  }
  const known = ([['service', serviceTokens], ['admin', adminTokens]] as const)
    .flatMap(([kind, tokens]) => tokens.map(token => ({ kind, bytes: filledUp(token, Buffer.alloc(width)) })))
  const scratch = Buffer.alloc(width)
  return {
    kindOf(token) {
      const given = filledUp(token, scratch)
      const fits = Buffer.byteLength(token) <= width
      let found: BearerKind | undefined
      // Compare with every token, so that the time does not depend on which one matches.
      for (const { kind, bytes } of known) if (timingSafeEqual(bytes, given) && fits) found ??= kind
      return found
    },
  }
}

/** The request's bearer token: undefined if there is none, an empty string if it is malformed. */
export function bearerOf({ headers: { authorization } }: IncomingMessage): string | undefined {
  if (authorization === undefined) return undefined
  const token = /^Bearer +(\S+) *$/i.exec(authorization)?.[1]
  return token ?? (/^Bearer(?:\s|$)/i.test(authorization) ? '' : undefined)
}
