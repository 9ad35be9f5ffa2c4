import { createError } from 'h3'
import type { EventHandler } from 'h3'
import { describe, expect, it, vi } from 'vitest'
import type { HttpRequest } from '../../support/http-event.ts'
import { createHttpEvent, headersOf } from '../../support/http-event.ts'

/* A process that has not started yet: modules of its own, because another test in this process may have opened an application. */
vi.resetModules()
const { reportStarting, setBase } = await import('../../../server/runtime/app.ts')
const { default: errorHandler } = await import('../../../server/http/error-handler.ts')
const { handle } = await import('../../../server/http/handle.ts')
const { createBase } = await import('../../support/running-app.ts')

const ADMIN_TOKEN = 'an-admin-token-of-more-than-32-characters'

async function ask(handler: EventHandler, request: HttpRequest = {}) {
  const event = createHttpEvent({ ...request, headers: { host: 'panel.example', ...request.headers } })
  const body: unknown = await handler(event)
  return { status: event.node.res.statusCode, code: Object(Object(body).data).code, details: Object(Object(body).data).details, headers: headersOf(event) }
}

const live = handle('live', () => ({ status: 'ok' }))
const listUsers = handle('listUsers', ({ app }) => app.accounts.list())
const createUser = handle('createUser', ({ app }) => app.accounts.list())

describe('a call before the start', () => {
  it('that needs the configuration is a failure', async () => {
    expect(await ask(live)).toMatchObject({ status: 500, code: 'INTERNAL' })
  })

  it('from another site is refused already', async () => {
    expect(await ask(createUser, { method: 'POST', headers: { origin: 'http://panel.example' } })).toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(await ask(createUser, { method: 'POST', headers: { origin: 'https://evil.example' } })).toMatchObject({ code: 'CROSS_SITE' })
    const forwarded = { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https', 'origin': 'https://evil.example' }
    expect(await ask(createUser, { method: 'POST', headers: forwarded, from: '127.0.0.1' })).toMatchObject({ code: 'CROSS_SITE' })
  })

  it('that no route takes is answered all the same', async () => {
    const event = createHttpEvent({ path: '/api/nothing' })
    await errorHandler(createError({ statusCode: 404 }), event)
    expect(event.node.res.statusCode).toBe(404)
  })
})

describe('a call before the database has been reached', () => {
  function begin() {
    const { base, lines } = createBase({ NC_ADMIN_TOKEN: ADMIN_TOKEN })
    setBase(base)
    reportStarting('unreachable')
    return lines
  }
  const AWAY = { status: 503, code: 'STORAGE_UNAVAILABLE', details: { cause: 'unreachable' } }

  it('that needs none is served', async () => {
    begin()
    expect(await ask(live)).toMatchObject({ status: 200 })
  })

  it.each([['no cookie', {}], ['another cookie', { cookie: 'nc-locale=de' }], ['a wrong token', { authorization: 'Bearer wrong' }]])(
    'by nobody is refused without waiting for it: %s', async (_, headers) => {
      begin()
      expect(await ask(listUsers, { headers })).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' })
    })

  it.each([['a session', { cookie: `nc_license_session_0123abcd=${'T'.repeat(43)}` }], ['a script', { authorization: `Bearer ${ADMIN_TOKEN}` }]])(
    'by %s is told to come back, and what is missing', async (_, headers) => {
      begin()
      const answer = await ask(listUsers, { headers })
      expect(answer).toMatchObject(AWAY)
      expect(answer.headers).toMatchObject({ 'retry-after': 2 })
    })

  it('is told what is missing now, which may be something else than a moment ago', async () => {
    begin()
    const missing = async () => Object(await ask(listUsers, { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } })).details
    for (const cause of ['login_refused', 'schema_missing', 'unreachable'] as const) {
      reportStarting(cause)
      expect(await missing()).toEqual({ cause })
    }
  })

  it('from another site is refused and in the log', async () => {
    const lines = begin()
    expect(await ask(createUser, { method: 'POST', headers: { origin: 'https://evil.example' } })).toMatchObject({ status: 403, code: 'CROSS_SITE' })
    expect(lines).toMatchObject([{ msg: 'a write from another site was refused', address: '192.0.2.7', found: 'https://evil.example', site: null }])
  })
})
