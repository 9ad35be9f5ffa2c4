import { createHash, timingSafeEqual } from 'node:crypto'
import type { H3Event } from 'h3'
import { defineEventHandler, setResponseHeader, setResponseStatus } from 'h3'
import type { z } from 'zod'
import type { Operation, OperationName } from '../../shared/operations.ts'
import { OPERATIONS } from '../../shared/operations.ts'
import type { Identity } from '../accounts/service.ts'
import { LicenseError } from '../license/errors.ts'
import type { Actor } from '../license/ports.ts'
import type { App, Base } from './composition.ts'
import { getBase, requireApp } from './composition.ts'
import { answerError } from './http-error.ts'
import type { Peer } from './peer.ts'
import { peerOf } from './peer.ts'
import { readJsonBody, readParams, readQuery } from './read-input.ts'
import { nameAccount } from './request-context.ts'
import { requireSameSite } from './same-site.ts'
import { getSessionToken } from './session-cookie.ts'

type Input<O, K extends string> = O extends Record<K, infer S extends z.ZodType> ? z.infer<S> : undefined
type Operations = typeof OPERATIONS

/** What a route gets to work with: proven identity, parsed input. */
export interface Context<N extends OperationName> {
  event: H3Event
  peer: Peer
  body: Input<Operations[N], 'body'>
  query: Input<Operations[N], 'query'>
  params: Input<Operations[N], 'params'>
  /** Who is signed in; undefined for public routes and the service token. */
  identity: Identity | undefined
  readonly app: App
}

/**
 * Takes an operation of shared/operations.ts and what it does; returns its route. Order: same site, who asks, what is
 * asked; errors become answers here and nowhere else.
 */
export function handle<N extends OperationName>(name: N, run: (context: Context<N>) => unknown) {
  const operation: Operation = OPERATIONS[name]
  return defineEventHandler(async (event) => {
    setResponseHeader(event, 'cache-control', 'no-store')
    const base = getBase()
    try {
      const peer = peerOf(event, base?.config ?? { trustProxy: [], publicUrl: null })
      requireSameSite(event, peer.origin)
      const identity = await authorize(event, operation)
      if (identity) nameAccount(identity.id)
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
      if (base) noteCrossSite(base, event, error)
      return answerError(event, error, base?.log)
    }
  })
}

/** A proxy that hides our address looks the same: what was expected and found tells one from the other. */
function noteCrossSite({ config, refusals }: Base, event: H3Event, error: unknown): void {
  if (!(error instanceof LicenseError) || error.code !== 'CROSS_SITE') return
  const { expected, found } = error.details ?? {}
  refusals.warn('a write from another site was refused', {
    address: peerOf(event, config).address, expected, found: typeof found === 'string' ? found.slice(0, 200) : null,
    site: event.node.req.headers['sec-fetch-site']?.slice(0, 20) ?? null,
  })
}

async function authorize(event: H3Event, { access }: Operation): Promise<Identity | undefined> {
  if (access === 'public') return undefined
  if (access === 'service' || access === 'session-or-service') {
    if (hasServiceToken(event)) return undefined
    if (access === 'service') throw new LicenseError('UNAUTHENTICATED')
  }
  const identity = await getIdentity(event)
  if (!identity) throw new LicenseError('UNAUTHENTICATED')
  if (access === 'admin' && identity.role !== 'admin') throw new LicenseError('FORBIDDEN')
  return identity
}

/** Takes a request; returns whose session it carries. */
export async function getIdentity(event: H3Event): Promise<Identity | undefined> {
  const token = getSessionToken(event)
  return token === undefined ? undefined : requireApp().accounts.identify(token)
}

/** Compared by digest: neither length nor content shows in the time. Needs no database. */
export function hasServiceToken(event: H3Event): boolean {
  const given = /^Bearer (\S+)$/i.exec(event.node.req.headers.authorization ?? '')?.[1]
  if (given === undefined) return false
  const digest = (value: string) => createHash('sha256').update(value).digest()
  return (getBase()?.config.serviceTokens ?? []).filter(token => timingSafeEqual(digest(token), digest(given))).length > 0
}

/** Takes a route's context; returns who is to be named in the activity log. Throws UNAUTHENTICATED without a session. */
export function actorOf({ identity, peer }: { identity: Identity | undefined, peer: Peer }): Actor & { kind: 'user' } {
  return { kind: 'user', email: requireIdentity(identity).email, address: peer.address }
}

export function requireIdentity(identity: Identity | undefined): Identity {
  if (!identity) throw new LicenseError('UNAUTHENTICATED')
  return identity
}
