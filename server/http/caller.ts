import type { H3Event } from 'h3'
import type { Operation } from '../../shared/operations.ts'
import type { Identity } from '../accounts/service.ts'
import { LicenseError } from '../license/errors.ts'
import type { Actor } from '../license/events.ts'
import { requireApp } from '../runtime/app.ts'
import type { BearerKind } from './bearer.ts'
import { bearerOf } from './bearer.ts'
import { requireGuards } from './guards.ts'
import type { Peer } from './peer.ts'
import { cookieScopeOf, getSessionToken, hasSessionCookie } from './session-cookie.ts'

/* Who is calling, and what they may call. */

/** A signed-in person, or an administrator's script with a token of NC_ADMIN_TOKEN. */
export type Caller = Identity | { kind: 'token', role: 'admin' }

/**
 * Identifies the caller of an operation; undefined for public operations and for service tokens. Throws UNAUTHENTICATED or
 * FORBIDDEN. A bearer token, right or wrong, makes the session cookie irrelevant: a script must never act with somebody's
 * session.
 */
export async function authorize(event: H3Event, operation: Operation, peer: Peer): Promise<Caller | undefined> {
  const { access } = operation
  if (access === 'public') return undefined
  const bearer = bearerOf(event.node.req)
  if (bearer !== undefined) return authorizeToken(bearer, operation, peer)
  const identity = access === 'service' ? undefined : await getIdentity(event, peer)
  if (!identity) throw new LicenseError('UNAUTHENTICATED')
  if (access === 'admin' && identity.role !== 'admin') throw new LicenseError('FORBIDDEN')
  return identity
}

function authorizeToken(bearer: string, { access, person, method, path }: Operation, { address }: Peer): Caller | undefined {
  const { bearerTokens, refusedTokens } = requireGuards()
  const kind = bearerTokens.kindOf(bearer)
  if (kind === 'service' && (access === 'service' || access === 'session-or-service')) return undefined
  if (kind === 'admin' && access !== 'service') {
    if (person) throw new LicenseError('FORBIDDEN')
    return { kind: 'token', role: 'admin' }
  }
  refusedTokens.note({ address, call: `${method} ${path}`, because: becauseOf(kind) })
  throw new LicenseError('UNAUTHENTICATED')
}

function becauseOf(kind: BearerKind | undefined): string {
  if (kind === undefined) return 'unknown'
  return kind === 'service' ? 'a token of NC_SERVICE_TOKEN, for a call of administrators' : 'a token of NC_ADMIN_TOKEN, for a call of services'
}

async function getIdentity(event: H3Event, peer: Peer): Promise<Identity | undefined> {
  // Without a cookie there is no session to look up, so a visitor gets an answer even while the database is unreachable.
  if (!hasSessionCookie(event)) return undefined
  const app = requireApp()
  const token = getSessionToken(event, cookieScopeOf(app, peer))
  return token === undefined ? undefined : app.accounts.identify(token)
}

/** Whether the request carries a token of NC_SERVICE_TOKEN. Needs no database. */
export function hasServiceToken(event: H3Event): boolean {
  return requireGuards().bearerTokens.kindOf(bearerOf(event.node.req) ?? '') === 'service'
}

/** The actor to record in the activity log. Throws UNAUTHENTICATED without an identity. */
export function actorOf({ identity, peer }: { identity: Caller | undefined, peer: Peer }): Actor {
  const caller = requireIdentity(identity)
  return caller.kind === 'token' ? { kind: 'token', address: peer.address } : { kind: 'user', email: caller.email, address: peer.address }
}

/** The key under which rate limits count this caller: one per account, and one for all scripts together. */
export function limitKeyOf(identity: Caller | undefined): string {
  const caller = requireIdentity(identity)
  return caller.kind === 'token' ? 'token' : caller.email
}

export function requireIdentity(identity: Caller | undefined): Caller {
  if (!identity) throw new LicenseError('UNAUTHENTICATED')
  return identity
}

/** Guards operations on a person's own account or session. Throws FORBIDDEN for a script. */
export function requirePerson(identity: Caller | undefined): Identity {
  const caller = requireIdentity(identity)
  if (caller.kind === 'token') throw new LicenseError('FORBIDDEN')
  return caller
}
