import type { Client, FetchResponse, Middleware } from 'openapi-fetch'
import createClient from 'openapi-fetch'
import type { components, paths } from '#api-types'

/*
 * Uses the whole API with a client whose types are generated from the OpenAPI document, as a program of somebody else's would.
 * Compiled by the test beside it, after the types were made.
 */

type Schemas = components['schemas']
export type Api = Client<paths, 'application/json'>
export interface Place { baseUrl: string, setupToken: string, serviceToken: string }

const OWNER = { email: 'owner@example.com', password: 'the first password' }
const NEXT = 'the second password'

/** Calls every operation, and resolves to the calls made, such as `GET /api/users/{id}`. */
export async function drive({ baseUrl, setupToken, serviceToken }: Place): Promise<Set<string>> {
  const calls = new Set<string>()
  const note: Middleware = { onRequest: ({ request, schemaPath }) => void calls.add(`${request.method} ${schemaPath}`) }
  const person = createClient<paths, 'application/json'>({ baseUrl })
  const service = createClient<paths, 'application/json'>({ baseUrl, headers: { authorization: `Bearer ${serviceToken}` } })
  person.use(note, keepCookies())
  service.use(note)
  await begin(person, setupToken)
  await keepAccounts(person)
  await activate(person)
  await lookAround(person)
  await serve(service)
  await onlyHeaders(person, service)
  await end(person)
  return calls
}

async function begin(api: Api, token: string): Promise<void> {
  expectSame<'ok'>(done(await api.GET('/api/health/live')).status, 'ok')
  expectSame<'ok'>(done(await api.GET('/api/health/ready')).status, 'ok')
  expectSame<unknown>(done(await api.GET('/api/openapi.json')).openapi, '3.1.0')
  expectSame<boolean>(done(await api.GET('/api/auth/setup')).pending, true)
  const { user } = done(await api.POST('/api/auth/setup', { body: { ...OWNER, token } }))
  expectSame<'admin' | 'viewer'>(user.role, 'admin')
  expectSame<string>(done(await api.GET('/api/auth/session')).user.email, OWNER.email)
  expectSame<number>((await api.POST('/api/auth/logout')).response.status, 204)
  const refused = await api.GET('/api/auth/session')
  expectSame<Schemas['Error']['data']['code'] | undefined>(refused.error?.data.code, 'UNAUTHENTICATED')
  done(await api.POST('/api/auth/login', { body: OWNER }))
  done(await api.PUT('/api/auth/password', { body: { current: OWNER.password, next: NEXT } }))
}

async function keepAccounts(api: Api): Promise<void> {
  const { id } = done(await api.POST('/api/users', { body: { email: 'auditor@example.com', password: 'auditor password', role: 'viewer' } }))
  // @ts-expect-error: a role that there is not
  expectSame<number>((await api.PATCH('/api/users/{id}', { params: { path: { id } }, body: { role: 'king' } })).response.status, 400)
  expectSame<Schemas['User']['role']>(done(await api.PATCH('/api/users/{id}', { params: { path: { id } }, body: { role: 'admin' } })).role, 'admin')
  expectSame<number>(done(await api.GET('/api/users')).users.length, 2)
  expectSame<number>((await api.DELETE('/api/users/{id}', { params: { path: { id } } })).response.status, 204)
}

async function activate(api: Api): Promise<void> {
  const credential = 'nc_demo_standard'
  const before: Schemas['License'] = done(await api.GET('/api/license'))
  expectSame<string>(before.state, 'unlicensed')
  expectSame<Schemas['Preview']['method']>(done(await api.POST('/api/license/preview', { body: { credential } })).method, 'standard')
  const refused = await api.PUT('/api/license', { body: { credential: 'nc_no_such_key_at_all' } })
  expectSame<string | undefined>(refused.error?.data.finding?.cause ?? refused.error?.data.code, 'key_unknown')
  // Not spoilt by the event stream that the same call offers.
  const view: Schemas['License'] = done(await api.PUT('/api/license', { body: { credential, revision: before.revision } }))
  expectSame<Schemas['License']['state']>(view.state, 'active')
  // @ts-expect-error: not in the view
  expectSame<unknown>(view.secret, undefined)
  const stream = done(await api.PUT('/api/license', { body: { credential }, headers: { accept: 'text/event-stream' }, parseAs: 'text' }))
  const events = eventsIn<Schemas['SaveLicenseEvent']>(stream)
  expectSame<string | undefined>(events.find(({ event }) => event === 'step')?.event, 'step')
  for (const event of events) if (event.event === 'done') expectSame<Schemas['License']['state']>(event.data.state, 'active')
  expectSame<string>(done(await api.POST('/api/license/check-in')).state, 'active')
  // A standard license gives its seat back when it is replaced.
  expectSame<string | undefined>((await api.POST('/api/license/previous', { body: {} })).error?.data.code, 'NOT_FOUND')
}

async function lookAround(api: Api): Promise<void> {
  expectSame<boolean>(done(await api.POST('/api/license/what-if', { body: { clockOffsetSeconds: 86_400 } })).states.length > 0, true)
  expectSame<boolean>(done(await api.GET('/api/license/check-ins', { params: { query: { days: 2 } } })).days.length > 0, true)
  const { events } = done(await api.GET('/api/license/events', { params: { query: { limit: 50, kind: 'license' } } }))
  expectSame<Schemas['Event']['kind'] | undefined>(events.at(-1)?.kind, 'activated')
  expectSame<boolean>(done(await api.GET('/api/license/events/export')).events.length > events.length, true)
  const csv = done(await api.GET('/api/license/events/export', { params: { query: { format: 'csv' } }, parseAs: 'text' }))
  expectSame<boolean>(csv.includes('actorEmail'), true)
  expectSame<Schemas['Diagnostics']['verdict']>(done(await api.POST('/api/license/diagnostics')).verdict, 'reachable')
  expectSame<string | undefined>(done(await api.GET('/api/license/diagnostics')).last?.verdict, 'reachable')
  expectSame<string>(done(await api.GET('/api/license/support-bundle')).license.state, 'active')
  const { instanceId, text } = done(await api.GET('/api/license/activation-request'))
  expectSame<boolean>(text.includes(instanceId), true)
  expectSame<string | undefined>(done(await api.GET('/api/license/outbound')).last?.method, 'POST')
}

async function serve(api: Api): Promise<void> {
  const answer = await api.GET('/api/entitlements')
  expectSame<Schemas['Entitlements']['entitled']>(done(answer).entitled, true)
  const header = { 'If-None-Match': answer.response.headers.get('etag') ?? '' }
  expectSame<number>((await api.GET('/api/entitlements', { params: { header } })).response.status, 304)
  const { features } = done(await api.GET('/api/features'))
  const unlicensed = features.find(({ licensed }) => !licensed)?.name ?? 'no-such-feature'
  const feature = async (name: string, deny?: '403') => api.GET('/api/features/{name}', { params: { path: { name }, query: { ...(deny ? { deny } : {}) } } })
  expectSame<number>((await feature('sso')).response.status, 204)
  expectSame<number>((await feature(unlicensed)).response.status, 402)
  expectSame<number>((await feature(unlicensed, '403')).response.status, 403)
  expectSame<number>((await api.PUT('/api/usage', { body: { seats: 3 } })).response.status, 204)
  expectSame<boolean>(done(await api.GET('/metrics', { parseAs: 'text' })).includes('nocodb_license_seats_used 3'), true)
}

async function onlyHeaders(person: Api, service: Api): Promise<void> {
  const asPerson = [
    '/api/auth/session', '/api/auth/setup', '/api/users', '/api/license', '/api/license/check-ins', '/api/license/events', '/api/license/events/export',
    '/api/license/diagnostics', '/api/license/support-bundle', '/api/license/activation-request', '/api/license/outbound', '/api/health/live',
    '/api/health/ready', '/api/openapi.json',
  ] as const
  for (const path of asPerson) expectSame<number>((await person.HEAD(path)).response.status, 200)
  for (const path of ['/api/entitlements', '/api/features', '/metrics'] as const) expectSame<number>((await service.HEAD(path)).response.status, 200)
  expectSame<number>((await service.HEAD('/api/features/{name}', { params: { path: { name: 'sso' } } })).response.status, 204)
}

async function end(api: Api): Promise<void> {
  expectSame<string>(done(await api.DELETE('/api/license', { body: {} })).state, 'unlicensed')
}

/** What a call brought; throws what it was refused with. */
function done<T extends Record<string | number, unknown>, O, M extends `${string}/${string}`>(
  answer: FetchResponse<T, O, M>,
): NonNullable<FetchResponse<T, O, M>['data']> {
  if (answer.data === undefined || answer.data === null) {
    throw new Error(`${answer.response.url} answered ${answer.response.status}: ${JSON.stringify(answer.error)}`)
  }
  return answer.data
}

/** Compares, and does not compile unless the value has the type that the document promises. */
function expectSame<T>(found: T, expected: T): void {
  if (found !== expected) throw new Error(`found ${String(found)}, expected ${String(expected)}\n${new Error('here').stack}`)
}

function eventsIn<E>(stream: string): E[] {
  return stream.split('\n\n').filter(Boolean).map((block) => {
    const [, event, data = ''] = /^event: (\S+)\ndata: (.*)$/.exec(block) ?? []
    return Object({ event, data: JSON.parse(data) })
  })
}

function keepCookies(): Middleware {
  let cookie = ''
  return {
    onRequest({ request }) {
      if (cookie) request.headers.set('cookie', cookie)
    },
    onResponse({ response }) {
      for (const set of response.headers.getSetCookie()) cookie = set.split(';')[0] ?? ''
    },
  }
}
