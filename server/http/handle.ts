import type { H3Event } from 'h3'
import { defineEventHandler, setResponseHeader, setResponseStatus } from 'h3'
import type { z } from 'zod'
import type { Operation, OperationName } from '../../shared/operations.ts'
import { OPERATIONS } from '../../shared/operations.ts'
import type { Identity } from '../accounts/service.ts'
import { LicenseError } from '../license/errors.ts'
import type { Actor } from '../license/ports.ts'
import type { BearerKind } from './bearer.ts'
import { bearerOf } from './bearer.ts'
import type { App, Base } from '../runtime/composition.ts'
import { getBase, requireApp, requireBase } from '../runtime/composition.ts'
import { answerError } from './http-error.ts'
import type { Peer } from './peer.ts'
import { peerOf } from './peer.ts'
import { readJsonBody, readParams, readQuery } from './read-input.ts'
import { nameAccount } from '../runtime/request-context.ts'
import { requireSameSite } from './same-site.ts'
import { cookieScopeOf, getSessionToken, hasSessionCookie } from './session-cookie.ts'

type Input<O, K extends string> = O extends Record<K, infer S extends z.ZodType> ? z.infer<S> : undefined
type Operations = typeof OPERATIONS

/** Who may act: somebody who is signed in, or a script of the administrators with a token of NC_ADMIN_TOKEN. */
export type Caller = Identity | { kind: 'token', role: 'admin' }

/** What a route gets to work with: proven identity, parsed input. */
export interface Context<N extends OperationName> {
  event: H3Event
  peer: Peer
  body: Input<Operations[N], 'body'>
  query: Input<Operations[N], 'query'>
  params: Input<Operations[N], 'params'>
  /** Who asks; undefined for public routes and the service token. */
  identity: Caller | undefined
  readonly app: App
}

/**
 * The route of an operation of shared/operations.ts. Order: same site, who asks, what is
 * asked; errors become answers here and nowhere else.
 */
export function handle<N extends OperationName>(name: N, run: (context: Context<N>) => unknown) {
  const operation: Operation = OPERATIONS[name]
  return defineEventHandler(async (event) => {
    setResponseHeader(event, 'cache-control', 'no-store')
    const base = getBase()
    const peer: Peer = event.context.peer ?? peerOf(event, base?.config ?? { trustProxy: [], publicUrl: null })
    try {
      requireSameSite(event, peer.origin)
      const identity = await authorize(event, operation, peer)
      if (identity?.kind === 'user') nameAccount(identity.id)
      const input = {
        params: operation.params && readParams(event, operation.params),
        query: operation.query && readQuery(event, operation.query),
        body: operation.body && await readJsonBody(event, operation.body),
      }
      const context = { event, peer, identity, ...input, get app() { return requireApp() } } as Context<N>
      if (operation.status !== undefined) setResponseStatus(event, operation.status)
      const result = await run(context)
      return event.handled ? undefined : result ?? null
    }
    catch (error) {
      if (base) noteCrossSite(base, event, peer, error)
      return answerError(event, error, base?.refusals)
    }
  })
}

/** A proxy that hides our address looks the same: what was expected and found tells one from the other. */
function noteCrossSite({ refusals }: Base, event: H3Event, { address }: Peer, error: unknown): void {
  if (!(error instanceof LicenseError) || error.code !== 'CROSS_SITE') return
  const { expected, found } = error.details ?? {}
  refusals.warn('a write from another site was refused', {
    address, expected, found: typeof found === 'string' ? found.slice(0, 200) : null,
    site: event.node.req.headers['sec-fetch-site']?.slice(0, 20) ?? null,
  })
}

/** A bearer token, right or wrong, decides alone: a script never acts with the session of a cookie that came along. */
async function authorize(event: H3Event, operation: Operation, peer: Peer): Promise<Caller | undefined> {
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
  const { bearerTokens, refusedTokens } = requireBase()
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

/** Whose session the request's cookie is. */
export async function getIdentity(event: H3Event, peer: Peer): Promise<Identity | undefined> {
  // Before the database has been reached too, a visitor without a session is just that.
  if (!hasSessionCookie(event)) return undefined
  const app = requireApp()
  const token = getSessionToken(event, cookieScopeOf(app, peer))
  return token === undefined ? undefined : app.accounts.identify(token)
}

/** Whether the request carries a token of NC_SERVICE_TOKEN. Needs no database. */
export function hasServiceToken(event: H3Event): boolean {
  return requireBase().bearerTokens.kindOf(bearerOf(event.node.req) ?? '') === 'service'
}

/** Who is to be named in the activity log. Throws UNAUTHENTICATED without an identity. */
export function actorOf({ identity, peer }: { identity: Caller | undefined, peer: Peer }): Actor {
  const caller = requireIdentity(identity)
  return caller.kind === 'token' ? { kind: 'token', address: peer.address } : { kind: 'user', email: caller.email, address: peer.address }
}

/** Whose uses are counted together: an account's, or those of all scripts. */
export function limitKeyOf(identity: Caller | undefined): string {
  const caller = requireIdentity(identity)
  return caller.kind === 'token' ? 'token' : caller.email
}

export function requireIdentity(identity: Caller | undefined): Caller {
  if (!identity) throw new LicenseError('UNAUTHENTICATED')
  return identity
}

/** For what concerns a person's own account or session. Throws FORBIDDEN for a script. */
export function requirePerson(identity: Caller | undefined): Identity {
  const caller = requireIdentity(identity)
  if (caller.kind === 'token') throw new LicenseError('FORBIDDEN')
  return caller
}
