import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Config } from '../runtime/config.ts'

/** Whose token it is: the services', or the administrators' scripts'. */
export type BearerKind = 'service' | 'admin'

export interface BearerTokens {
  kindOf(token: string): BearerKind | undefined
}

const digestOf = (value: string) => createHash('sha256').update(value).digest()

/** The tokens of NC_SERVICE_TOKEN and NC_ADMIN_TOKEN. Compared by digest: neither length nor content shows in the time. */
export function createBearerTokens({ serviceTokens, adminTokens }: Pick<Config, 'serviceTokens' | 'adminTokens'>): BearerTokens {
  const known = ([['service', serviceTokens], ['admin', adminTokens]] as const)
    .flatMap(([kind, tokens]) => tokens.map(token => ({ kind, digest: digestOf(token) })))
  return {
    kindOf(token) {
      const given = digestOf(token)
      // All of them, whichever fits.
      return known.filter(({ digest }) => timingSafeEqual(digest, given))[0]?.kind
    },
  }
}

/** The request's bearer token; empty when it is none that could be ours, undefined without one. */
export function bearerOf({ headers }: IncomingMessage): string | undefined {
  const { authorization = '' } = headers
  if (!/^Bearer(?:\s|$)/i.test(authorization)) return undefined
  return /^Bearer +(\S+) *$/i.exec(authorization)?.[1] ?? ''
}
