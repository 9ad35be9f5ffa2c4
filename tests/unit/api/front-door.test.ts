import type { EventHandler } from 'h3'
import { describe, expect, it, vi } from 'vitest'
import logout from '../../../server/api/auth/logout.post.ts'
import setup from '../../../server/api/auth/setup.post.ts'
import session from '../../../server/api/auth/session.get.ts'
import listEvents from '../../../server/api/license/events.get.ts'
import saveLicense from '../../../server/api/license/index.put.ts'
import previewLicense from '../../../server/api/license/preview.post.ts'
import putBack from '../../../server/api/license/previous.post.ts'
import rehearse from '../../../server/api/license/what-if.post.ts'
import putUsage from '../../../server/api/usage.put.ts'
import createUser from '../../../server/api/users/index.post.ts'
import listUsers from '../../../server/api/users/index.get.ts'
import { guardsOf } from '../../../server/http/guards.ts'
import { sessionCookieName } from '../../../server/http/session-cookie.ts'
import { BY_ADA, FROM, PERSON } from '../../support/accounts-world.ts'
import type { HttpRequest } from '../../support/http-event.ts'
import { createHttpEvent, headersOf } from '../../support/http-event.ts'
import { openRunningApp } from '../../support/running-app.ts'
import { KEY } from '../../support/simulated-vendor.ts'

/* What every call goes through: same site, who asks, what is asked; and what is said of those who are refused. */

const ADMIN_TOKEN = 'an-admin-token-of-more-than-32-characters'
const SERVICE_TOKEN = 'a-service-token-of-more-than-32-characters'
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

async function createDoor() {
  const running = await openRunningApp({ NC_ADMIN_TOKEN: ADMIN_TOKEN, NC_SERVICE_TOKEN: SERVICE_TOKEN })
  await running.accounts.create({ ...PERSON, role: 'admin' }, BY_ADA, FROM)
  const grace = { email: 'grace@customer.example', password: 'another horse battery' }
  await running.accounts.create({ ...grace, role: 'viewer' }, BY_ADA, FROM)
  const name = sessionCookieName({ basePath: '/', instanceId: running.app.license.instanceId, https: false })
  const cookieOf = async ({ email, password }: typeof grace) => ({ cookie: `${name}=${(await running.accounts.signIn(email, password, FROM)).token}` })
  async function ask(handler: EventHandler, request: HttpRequest = {}) {
    const event = createHttpEvent({ ...request, headers: { host: 'panel.example', ...request.headers } })
    const body: unknown = await handler(event)
    return { status: event.node.res.statusCode, code: Object(Object(body).data).code, body, headers: headersOf(event) }
  }
  return { ...running, ask, admin: await cookieOf(PERSON), viewer: await cookieOf(grace) }
}

describe('a call', () => {
  it('is judged in this order: the site, the caller, the input', async () => {
    const { ask, admin, viewer } = await createDoor()
    const foreign = { origin: 'https://evil.example' }
    const wrong = { method: 'POST', body: { email: 1 } }
    const codes: unknown[] = []
    for (const headers of [foreign, { ...admin, ...foreign }, {}, viewer, admin]) codes.push((await ask(createUser, { ...wrong, headers })).code)
    expect(codes).toEqual(['CROSS_SITE', 'CROSS_SITE', 'UNAUTHENTICATED', 'FORBIDDEN', 'VALIDATION'])
  })

  it.each([
    ['our own origin', { origin: 'http://panel.example' }, undefined], ['another', { origin: 'https://panel.example' }, 'CROSS_SITE'], ['an opaque one', { origin: 'null' }, 'CROSS_SITE'],
    ['no origin, a script\'s', {}, undefined], ['the browser\'s word for ours', { 'sec-fetch-site': 'same-origin', 'origin': 'http://hidden' }, undefined],
    ['the address bar', { 'sec-fetch-site': 'none' }, undefined], ['a neighbour', { 'sec-fetch-site': 'same-site', 'origin': 'http://panel.example' }, 'CROSS_SITE'],
    ['a stranger', { 'sec-fetch-site': 'cross-site' }, 'CROSS_SITE'],
  ])('to write, from %s', async (_what, headers, code) => {
    const { ask } = await createDoor()
    expect((await ask(putUsage, { method: 'PUT', body: { seats: 3 }, headers: { ...bearer(SERVICE_TOKEN), ...headers } })).code).toBe(code)
  })

  it('from another site is told once, with what was expected and found, and may read what it may', async () => {
    const { ask, lines, admin } = await createDoor()
    const foreign = { 'origin': 'x'.repeat(300), 'sec-fetch-site': 'cross-site' }
    for (let nth = 0; nth < 3; nth++) await ask(createUser, { method: 'POST', headers: foreign })
    expect(lines.filter(({ msg }) => msg === 'a write from another site was refused')).toMatchObject([
      { address: '192.0.2.7', expected: 'http://panel.example', found: 'x'.repeat(200), site: 'cross-site' },
    ])
    expect((await ask(listUsers, { headers: { ...admin, origin: 'https://evil.example' } })).status).toBe(200)
  })

  it('is answered for its caller alone, refused or not', async () => {
    const { ask, admin } = await createDoor()
    for (const headers of [admin, {}]) expect((await ask(listUsers, { headers })).headers).toMatchObject({ 'cache-control': 'no-store' })
  })

  it('that succeeds has the status of its operation, and null for nothing', async () => {
    const { ask } = await createDoor()
    expect(await ask(putUsage, { method: 'PUT', body: { seats: 3 }, headers: bearer(SERVICE_TOKEN) })).toMatchObject({ status: 204, body: null })
  })
})

describe('guesses at the set-up link', () => {
  it('from one network of IPv6 count together', async () => {
    const { ask } = await createDoor()
    const body = { token: 'some guess', email: 'eve@example.com', password: 'long enough a password' }
    const codes: unknown[] = []
    for (let nth = 0; nth < 11; nth++) codes.push((await ask(setup, { method: 'POST', body, from: `2001:db8::${nth + 1}` })).code)
    expect(codes).toEqual([...Array(10).fill('FORBIDDEN'), 'RATE_LIMITED'])
  })
})

describe('a call that costs', () => {
  it.each([
    ['a preview', previewLicense, 'POST', { credential: KEY }, 'token'], ['a rehearsal', rehearse, 'POST', {}, 'token'],
    ['putting a license back', putBack, 'POST', {}, 'token'], ['a save', saveLicense, 'PUT', { credential: KEY }, 'activate'],
  ] as const)('is counted by account, wherever it comes from: %s', async (_what, handler, method, body, limit) => {
    const { ask, admin, app } = await createDoor()
    const use = vi.spyOn(guardsOf(app).limits, 'use')
    for (const from of ['203.0.113.1', '203.0.113.2']) await ask(handler, { method, body, from, headers: admin })
    await ask(handler, { method, body, headers: bearer(ADMIN_TOKEN) })
    expect(use.mock.calls).toEqual([[limit, PERSON.email], [limit, PERSON.email], [limit, 'token']])
  })
})

describe('signing out', () => {
  it('ends on the server every session of this installation that came along, also one of the other scheme', async () => {
    const { ask, accounts, app } = await createDoor()
    const names = [false, true].map(https => sessionCookieName({ basePath: '/', instanceId: app.license.instanceId, https }))
    const tokens: string[] = []
    for (const _ of names) tokens.push((await accounts.signIn(PERSON.email, PERSON.password, FROM)).token)
    await ask(logout, { method: 'POST', headers: { cookie: names.map((name, nth) => `${name}=${tokens[nth]}`).join('; ') } })
    for (const token of tokens) expect(await accounts.identify(token)).toBeUndefined()
  })
})

describe('a bearer token', () => {
  it('decides alone, whatever cookie comes along', async () => {
    const { ask, admin, viewer } = await createDoor()
    expect((await ask(listUsers, { headers: { ...viewer, ...bearer(ADMIN_TOKEN) } })).status).toBe(200)
    expect((await ask(listUsers, { headers: { ...admin, ...bearer('wrong') } })).code).toBe('UNAUTHENTICATED')
    expect((await ask(session, { headers: { ...admin, ...bearer(ADMIN_TOKEN) } })).code).toBe('FORBIDDEN')
  })

  it.each([
    ['Bearer', 'UNAUTHENTICATED'], ['Bearer ', 'UNAUTHENTICATED'], [`Bearer ${ADMIN_TOKEN} x`, 'UNAUTHENTICATED'], [`bearer  ${ADMIN_TOKEN} `, undefined],
    [`Basic ${ADMIN_TOKEN}`, undefined], [`Bearer${ADMIN_TOKEN}`, undefined],
  ])('%j beside a session of an administrator', async (authorization, code) => {
    const { ask, admin } = await createDoor()
    expect((await ask(listUsers, { headers: { ...admin, authorization } })).code).toBe(code)
  })

  it('that opens nothing is told with its call and the reason, not itself', async () => {
    const { ask, lines, app } = await createDoor()
    for (const [handler, token, from] of [[listUsers, 'a wrong one', '203.0.113.1'], [listUsers, SERVICE_TOKEN, '203.0.113.2'], [putUsage, ADMIN_TOKEN, '203.0.113.3'], [listUsers, 'wrong', '203.0.113.1']] as const) {
      expect((await ask(handler, { headers: bearer(token), from })).code).toBe('UNAUTHENTICATED')
    }
    guardsOf(app).refusedTokens.flush()
    expect(lines.filter(({ msg }) => String(msg).includes('refused')).map(({ address, call, because, count }) => ({ address, call, because, count }))).toEqual([
      { address: '203.0.113.1', call: 'GET /api/users', because: 'unknown', count: undefined },
      { address: '203.0.113.2', call: 'GET /api/users', because: 'a token of NC_SERVICE_TOKEN, for a call of administrators', count: undefined },
      { address: '203.0.113.3', call: 'PUT /api/usage', because: 'a token of NC_ADMIN_TOKEN, for a call of services', count: undefined },
      { address: '203.0.113.1', call: undefined, because: undefined, count: 1 },
    ])
  })
})

describe('what a caller gets to see', () => {
  it('of activity: a viewer no e-mail, no address and no account', async () => {
    const { ask, admin, viewer, app } = await createDoor()
    await app.license.save({ credential: KEY, actor: BY_ADA })
    const [seen, redacted] = [await ask(listEvents, { headers: admin }), await ask(listEvents, { headers: viewer })]
    expect(JSON.stringify(seen.body)).toContain(PERSON.email)
    expect(JSON.stringify(seen.body)).toContain(FROM)
    for (const part of ['@', FROM]) expect(JSON.stringify(redacted.body)).not.toContain(part)
  })

  it('of a save, where it asks for events: each step, then the license', async () => {
    const { ask, admin } = await createDoor()
    const event = { method: 'PUT', body: { credential: KEY }, headers: { ...admin, accept: 'text/event-stream' } }
    const { headers, body } = await ask(saveLicense, event)
    expect(headers).toMatchObject({ 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' })
    expect(body).toBeUndefined()
    expect((await ask(saveLicense, { ...event, headers: admin })).body).toMatchObject({ state: 'active' })
  })
})
