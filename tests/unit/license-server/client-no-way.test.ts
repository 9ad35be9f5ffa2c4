import { lookup as resolve } from 'node:dns/promises'
import type { LookupFunction } from 'node:net'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import type { ClientOptions } from '../../../server/license-server/client.ts'
import { createLicenseServerClient } from '../../../server/license-server/client.ts'
import { LIMITS } from '../../../server/license-server/exchange.ts'
import { ACTIVATION } from '../../support/license-calls.ts'
import { startBlackHole } from '../../support/network/black-hole.ts'
import { started } from '../../support/network/routes.ts'
import { startDoor, startServer } from '../../support/vendor-door.ts'

/* Calls that lead nowhere: to nobody, to somebody who says nothing, or to the wrong one. */

vi.setConfig({ testTimeout: 60_000 })

const clientTo = (baseUrl: string, options: Partial<ClientOptions> = {}) =>
  createLicenseServerClient({ baseUrl, version: '1.2.3', proxyFor: () => '', ...options })

const unanswered = (code: string, cause: string, facts: object = {}) =>
  ({ ok: false, seen: { code, cause, facts }, answered: false, refusal: null, retryAfterMs: null })

describe('a way that leads nowhere', () => {
  /** However slow the machine, it is the time of the whole call that ends it. */
  const soon = { total: 1500, connect: 60_000 }

  it.each(['127.0.0.1', '::1'])('F31: an address needs no look-up, so that its silence is none of DNS: %s', async (address) => {
    const port = await started(createServer(), address)
    const url = `http://${address.includes(':') ? `[${address}]` : address}:${port}`
    expect(await clientTo(url, { limits: soon }).ping()).toMatchObject(unanswered('NET_TIMEOUT', 'no_answer', { host: address }))
  })

  it('F31: gives up what does not answer, does not end, or drips, after the whole time', async () => {
    expect(LIMITS).toEqual({ total: 10_000, connect: 5000 })
    const silent = await startServer(() => undefined)
    const unfinished = await startServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write('{')
    })
    const dripping = await startServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const drip = setInterval(() => response.write(' '), 20)
      response.once('close', () => clearInterval(drip))
    })
    const outcomes = await Promise.all([silent, unfinished, dripping].map(url => clientTo(url, { limits: soon }).activate(ACTIVATION).send()))
    expect(outcomes).toMatchObject([
      unanswered('NET_TIMEOUT', 'no_answer'), unanswered('NET_TIMEOUT', 'stalled_while_receiving', { bytes: 1 }),
      unanswered('NET_TIMEOUT', 'stalled_while_receiving', { bytes: expect.any(Number) }),
    ])
    for (const outcome of outcomes) expect(Object(outcome).cause).toBeInstanceOf(Error)
  })

  it('F31: a server with a name that is silent is not a name that is missing', async () => {
    const url = (await startServer(() => undefined)).replace('127.0.0.1', 'localhost')
    // Looked up beforehand: on a slow machine the look-up alone could take the whole time.
    const found = await resolve('localhost', { all: true })
    const lookup: LookupFunction = (_hostname, _options, callback) => callback(null, found)
    expect(await clientTo(url, { lookup, limits: soon }).ping()).toMatchObject(unanswered('NET_TIMEOUT', 'no_answer', { host: 'localhost' }))
  })

  it('F31: a connection that is reset, before an answer and amid it', async () => {
    const before = await startServer(request => request.socket.resetAndDestroy())
    const amid = await startServer((request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write('{')
      setTimeout(() => request.socket.resetAndDestroy(), 30)
    })
    const broken = [await clientTo(before).ping(), await clientTo(amid).ping()]
    expect(broken).toMatchObject([unanswered('NET_CONNECT', 'reset_while_receiving'), unanswered('NET_CONNECT', 'reset_while_receiving', { bytes: 1 })])
  })

  it('F31: a half-open connection, which ends without an answer, without a body, or amid it', async () => {
    const silent = await startServer(request => request.socket.end())
    const [bodiless, amid] = await Promise.all(['', '{'].map(begun => startServer((request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 }).flushHeaders()
      if (begun !== '') response.write(begun)
      request.socket.end()
    })))
    const outcomes = []
    for (const url of [silent, bodiless ?? '', amid ?? '']) outcomes.push(await clientTo(url).activate(ACTIVATION).send())
    expect(outcomes).toMatchObject([
      unanswered('NET_CONNECT', 'reset_while_receiving'), unanswered('NET_CONNECT', 'cut_answer', { bytes: 0, promised: 100 }),
      unanswered('NET_CONNECT', 'cut_answer', { bytes: 1, promised: 100 }),
    ])
  })

  it('ends at once when whoever asked wants no answer any more', async () => {
    const stop = new AbortController()
    const url = await startServer(() => stop.abort())
    expect(await clientTo(url).activate(ACTIVATION).send(stop.signal)).toMatchObject({ ok: false, answered: false })
    const door = await startDoor({ body: '{"ok":true,"time":1}' })
    expect(await clientTo(door.url).ping(AbortSignal.abort())).toMatchObject({ ok: false, answered: false })
    expect(door.received).toEqual([])
  })

  it('ends at once when whoever asked wants no answer any more while the way is still being opened', async () => {
    const stop = new AbortController()
    // A resolver that never answers.
    const lookup: LookupFunction = () => stop.abort()
    const asking = clientTo('http://license.example', { lookup, limits: { total: 60_000, connect: 60_000 } }).ping(stop.signal)
    expect(await Promise.race([asking, sleep(5000, 'still waits')])).toMatchObject({ ok: false, answered: false })
  })

  it('F37: stops reading what has no end, long before its time is over', async () => {
    const url = await startServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const more = setInterval(() => response.write(' '.repeat(16_384)), 5)
      response.once('close', () => clearInterval(more))
    })
    const outcome = await clientTo(url, { limits: { total: 20_000, connect: 20_000 } }).activate(ACTIVATION).send()
    expect(outcome).toMatchObject({ ok: false, seen: { code: 'SERVER_RESPONSE_INVALID', cause: 'unreadable_answer' }, answered: true })
  })

  it('an address that cannot be asked is a failure like any other, not an exception', async () => {
    const outcome = await clientTo('http://127.0.0.1:1', { proxyFor: () => 'not an address' }).ping()
    const seen = { code: 'SERVER_RESPONSE_INVALID', cause: 'unreadable_answer', stage: 'http', facts: { host: '127.0.0.1' } }
    expect(outcome).toEqual({ ok: false, seen, answered: true, refusal: null, retryAfterMs: null, cause: expect.any(Error) })
  })
})

describe('a name', () => {
  /** A resolver that knows one address for everything. */
  const resolvingTo = (address: string): LookupFunction => (_hostname, { all }, callback) =>
    all ? callback(null, [{ address, family: 4 }]) : callback(null, address, 4)

  it.each([
    [true, 'NC_LICENSE_SERVER_URL'], [false, undefined], [undefined, undefined],
  ])('that does not exist is laid at the door of whoever set it: %s', async (configured, setting) => {
    const outcome = await clientTo('http://license-server.invalid', configured === undefined ? {} : { configured }).ping()
    expect(Object(outcome).seen.facts.setting).toBe(setting)
  })

  it('F30: that does not exist', async () => {
    expect(await clientTo('http://license-server.invalid').ping()).toMatchObject(unanswered('NET_DNS', 'dns_no_such_name', { host: 'license-server.invalid' }))
  })

  it.each([
    ['the time to connect', { total: 60_000, connect: 300 }], ['the whole time', { total: 300, connect: 60_000 }],
  ])('F30: of which the resolver says nothing is given up after %s', async (_what, limits) => {
    const asked: string[] = []
    const lookup: LookupFunction = hostname => void asked.push(hostname)
    const startedAt = performance.now()
    const outcome = await clientTo('http://license-server.example', { lookup, limits }).ping()
    expect(outcome).toMatchObject(unanswered('NET_DNS', 'dns_silent', { host: 'license-server.example' }))
    expect(performance.now() - startedAt).toBeLessThan(30_000)
    expect(asked).toEqual(['license-server.example'])
  })

  it('F30: with an address where nobody answers', async () => {
    const lookup = resolvingTo('127.0.0.1')
    const url = `http://license-server.example:${await startBlackHole()}`
    const startedAt = performance.now()
    expect(await clientTo(url, { lookup, limits: { total: 60_000, connect: 300 } }).ping()).toMatchObject(unanswered('NET_CONNECT', 'dropped'))
    expect(performance.now() - startedAt).toBeLessThan(30_000)
  })

  it('F30: with an address where nobody listens', async () => {
    expect(await clientTo('http://localhost:1').ping()).toMatchObject(unanswered('NET_CONNECT', 'refused', { host: 'localhost', port: 1 }))
    const named = await clientTo('http://license-server.example:1', { lookup: resolvingTo('127.0.0.1') }).ping()
    expect(named).toMatchObject(unanswered('NET_CONNECT', 'refused', { host: 'license-server.example', port: 1, address: '127.0.0.1' }))
  })

  it('leads to the address that the resolver knows', async () => {
    const { url, received } = await startDoor({ body: '{"ok":true,"time":1}' })
    const named = url.replace('127.0.0.1', 'license-server.example')
    expect(await clientTo(named, { lookup: resolvingTo('127.0.0.1') }).ping()).toMatchObject({ ok: true })
    expect(received[0]?.headers.host).toBe(new URL(named).host)
  })
})
