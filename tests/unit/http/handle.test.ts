import { describe, expect, it } from 'vitest'
import { handle } from '../../../server/http/handle.ts'
import { sessionCookieName } from '../../../server/http/session-cookie.ts'
import { LicenseError } from '../../../server/license/errors.ts'
import { setBase } from '../../../server/runtime/app.ts'
import { inRequest } from '../../../server/runtime/request-context.ts'
import { BY_ADA, FROM, PERSON } from '../../support/accounts-world.ts'
import type { HttpRequest } from '../../support/http-event.ts'
import { createHttpEvent, headersOf } from '../../support/http-event.ts'
import { createBase, openRunningApp } from '../../support/running-app.ts'

const TOKEN = 'an-admin-token-of-more-than-32-characters'
const SCRIPT = { authorization: `Bearer ${TOKEN}` }
const TOKENS = { NC_ADMIN_TOKEN: TOKEN }
const removal = (headers: Record<string, string>): HttpRequest => ({ method: 'DELETE', headers })

/** Starts a process without its database, which a script's call does not need; returns what it logs. */
function start() {
  const { base, lines } = createBase(TOKENS)
  setBase(base)
  return lines
}

describe('the lines that a call leaves in the log', () => {
  it('name the account of a person, by its id', async () => {
    const { app, accounts } = await openRunningApp(TOKENS)
    const { id } = await accounts.create({ ...PERSON, role: 'admin' }, BY_ADA, FROM)
    const name = sessionCookieName({ basePath: '/', instanceId: app.license.instanceId, https: false })
    const { token } = await accounts.signIn(PERSON.email, PERSON.password, FROM)
    const context = { requestId: 'r-1' }
    await inRequest(context, () => handle('listUsers', () => null)(createHttpEvent({ headers: { cookie: `${name}=${token}` } })))
    expect(context).toEqual({ requestId: 'r-1', by: id })
  })

  it.each([['a script', SCRIPT], ['nobody', {}]])('name no account for %s', async (_, headers) => {
    start()
    const context = { requestId: 'r-1' }
    await inRequest(context, () => handle('listUsers', () => null)(createHttpEvent({ headers })))
    expect(context).toEqual({ requestId: 'r-1' })
  })

  it('hold no more of what another site sends than it takes to recognise it', async () => {
    const lines = start()
    await handle('removeLicense', () => null)(createHttpEvent(removal({ 'origin': 'o'.repeat(500), 'sec-fetch-site': 's'.repeat(500) })))
    expect(lines.filter(({ msg }) => msg === 'a write from another site was refused')).toMatchObject([{ found: 'o'.repeat(200), site: 's'.repeat(20) }])
  })
})

describe('a call within the process', () => {
  it('is made for a visitor, with their address and origin', async () => {
    start()
    const event = createHttpEvent({ ...removal({ ...SCRIPT, origin: 'https://panel.example' }), from: '127.0.0.1' })
    event.context.peer = { address: '203.0.113.9', network: '203.0.113.9', origin: 'https://panel.example' }
    expect(await handle('removeLicense', ({ peer }) => peer)(event)).toEqual(event.context.peer)
  })
})

describe('what a handler does', () => {
  it.each([
    ['nothing', undefined, null], ['null', null, null], ['false', false, false], ['an object', { a: 1 }, { a: 1 }],
  ])('is the answer, null for nothing: %s', async (_, made, answer) => {
    start()
    const event = createHttpEvent({ headers: SCRIPT })
    expect(await handle('listUsers', () => made)(event)).toEqual(answer)
    expect(event.node.res.statusCode).toBe(200)
  })

  it('is left alone where it has answered itself', async () => {
    start()
    const event = createHttpEvent({ headers: SCRIPT })
    expect(await handle('listUsers', ({ event: own }) => void own.node.res.end('its own'))(event)).toBeUndefined()
  })

  it('becomes an answer where it throws: a refusal with its status, anything else INTERNAL and a line in the log', async () => {
    const lines = start()
    const answers = []
    for (const error of [new LicenseError('CONFLICT'), new TypeError('the secret')]) {
      const event = createHttpEvent({ headers: SCRIPT })
      const body: unknown = await handle('listUsers', () => Promise.reject(error))(event)
      answers.push([event.node.res.statusCode, Object(Object(body).data).code, headersOf(event)])
    }
    expect(answers).toEqual([[409, 'CONFLICT', { 'cache-control': 'no-store' }], [500, 'INTERNAL', { 'cache-control': 'no-store' }]])
    expect(lines.filter(({ level }) => level === 'error')).toMatchObject([
      { msg: 'a request ended unexpectedly', cause: expect.stringMatching(/^TypeError: the secret < at /) },
    ])
  })
})
