import { isIP } from 'node:net'
import type { H3Event } from 'h3'
import { setResponseHeader, setResponseStatus } from 'h3'
import { z } from 'zod'
import { ROLES, STATES } from '../../shared/contracts.ts'
import { isFindingCause } from '../../shared/findings.ts'
import { METHODS } from '../../shared/method-rules.ts'
import { INSTANCE_ID } from '../license/claims.ts'
import { LicenseError } from '../license/errors.ts'
import { ValidationError } from '../http/http-error.ts'
import { peerOf, requireSameSite } from '../http/peer.ts'
import { readJsonBody } from '../http/read-input.ts'
import { cookieScopeOf, sessionCookieName, setSessionCookie } from '../http/session-cookie.ts'
import type { App } from '../runtime/app.ts'
import { getBase, requireApp } from '../runtime/app.ts'
import type { Handle } from '../runtime/sandbox-hooks.ts'
import { advance } from './advance.ts'
import { inTurn, sandboxHooks, setOutage, time, whenOpened } from './hooks.ts'
import { startAnew } from './restart.ts'
import { isOutageCause, OUTAGE_CAUSES } from './samples.ts'
import type { Seeded } from './seed.ts'
import { ImpossibleError, seed } from './seed.ts'
import type { Vendor } from './vendor.ts'
import { createVendor, VendorError } from './vendor.ts'

/* The routes under /__sandbox/. One at a time: each changes what the next one finds. */

const TEN_YEARS = 10 * 366 * 86_400

const moment = z.iso.datetime({ offset: true }).transform(text => Date.parse(text))
const beginning = {
  /** The present moment from here on; the machine's if left out. */
  now: moment.nullable().default(null),
  /** Whether time stands still there. */
  frozen: z.boolean().default(false),
  instanceId: z.string().regex(INSTANCE_ID).nullable().default(null),
  /** Makes ids, nonces and jitter the same for the same number. */
  random: z.int().nullable().default(null),
}
const terms = z.strictObject({
  plan: z.string().min(1).optional(),
  organization: z.string().min(1).optional(),
  seats: z.int().min(0).nullable().optional(),
  features: z.array(z.string()).optional(),
  days: z.number().positive().max(7300).optional(),
  every: z.int().min(1).optional(),
  grace: z.int().min(0).optional(),
  renews: z.boolean().optional(),
})

interface Context { event: H3Event, app: App, handle: Handle, vendor: Vendor }

/** A route: it reads and judges its body, and then waits until the ones before it have done. */
function route<S extends z.ZodType>(schema: S, run: (input: z.infer<S>, context: Context) => Promise<unknown>) {
  return async (event: H3Event): Promise<unknown> => {
    const input = await readJsonBody(event, schema)
    const handle = await whenOpened
    const vendor = createVendor(requireApp().client.baseUrl, sandboxHooks.callHeaders)
    return oneAtATime(async () => {
      const answer = await run(input, { event, app: requireApp(), handle, vendor })
      await tellTime(vendor)
      return answer
    })
  }
}

/** So that a token issued now is of now. An installation need not have a license server of ours. */
async function tellTime(vendor: Vendor): Promise<void> {
  const at = time.now()
  if (at !== null) await vendor.setClock(requireApp().license.instanceId, at).catch(() => undefined)
}

let before: Promise<unknown> = Promise.resolve()
function oneAtATime<T>(work: () => Promise<T>): Promise<T> {
  const result = before.then(work)
  before = result.catch(() => undefined)
  return result
}

const ROUTES = {
  advance: route(z.strictObject({
    seconds: z.number().min(0).max(TEN_YEARS),
    /** Whether sessions grow older too. */
    sessions: z.boolean().default(false),
  }), async ({ seconds, sessions }, { app }) => {
    await inTurn(() => advance(app.license, time, seconds * 1000, sessions))
    return stateOf(app)
  }),
  reset: route(z.strictObject(beginning), async ({ now, ...anew }, { handle, vendor }) =>
    stateOf(await startAnew(handle, vendor, { ...anew, at: now }))),
  seed: route(z.strictObject({
    state: z.enum(STATES).optional(),
    method: z.enum(METHODS).optional(),
    finding: z.string().refine(isFindingCause).optional(),
    role: z.enum(ROLES).nullable().default('admin'),
    terms: terms.optional(),
    seatsUsed: z.int().min(0).optional(),
    ...beginning,
  }), async (wanted, { event, handle, vendor }) => {
    const { token, ...seeded } = await seed(handle, vendor, wanted)
    const app = requireApp()
    return { ...stateOf(app), ...seeded, cookie: token && giveSession(event, app, token) }
  }),
  /** From now on every call to the license server fails with this cause; null ends it. */
  outage: route(z.strictObject({ cause: z.string().refine(isOutageCause).nullable() }), async ({ cause }, { app }) => {
    setOutage(cause)
    return stateOf(app)
  }),
}
const NAMES = Object.keys(ROUTES)

/** Answers a request to `/__sandbox/<path>`. */
export async function answerSandbox(event: H3Event, path: string): Promise<unknown> {
  setResponseHeader(event, 'cache-control', 'no-store')
  try {
    requireOwnPage(event)
    if (path === '') return { routes: NAMES.map(name => `POST /__sandbox/${name}`), causes: OUTAGE_CAUSES, ...stateOf(requireApp()) }
    if (!isName(path)) return refuse(event, 404, `There is no /__sandbox/${path.slice(0, 40)}; there are ${NAMES.join(', ')}.`)
    if (event.method !== 'POST') {
      setResponseHeader(event, 'allow', 'POST')
      return refuse(event, 405, `/__sandbox/${path} takes POST.`)
    }
    return await ROUTES[path](event)
  }
  catch (error) {
    return refuseFor(event, error)
  }
}

/**
 * Throws CROSS_SITE for what a page of another site asks for. Scripts outside a browser are not judged. A name that is not this
 * machine's could be another site's that leads here (DNS rebinding), and would count as our own.
 */
function requireOwnPage(event: H3Event): void {
  const { publicUrl, trustProxy } = getBase()?.config ?? { trustProxy: [], publicUrl: null }
  const { origin } = peerOf(event, { publicUrl, trustProxy })
  requireSameSite(event, origin)
  const { headers } = event.node.req
  if (headers.origin === undefined && headers['sec-fetch-site'] === undefined) return
  const { hostname } = new URL(origin)
  const isOurs = publicUrl !== null || /(?:^|\.)localhost$/.test(hostname) || isIP(hostname.replace(/^\[|\]$/g, '')) !== 0
  if (!isOurs) throw new LicenseError('CROSS_SITE')
}

function isName(path: string): path is keyof typeof ROUTES {
  return Object.hasOwn(ROUTES, path)
}

/** What every route answers: where the product is now. */
function stateOf({ license }: App): { state: string, entitled: boolean, instanceId: string, now: string, license: Seeded['license'] } {
  const view = license.view('admin')
  return { state: view.state, entitled: view.entitled, instanceId: view.instanceId, now: view.serverTime, license: view }
}

function giveSession(event: H3Event, app: App, token: string): { name: string, value: string } {
  const scope = cookieScopeOf(app, peerOf(event, app.config))
  setSessionCookie(event, token, scope)
  return { name: sessionCookieName(scope), value: token }
}

function refuse(event: H3Event, status: number, error: string): { error: string } {
  setResponseStatus(event, status)
  return { error }
}

function refuseFor(event: H3Event, error: unknown): { error: string } {
  if (error instanceof ValidationError) return refuse(event, 400, `Not as expected: ${JSON.stringify(error.fields)}.`)
  if (error instanceof ImpossibleError) return refuse(event, 400, `This cannot be: ${error.message}.`)
  if (error instanceof VendorError) return refuse(event, 502, error.message)
  if (error instanceof LicenseError) return refuse(event, error.code === 'CROSS_SITE' ? 403 : 409, `The product answered ${error.code}: ${String(error.cause ?? '')}`)
  getBase()?.log.error('a route of the sandbox failed', { cause: error instanceof Error ? error.stack : String(error) })
  return refuse(event, 500, `This failed: ${String(error)}`)
}
