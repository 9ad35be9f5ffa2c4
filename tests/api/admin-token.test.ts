import { describe, expect, it } from 'vitest'
import type { Entitlements, EventKind, EventView, User } from '../../shared/contracts.ts'
import type { ApiClient } from '../support/api-client.ts'
import { createApiClient } from '../support/api-client.ts'
import { ADMIN, ADMIN_TOKEN, SERVICE_TOKEN } from '../support/product-process.ts'
import { expectError } from '../support/expect-error.ts'
import { runToEnd } from '../support/run-to-end.ts'
import { addViewer, startOwnProduct, until, useStand } from '../support/stand.ts'

/* Administrators' scripts: NC_ADMIN_TOKEN. Which route takes which token stands in access.test.ts. */

const SECOND_TOKEN = 'second-admin-token-0123456789abcdef0'
const stand = useStand({ NC_ADMIN_TOKEN: ` ${ADMIN_TOKEN} , ${SECOND_TOKEN} `, NC_TRUST_PROXY: '127.0.0.1' })

function script(token = ADMIN_TOKEN, url = stand.product.url, cookie = ''): ApiClient {
  const client = createApiClient(url)
  const { request } = client
  client.cookie = cookie
  return Object.assign(client, {
    request: (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
      request(method, path, body, { authorization: `Bearer ${token}`, ...headers }),
  })
}

/** The newest of this kind: what the product does by itself may be newer than what was just asked of it. */
const newestEvent = async (kind: EventKind) =>
  (await stand.admin.request<{ events: EventView[] }>('GET', `/api/license/events?limit=1&kind=${kind}`)).body.events[0]

describe('a script of the administrators', () => {
  it.each([['the first token', ADMIN_TOKEN], ['the second, while one is rotated', SECOND_TOKEN]])('activates and removes with %s, and activity names it and its address', async (_which, token) => {
    const from = { 'x-forwarded-for': '203.0.113.50' }
    const saved = await script(token).request('PUT', '/api/license', { credential: 'nc_demo_standard' }, from)
    expect(saved.status, saved.text).toBe(200)
    expect(await newestEvent('activated')).toMatchObject({ actor: 'token', actorEmail: null, address: '203.0.113.50' })
    expect((await script(token).request('DELETE', '/api/license', {}, from)).status).toBe(200)
    expect(await newestEvent('removed')).toMatchObject({ actor: 'token', actorEmail: null, address: '203.0.113.50' })
  })

  it('manages accounts', async () => {
    const account = { email: 'made-by-script@example.com', password: 'made by a script', role: 'viewer' }
    const created = await script().request<User>('POST', '/api/users', account)
    expect(created.status).toBe(201)
    expect(await newestEvent('account_created')).toMatchObject({ actor: 'token' })
    expect((await script().request('PATCH', `/api/users/${created.body.id}`, { role: 'admin' })).status).toBe(200)
    expect((await script().request('DELETE', `/api/users/${created.body.id}`)).status).toBe(204)
  })

  it('is nobody: it has neither a password nor a session', async () => {
    expectError(await script().request('GET', '/api/auth/session'), 'FORBIDDEN')
    expectError(await script().request('PUT', '/api/auth/password', { current: ADMIN.password, next: 'something entirely else' }), 'FORBIDDEN')
    const { cookie } = script()
    expect(cookie).toBe('')
  })

  it('sees what an administrator sees, and no lease', async () => {
    await stand.admin.save('nc_demo_standard')
    expect((await script().license()).licensee?.email).toBe('license@acme.example')
    expect((await script().request<Entitlements>('GET', '/api/entitlements')).body.lease).toBeNull()
    const service = await createApiClient(stand.product.url).request<Entitlements>('GET', '/api/entitlements', undefined, { authorization: `Bearer ${SERVICE_TOKEN}` })
    expect(service.body.lease).toMatch(/^eyJ/)
  })

  it('decides over a cookie that came along, either way', async () => {
    const viewer = await addViewer(stand.admin, stand.product)
    expect((await script(ADMIN_TOKEN, stand.product.url, viewer.cookie).request('GET', '/api/users')).status).toBe(200)
    expectError(await script(SERVICE_TOKEN, stand.product.url, stand.admin.cookie).request('GET', '/api/users'), 'UNAUTHENTICATED')
    expectError(await script('y'.repeat(40), stand.product.url, stand.admin.cookie).request('GET', '/api/users'), 'UNAUTHENTICATED')
    // Another scheme is a proxy's affair.
    expect((await stand.admin.request('GET', '/api/users', undefined, { authorization: 'Basic eDp5' })).status).toBe(200)
  })

  it('has ten calls to the license server a minute, however many tokens there are, and costs nobody else one', async () => {
    const answers = []
    for (let nth = 0; nth < 11; nth++) {
      answers.push(await script(nth % 2 ? ADMIN_TOKEN : SECOND_TOKEN).request('POST', '/api/license/diagnostics', {}))
    }
    expect(answers.slice(0, 10).map(({ status }) => status)).not.toContain(429)
    expect(answers[10]?.status).toBe(429)
    expect((await stand.admin.request('POST', '/api/license/diagnostics', {})).status).toBe(200)
  })

  it('without NC_ADMIN_TOKEN there is none', async () => {
    const product = await startOwnProduct({ licenseServerUrl: stand.licenseServer.url })
    for (const token of [ADMIN_TOKEN, '', 'undefined', 'null']) expectError(await script(token, product.url).request('GET', '/api/license'), 'UNAUTHENTICATED')
  })
})

describe('the variables of tokens', () => {
  it.each([
    ['too short', { NC_ADMIN_TOKEN: 'short' }], ['with a space', { NC_ADMIN_TOKEN: 'x'.repeat(20) + ' ' + 'x'.repeat(20) }],
    ['in NC_SERVICE_TOKEN as well', { NC_ADMIN_TOKEN: `${ADMIN_TOKEN},${SECOND_TOKEN}`, NC_SERVICE_TOKEN: `${SERVICE_TOKEN},${SECOND_TOKEN}` }],
  ])('one that is %s ends the start, named and not shown', async (_what, env) => {
    const { code, output } = await runToEnd(env)
    expect(code, output).toBeGreaterThan(0)
    expect(output).toMatch(/NC_ADMIN_TOKEN: (expected|must not)/)
    for (const token of [ADMIN_TOKEN, SECOND_TOKEN, SERVICE_TOKEN]) expect(output).not.toContain(token)
  })
})

describe('refused tokens', () => {
  it('forty from one address leave one line at once, with the address and without the token', async () => {
    const product = await startOwnProduct({ licenseServerUrl: stand.licenseServer.url, env: { NC_ADMIN_TOKEN: ADMIN_TOKEN, NC_TRUST_PROXY: '127.0.0.1' } })
    const lines = () => product.output().split('\n').slice(0, -1).filter(line => line.includes('bearer token')).map(line => JSON.parse(line))
    const ask = (token: string, address: string, path = '/metrics') =>
      script(token, product.url).request('GET', path, undefined, { 'x-forwarded-for': address })
    for (let nth = 0; nth < 40; nth++) expectError(await ask(`guess-${nth}-${'z'.repeat(32)}`, '203.0.113.60'), 'UNAUTHENTICATED')
    await until('the refusal is in the log', () => lines().length > 0)
    await ask(SERVICE_TOKEN, '203.0.113.61', '/api/users')
    await until('another address has a line of its own', () => lines().length > 1)
    expect(lines()).toMatchObject([
      { level: 'warn', msg: 'bearer token refused', address: '203.0.113.60', call: 'GET /metrics', because: 'unknown' },
      { level: 'warn', msg: 'bearer token refused', address: '203.0.113.61', call: 'GET /api/users', because: 'a token of NC_SERVICE_TOKEN, for a call of administrators' },
    ])
    expect(product.output()).not.toContain('zzzz')
    for (const token of [SERVICE_TOKEN, ADMIN_TOKEN]) expect(product.output()).not.toContain(token)
  })
})
