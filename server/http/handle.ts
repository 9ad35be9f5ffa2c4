import type { EventHandler, H3Event } from 'h3'
import { defineEventHandler, setResponseStatus } from 'h3'
import type { z } from 'zod'
import type { Operation, OperationName } from '../../shared/operations.ts'
import { OPERATIONS } from '../../shared/operations.ts'
import type { Audience } from '../../shared/redaction.ts'
import { LicenseError } from '../license/errors.ts'
import type { App, Base } from '../runtime/app.ts'
import { getBase, requireApp } from '../runtime/app.ts'
import { nameAccount } from '../runtime/request-context.ts'
import { Answer, setHeaders } from './answer.ts'
import type { Caller } from './caller.ts'
import { authorize } from './caller.ts'
import { requireGuards } from './guards.ts'
import { answerError } from './http-error.ts'
import type { Peer } from './peer.ts'
import { peerOf, requireSameSite } from './peer.ts'
import type { RateLimits } from './rate-limits.ts'
import { readJsonBody, readParams, readQuery } from './read-input.ts'

type Input<O, K extends string> = O extends Record<K, infer S extends z.ZodType> ? z.infer<S> : undefined
type Operations = typeof OPERATIONS

/** What a route handler receives: an authenticated caller and validated input. */
export interface Context<N extends OperationName> {
  event: H3Event
  peer: Peer
  body: Input<Operations[N], 'body'>
  query: Input<Operations[N], 'query'>
  params: Input<Operations[N], 'params'>
  /** Undefined for public routes and the service token. */
  identity: Caller | undefined
  limits: RateLimits
  /** Throws STORAGE_UNAVAILABLE until the database has been reached. */
  readonly app: App
}

type Given<N extends OperationName> = Omit<Context<N>, 'app'>

/** The route of an operation. */
export interface Route extends EventHandler {
  /** What is answered, and nothing sent. Never rejects. */
  respond(event: H3Event): Promise<unknown>
}

/** In no cache, unless a handler says otherwise. */
export const UNKEPT: readonly string[] = ['cache-control', 'no-store']

/**
 * Defines the route of an operation in shared/operations.ts. Checks the site, then the caller, then the input. Whatever a
 * handler throws becomes a response here and nowhere else.
 */
export function handle<N extends OperationName>(name: N, run: (context: Context<N>) => unknown): Route {
  const operation: Operation = OPERATIONS[name]

  async function respond(event: H3Event): Promise<unknown> {
    const base = getBase()
    const peer: Peer = event.context.peer ?? peerOf(event, base?.config ?? { trustProxy: [], publicUrl: null })
    let identity: Caller | undefined
    try {
      requireSameSite(event, peer.origin)
      identity = await authorize(event, operation, peer)
      if (identity?.kind === 'user') nameAccount(identity.id)
      const { limits } = requireGuards()
      const params = operation.params && readParams(event, operation.params)
      const query = operation.query && readQuery(event, operation.query)
      const body = operation.body && await readJsonBody(event, operation.body)
      const context = new RouteContext({ event, peer, identity, limits, params, query, body } as Given<N>)
      if (operation.status !== undefined) setResponseStatus(event, operation.status)
      const result = await run(context)
      return event.handled ? undefined : result ?? null
    }
    catch (error) {
      if (base) noteCrossSite(base, event, peer, error)
      return answerError(event, error, base?.refusals, audienceOf(identity))
    }
  }

  return Object.assign(defineEventHandler(async (event) => {
    setHeaders(event.node.res, UNKEPT)
    const result = await respond(event)
    if (!(result instanceof Answer)) return result
    setHeaders(event.node.res, result.headers)
    setResponseStatus(event, result.status)
    return result.body
  }), { respond })
}

/** One class for all routes: an object with an accessor of its own costs more than the rest of a short answer. */
class RouteContext<N extends OperationName> implements Context<N> {
  event
  peer
  identity
  limits
  params: Context<N>['params']
  query: Context<N>['query']
  body: Context<N>['body']

  constructor({ event, peer, identity, limits, params, query, body }: Given<N>) {
    this.event = event
    this.peer = peer
    this.identity = identity
    this.limits = limits
    this.params = params
    this.query = query
    this.body = body
  }

  get app() { return requireApp() }
}

function audienceOf(identity: Caller | undefined): Audience {
  return identity?.role ?? 'nobody'
}

/**
 * A proxy that hides our address looks just like another site; the expected and the found origin tell an operator which it was.
 */
function noteCrossSite({ refusals }: Base, event: H3Event, { address }: Peer, error: unknown): void {
  if (!(error instanceof LicenseError) || error.code !== 'CROSS_SITE') return
  const { expected, found } = error.details ?? {}
  refusals.warn('a write from another site was refused', {
    address, expected, found: typeof found === 'string' ? found.slice(0, 200) : null,
    site: event.node.req.headers['sec-fetch-site']?.slice(0, 20) ?? null,
  })
}
