import { hash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Config } from '../runtime/config.ts'

/** Who a bearer token belongs to: a service, or an administrator's script. */
export type BearerKind = 'service' | 'admin'

export interface BearerTokens {
  kindOf(token: string): BearerKind | undefined
}

const digestOf = (value: string) => hash('sha256', value, 'buffer')

/**
 * Recognises the tokens of NC_SERVICE_TOKEN and NC_ADMIN_TOKEN. Compares digests, so that the time reveals neither length nor
 * content.
 */
export function createBearerTokens({ serviceTokens, adminTokens }: Pick<Config, 'serviceTokens' | 'adminTokens'>): BearerTokens {
  const known = ([['service', serviceTokens], ['admin', adminTokens]] as const)
    .flatMap(([kind, tokens]) => tokens.map(token => ({ kind, digest: digestOf(token) })))
  return {
    kindOf(token) {
      const given = digestOf(token)
      // Compare with every token, so that the time does not depend on which one matches.
      return known.filter(({ digest }) => timingSafeEqual(digest, given))[0]?.kind
    },
  }
}

/** The request's bearer token: undefined if there is none, an empty string if it is malformed. */
export function bearerOf({ headers }: IncomingMessage): string | undefined {
  const { authorization = '' } = headers
  if (!/^Bearer(?:\s|$)/i.test(authorization)) return undefined
  return /^Bearer +(\S+) *$/i.exec(authorization)?.[1] ?? ''
}
