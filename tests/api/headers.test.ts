import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import type { Fault } from '../support/vendor/fault-types.ts'
import { createApiClient } from '../support/api-client.ts'
import type { Answer, ApiClient } from '../support/api-client.ts'
import { freePort } from '../support/free-port.ts'
import { ADMIN, SERVICE_TOKEN } from '../support/product-process.ts'
import { expectNoInternals } from '../support/expect-error.ts'
import { addViewer, startOwnProduct, useStand } from '../support/stand.ts'

const stand = useStand()
const token = { authorization: `Bearer ${SERVICE_TOKEN}` }

/** Headers that some answers have and all others must not. */
interface Own { 'retry-after'?: string | RegExp, 'www-authenticate'?: string, 'allow'?: string, 'vary'?: string }
const CHALLENGE = { 'www-authenticate': 'Bearer realm="license"' }
const SOON = { 'retry-after': '2' }
const PAGE = { vary: 'accept-encoding' }

interface Case { what: string, status: number, own?: Own, ask: (visitor: ApiClient, admin: ApiClient) => Promise<Answer> }

const CASES: Case[] = [
  { what: 'a page', status: 200, own: PAGE, ask: visitor => visitor.request('GET', '/login') },
  { what: 'a redirect', status: 302, ask: visitor => visitor.request('GET', '/admin/license') },
  { what: 'an unknown page', status: 404, ask: (visitor, admin) => visitor.request('GET', '/no-such-page', undefined, { cookie: admin.cookie }) },
  { what: 'an unknown hashed asset', status: 404, ask: visitor => visitor.request('GET', '/_nuxt/no-such-file.js') },
  { what: 'an answer of the API', status: 200, ask: (_visitor, admin) => admin.request('GET', '/api/license') },
  { what: 'an empty answer', status: 204, ask: visitor => visitor.request('POST', '/api/auth/logout', {}) },
  { what: 'health', status: 200, ask: visitor => visitor.request('GET', '/api/health/live') },
  { what: 'the OpenAPI document', status: 200, ask: visitor => visitor.request('GET', '/api/openapi.json') },
  { what: 'metrics', status: 200, ask: visitor => visitor.request('GET', '/metrics', undefined, token) },
  { what: 'metrics without a token', status: 401, own: CHALLENGE, ask: visitor => visitor.request('GET', '/metrics') },
  { what: 'the support bundle', status: 200, ask: (_visitor, admin) => admin.request('GET', '/api/license/support-bundle') },
  { what: 'an export of the activity', status: 200, ask: (_visitor, admin) => admin.request('GET', '/api/license/events/export?format=csv') },
  { what: 'an event stream', status: 200, ask: (_visitor, admin) => admin.request('POST', '/api/license/diagnostics', {}, { accept: 'text/event-stream' }) },
  { what: 'invalid input', status: 400, ask: visitor => visitor.request('POST', '/api/auth/login', '{') },
  { what: 'no session', status: 401, own: CHALLENGE, ask: visitor => visitor.request('GET', '/api/license') },
  { what: 'a feature that is not licensed', status: 402, ask: visitor => visitor.request('GET', '/api/features/sso', undefined, token) },
  { what: 'a write from another site', status: 403, ask: visitor => visitor.request('POST', '/api/auth/login', {}, { origin: 'https://evil.example' }) },
  { what: 'an unknown path of the API', status: 404, ask: visitor => visitor.request('GET', '/api/nothing') },
  { what: 'a wrong method', status: 405, own: { allow: 'POST' }, ask: visitor => visitor.request('DELETE', '/api/auth/login') },
  { what: 'a conflict', status: 409, ask: (_visitor, admin) => admin.request('DELETE', '/api/license', {}) },
  { what: 'too large a body', status: 413, ask: visitor => visitor.request('POST', '/api/auth/login', ' '.repeat(20_000)) },
  { what: 'a refused credential', status: 422, ask: (_visitor, admin) => admin.save('no credential at all') },
  { what: 'one guess too many', status: 429, own: { 'retry-after': /^([1-9]|[1-5]\d|60)$/ }, ask: visitor => lastOf(11, () => visitor.request('POST', '/api/auth/setup', { ...ADMIN, token: 'a guess' })) },
  { what: 'a row of the database that somebody edited', status: 500, ask: (_visitor, admin) => withImpossibleEvent(() => admin.request('GET', '/api/license/events')) },
  { what: 'a license server that is a captive portal', status: 502, ask: (_visitor, admin) => saveWhile({ type: 'html' }, admin) },
  { what: 'a license server that is busy', status: 502, own: { 'retry-after': '17' }, ask: (_visitor, admin) => saveWhile({ type: 'status', status: 429, headers: { 'retry-after': '17' } }, admin) },
  { what: 'a license server in trouble that says for how long', status: 502, own: { 'retry-after': '23' }, ask: (_visitor, admin) => saveWhile({ type: 'status', status: 503, headers: { 'retry-after': '23' } }, admin) },
  { what: 'a wrong password', status: 401, own: CHALLENGE, ask: visitor => visitor.request('POST', '/api/auth/login', { ...ADMIN, password: 'wrong' }) },
  { what: 'what a viewer may not', status: 403, ask: async (_visitor, admin) => (await addViewer(admin, stand.product)).request('GET', '/api/users') },
  { what: 'an account that there is not', status: 404, ask: (_visitor, admin) => admin.request('DELETE', '/api/users/nobody') },
  { what: 'a method that the path has beside others', status: 405, own: { allow: 'GET, PUT, DELETE' }, ask: visitor => visitor.request('PATCH', '/api/license', {}) },
  { what: 'an event stream that fails', status: 200, ask: (_visitor, admin) => saveWhile({ type: 'html' }, admin, { accept: 'text/event-stream' }) },
  { what: 'a license server that says nothing', status: 504, ask: (_visitor, admin) => saveWhile({ type: 'hang' }, admin) },
  { what: 'the API without a database', status: 503, own: SOON, ask: () => askWithoutDatabase('GET', '/api/entitlements') },
  { what: 'readiness without a database', status: 503, own: SOON, ask: () => askWithoutDatabase('GET', '/api/health/ready') },
  { what: 'metrics without a database', status: 200, ask: () => askWithoutDatabase('GET', '/metrics') },
  { what: 'a page without a database', status: 503, own: { ...SOON, ...PAGE }, ask: () => askWithoutDatabase('GET', '/login') },
]

async function lastOf(times: number, ask: () => Promise<Answer>): Promise<Answer> {
  for (let nth = 1; nth < times; nth++) await ask()
  return ask()
}

async function saveWhile(fault: Fault, admin: ApiClient, headers?: Record<string, string>): Promise<Answer> {
  await stand.licenseServer.control.addFault({ call: 'activate', times: 1, fault })
  return admin.request('PUT', '/api/license', { credential: 'nc_demo_standard' }, headers)
}

/** An event at a time that no calendar has. */
async function withImpossibleEvent(ask: () => Promise<Answer>): Promise<Answer> {
  const database = new DatabaseSync(stand.product.databaseFile, { timeout: 10_000 })
  database.exec(`insert into events (id, kind, at, first_at, count, actor, details) values (${Number.MAX_SAFE_INTEGER - 1}, 'removed', 9e15, 9e15, 1, 'system', '{}')`)
  try {
    return await ask()
  }
  finally {
    database.exec(`delete from events where id = ${Number.MAX_SAFE_INTEGER - 1}`)
    database.close()
  }
}

async function askWithoutDatabase(method: string, path: string): Promise<Answer> {
  const env = { DATABASE_URL: `postgres://license:license@127.0.0.1:${await freePort()}/license` }
  const product = await startOwnProduct({ licenseServerUrl: stand.licenseServer.url, untilReady: false, env })
  return createApiClient(product.url).request(method, path, undefined, token)
}

describe('F73: headers', () => {
  it.each(CASES)('$what ($status) cannot be framed, sniffed, or read from a cache, and has its own headers', async ({ status, own = {}, ask }) => {
    const answer = await ask(createApiClient(stand.product.url), stand.admin)
    expect(answer.status, answer.text).toBe(status)
    const policy = answer.headers.get('content-security-policy') ?? ''
    expect.soft(policy).toContain('frame-ancestors \'none\'')
    expect.soft(scriptSources(policy)).not.toMatch(/unsafe-inline|unsafe-eval|\*|http:|data:/)
    expect.soft(scriptSources(policy)).not.toBe('')
    expect.soft(answer.headers.get('x-content-type-options')).toBe('nosniff')
    expect.soft(answer.headers.get('referrer-policy')).toMatch(/^(no-referrer|same-origin|strict-origin)/)
    expect.soft(answer.headers.get('cache-control')).toContain('no-store')
    expect.soft(answer.headers.get('x-powered-by')).toBeNull()
    expect.soft(answer.headers.get('access-control-allow-origin')).toBeNull()
    for (const name of ['retry-after', 'www-authenticate', 'allow', 'vary'] as const) {
      const found = answer.headers.get(name)
      const expected = own[name] ?? null
      if (expected instanceof RegExp) expect.soft(found, name).toMatch(expected)
      else expect.soft(found, name).toBe(expected)
    }
    if (!answer.headers.get('content-type')?.startsWith('text/html')) expectNoInternals(answer.text)
  })

  it('entitlements may be kept, but only by the caller and only to ask again', async () => {
    const first = await createApiClient(stand.product.url).request('GET', '/api/entitlements', undefined, token)
    const known = { ...token, 'if-none-match': first.headers.get('etag') ?? '' }
    const again = await createApiClient(stand.product.url).request('GET', '/api/entitlements', undefined, known)
    expect([first.status, again.status]).toEqual([200, 304])
    for (const { headers } of [first, again]) {
      expect(headers.get('cache-control')).toBe('private, no-cache')
      expect(headers.get('vary')).toBe('Cookie, Authorization')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('content-security-policy') ?? '').toContain('frame-ancestors \'none\'')
      expect(headers.get('referrer-policy')).toMatch(/^(no-referrer|same-origin|strict-origin)/)
    }
  })

  it.each(['gzip', 'br', 'identity', 'gzip;q=0'])('a page says that it depends on the codings accepted, also where none is used: %s', async (accepted) => {
    const { headers } = await createApiClient(stand.product.url).request('GET', '/login', undefined, { 'accept-encoding': accepted })
    expect(headers.get('vary')).toBe('accept-encoding')
    expect(headers.get('content-encoding')).toBe(/^\w+$/.test(accepted) && accepted !== 'identity' ? accepted : null)
  })

  it('hashed assets are immutable, and nothing is run or framed from them', async () => {
    const visitor = createApiClient(stand.product.url)
    const page = await visitor.request('GET', '/login')
    const assets = [...page.text.matchAll(/"(\/_nuxt\/[\w.-]+\.(?:js|css))"/g)].map(([, path = '']) => path)
    expect(assets.length).toBeGreaterThan(0)
    for (const path of new Set(assets)) {
      const { status, headers } = await visitor.request('GET', path)
      expect(status).toBe(200)
      expect(headers.get('cache-control')).toMatch(/max-age=31536000.*immutable/)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('content-security-policy')).toBe('default-src \'none\'; frame-ancestors \'none\'')
      expect(headers.get('referrer-policy')).toMatch(/^(no-referrer|same-origin|strict-origin)/)
      expect(headers.get('x-powered-by')).toBeNull()
    }
  })

  it('every script of a page carries the nonce of its answer, and no answer repeats a nonce', async () => {
    const pages = await Promise.all([1, 2].map(() => createApiClient(stand.product.url).request('GET', '/login')))
    const nonces = pages.map(({ headers }) => /'nonce-([^']+)'/.exec(headers.get('content-security-policy') ?? '')?.[1] ?? '')
    expect(nonces[0]).not.toBe(nonces[1])
    const inline = [...pages[0]?.text.matchAll(/<script([^>]*)>/g) ?? []].map(([, attributes = '']) => attributes)
    expect(inline.length).toBeGreaterThan(0)
    for (const attributes of inline.filter(each => !each.includes('application/json'))) expect(attributes).toContain(`nonce="${nonces[0]}"`)
    expect(pages[0]?.text).not.toMatch(/\son(?:click|load|error)=/i)
  })
})

function scriptSources(policy: string): string {
  const directive = (name: string) => policy.split(';').map(part => part.trim()).find(part => part.startsWith(`${name} `))
  return directive('script-src') ?? directive('default-src') ?? ''
}
