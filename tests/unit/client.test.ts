import { lookup as resolve } from 'node:dns/promises'
import type { LookupFunction } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import type { ClientOptions } from '../../server/license-server/client.ts'
import { createLicenseServerClient, LIMITS } from '../../server/license-server/client.ts'
import type { CallName, RequestOf } from '../../server/license-server/protocol.ts'
import { REFUSAL_CODES } from '../../server/license-server/protocol.ts'
import { startBlackHole } from '../routes/black-hole.ts'
import type { Answer } from './support/vendor-door.ts'
import { startDoor, startServer } from './support/vendor-door.ts'

vi.setConfig({ testTimeout: 60_000 })

const NONCE = 'n'.repeat(32)
const REQUESTS: { [C in Exclude<CallName, 'ping'>]: RequestOf<C> } = {
  activate: { license_key: 'nc_a_key_0001', instance_id: 'a'.repeat(32), nonce: NONCE, version: '1.2.3', kids: ['k1'] },
  checkIn: { lease: 'a.b.c', nonce: NONCE, version: '1.2.3', kids: ['k1'], seats_used: 7 },
  renew: { lease: 'a.b.c', nonce: NONCE, version: '1.2.3', kids: ['k1'] },
  deactivate: { lease: 'a.b.c', nonce: NONCE },
}
const GRANTED = JSON.stringify({ lease: 'x.y.z', secret: 's'.repeat(16) })

function clientTo(baseUrl: string, options: Partial<ClientOptions> = {}) {
  return createLicenseServerClient({ baseUrl, version: '1.2.3', proxyFor: () => '', ...options })
}

/** What a client makes of an answer to an activation. */
async function outcomeOf(answer: Answer) {
  return clientTo((await startDoor(answer)).url).call('activate', REQUESTS.activate)
}

describe('a call to the license server', () => {
  it.each([
    ['activate', 'POST', '/api/v1/licenses/activate', undefined], ['checkIn', 'POST', '/api/v1/licenses/check-in', 'secret-of-this'],
    ['renew', 'POST', '/api/v1/licenses/renew', 'secret-of-this'], ['deactivate', 'POST', '/api/v1/licenses/deactivate', 'secret-of-this'],
  ] as const)('%s sends its body and nothing else', async (name, method, path, secret) => {
    const { url, received } = await startDoor()
    await clientTo(url).call(name, REQUESTS[name], secret === undefined ? {} : { secret })
    expect(received).toHaveLength(1)
    expect(received[0]).toMatchObject({ method, path })
    expect(JSON.parse(received[0]?.body ?? '')).toEqual(REQUESTS[name])
    const { host: _host, connection: _connection, 'content-length': _length, ...headers } = received[0]?.headers ?? {}
    expect(headers).toEqual({
      'accept': 'application/json', 'accept-encoding': 'identity', 'content-type': 'application/json', 'user-agent': 'nocodb-license/1.2.3',
      ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }),
    })
  })

  it('ping sends no body, and no header that speaks of one', async () => {
    const { url, received } = await startDoor({ body: '{"ok":true,"time":"2026-03-01T12:00:00Z"}' })
    expect(await clientTo(url).ping()).toEqual({ ok: true, value: { ok: true, time: '2026-03-01T12:00:00Z' } })
    expect(received[0]).toMatchObject({ method: 'GET', path: '/api/v1/ping', body: '' })
    expect(Object.keys(received[0]?.headers ?? {}).sort()).toEqual(['accept', 'accept-encoding', 'connection', 'host', 'user-agent'])
  })

  it.each(['', '/', '///'])('finds its address with "%s" at the end of the base', async (end) => {
    const { url, received } = await startDoor({ body: GRANTED })
    const client = clientTo(url + end)
    expect(client.baseUrl).toBe(url)
    await client.call('activate', REQUESTS.activate)
    expect(received[0]?.path).toBe('/api/v1/licenses/activate')
  })

  it('keeps a path of the base', async () => {
    const { url, received } = await startDoor({ body: GRANTED })
    await clientTo(`${url}/licensing/`).call('activate', REQUESTS.activate)
    expect(received[0]?.path).toBe('/licensing/api/v1/licenses/activate')
  })

  it('leaves no connection behind', async () => {
    const sockets = new Set<unknown>()
    const url = await startServer((request, response) => {
      sockets.add(request.socket)
      request.socket.once('close', () => sockets.delete(request.socket))
      response.writeHead(200, { 'content-type': 'application/json' }).end(GRANTED)
    })
    const client = clientTo(url)
    for (let calls = 0; calls < 3; calls++) expect((await client.call('activate', REQUESTS.activate)).ok).toBe(true)
    await expect.poll(() => sockets.size).toBe(0)
  })
})

describe('a good answer', () => {
  it('is what the protocol says, without what it does not know', async () => {
    const body = JSON.stringify({ lease: 'x.y.z', secret: 's'.repeat(16), more: [1] })
    expect(await outcomeOf({ body })).toEqual({ ok: true, value: { lease: 'x.y.z', secret: 's'.repeat(16) } })
  })

  it.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON', 'application/vnd.nocodb+json'])('F35: may be called %s', async (type) => {
    expect((await outcomeOf({ body: GRANTED, headers: { 'content-type': type } })).ok).toBe(true)
  })

  it.each([200, 201, 299])('may have the status %d', async (status) => {
    expect((await outcomeOf({ status, body: GRANTED })).ok).toBe(true)
  })

  it('may say that its encoding is none', async () => {
    expect((await outcomeOf({ body: GRANTED, headers: { 'content-encoding': 'Identity' } })).ok).toBe(true)
  })

  const LIMIT = 64 * 1024
  it.each([[LIMIT, true], [LIMIT + 1, false]])('F37: of %d bytes is read: %s', async (size, ok) => {
    expect((await outcomeOf({ body: GRANTED.padEnd(size) })).ok).toBe(ok)
  })

  it('F37: is counted in bytes as they come, not as letters or as it says of itself', async () => {
    const body = JSON.stringify({ lease: 'x.y.z', secret: 's'.repeat(16), more: 'ü'.repeat(33_000) })
    expect(body.length).toBeLessThan(LIMIT)
    expect(await outcomeOf({ body })).toMatchObject({ ok: false, code: 'SERVER_RESPONSE_INVALID' })
  })

  it('is put together from pieces that cut a letter in two', async () => {
    const bytes = Buffer.from(JSON.stringify({ lease: 'ü', secret: 's'.repeat(16) }))
    const cut = bytes.indexOf(0xc3) + 1
    const url = await startServer(async (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write(bytes.subarray(0, cut))
      await new Promise(resolve => setTimeout(resolve, 30))
      response.end(bytes.subarray(cut))
    })
    expect(await clientTo(url).call('activate', REQUESTS.activate)).toMatchObject({ ok: true, value: { lease: 'ü' } })
  })
})

const invalid = { ok: false, code: 'SERVER_RESPONSE_INVALID', answered: true, refusal: null, retryAfterMs: null }
const portal = { ...invalid, code: 'NET_CAPTIVE_PORTAL' }

describe('an answer that is none', () => {
  it.each<[string, Answer, object]>([
    ['F35: an HTML page', { body: '<html>', headers: { 'content-type': 'text/html' } }, portal],
    ['F35: XHTML', { body: '', headers: { 'content-type': 'application/xhtml+xml' } }, portal],
    ['F35: HTML in capitals', { body: 'hello', headers: { 'content-type': 'TEXT/HTML' } }, portal],
    ['F35: HTML that is called JSON', { body: '\n  <!doctype html>' }, portal],
    ['F35: nothing', { body: '' }, invalid],
    ['F35: text', { body: GRANTED, headers: { 'content-type': 'text/plain' } }, invalid],
    ['F35: something that begins like JSON', { body: GRANTED, headers: { 'content-type': 'application/jsonlines' } }, invalid],
    ['F35: JSON that is called something before it', { body: GRANTED, headers: { 'content-type': 'x-application/json' } }, invalid],
    ['F35: no type', { body: GRANTED, headers: { 'content-type': '' } }, invalid],
    ['F37: cut JSON', { body: GRANTED.slice(0, -4) }, invalid],
    ['F37: another schema', { body: '{"lease":1,"secret":"0123456789abcdef"}' }, invalid],
    ['F37: a compressed body', { body: GRANTED, headers: { 'content-encoding': 'gzip' } }, invalid],
    ['F34: 301', { status: 301, headers: { location: 'http://127.0.0.1:9/' } }, portal],
    ['F34: 399', { status: 399 }, portal],
    ['F35: 511', { status: 511 }, portal],
    ['F33: 407', { status: 407 }, { ...invalid, code: 'NET_PROXY' }],
  ])('%s', async (_what, answer, expected) => {
    expect(await outcomeOf(answer)).toMatchObject(expected)
  })
})

describe('a refusal', () => {
  const refusing = (code: string, message: unknown = 'a text') => JSON.stringify({ error: { code, message } })

  it.each(REFUSAL_CODES)('%s is told on as the unsigned word that it is', async (code) => {
    const limited = code === 'rate_limited'
    expect(await outcomeOf({ status: 400, body: refusing(code) })).toEqual({
      ok: false, code: limited ? 'SERVER_RATE_LIMITED' : 'SERVER_ERROR', refusal: code, answered: true, retryAfterMs: null, cause: 'HTTP 400',
    })
  })

  it.each<[string, Answer, string]>([
    ['F36: of a server that is broken', { status: 500, body: refusing('revoked') }, 'SERVER_ERROR'],
    ['F36: that nobody knows', { status: 422, body: refusing('mood') }, 'SERVER_ERROR'],
    ['F36: without a text', { status: 422, body: refusing('revoked', null) }, 'SERVER_ERROR'],
    ['F36: as a page', { status: 403, body: '<html>', headers: { 'content-type': 'text/html' } }, 'SERVER_ERROR'],
    ['F36: with 429', { status: 429, body: '' }, 'SERVER_RATE_LIMITED'],
    ...[400, 401, 403, 404, 408, 418, 500, 502, 503, 504, 599].map((status): [string, Answer, string] => [`F36: with ${status}`, { status, body: '' }, 'SERVER_ERROR']),
  ])('%s gives no reason', async (_what, answer, code) => {
    expect(await outcomeOf(answer)).toMatchObject({ ok: false, code, refusal: null, answered: true, cause: `HTTP ${answer.status}` })
  })

  const NOW = 'Sun, 01 Mar 2026 12:00:00 GMT'
  it.each([
    ['120', 120_000], ['0', 0], [' 5 ', 5000], ['999999999999999', 999_999_999_999_999_000], ['9999999999999999', null], ['-5', null],
    ['1.5', null], ['1e3', null], ['soon', null], ['', null], ['Sun, 01 Mar 2026 12:01:30 GMT', 90_000],
    ['Sun, 01 Mar 2026 12:00:00 GMT', null], ['Sun, 01 Mar 2026 11:00:00 GMT', null], ['2', 2000],
  ])('F36: Retry-After "%s" is %s ms', async (value, expected) => {
    for (const status of [429, 503]) {
      expect(await outcomeOf({ status, headers: { 'retry-after': value, 'date': NOW } })).toMatchObject({ retryAfterMs: expected })
    }
  })
})

const connected = { ok: false, code: 'NET_CONNECT', answered: false, refusal: null, retryAfterMs: null }

describe('a way that leads nowhere', () => {
  /** However slow the machine, it is the time of the whole call that ends it. */
  const soon = { total: 1500, connect: 60_000 }

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
    const outcomes = await Promise.all([silent, unfinished, dripping].map(url => clientTo(url, { limits: soon }).call('activate', REQUESTS.activate)))
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ ok: false, code: 'NET_TIMEOUT', answered: false, refusal: null, retryAfterMs: null })
      expect(Object(outcome).cause).toBeInstanceOf(Error)
    }
  })

  it('F31: a server with a name that is silent is not a name that is missing', async () => {
    const url = (await startServer(() => undefined)).replace('127.0.0.1', 'localhost')
    // Looked up beforehand: on a slow machine the look-up alone could take the whole time.
    const found = await resolve('localhost', { all: true })
    const lookup: LookupFunction = (_hostname, _options, callback) => callback(null, found)
    expect(await clientTo(url, { lookup, limits: soon }).ping()).toMatchObject({ code: 'NET_TIMEOUT' })
  })

  it('F31: a connection that is reset, before an answer and amid it', async () => {
    const before = await startServer(request => request.socket.resetAndDestroy())
    const amid = await startServer((request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write('{')
      setTimeout(() => request.socket.resetAndDestroy(), 30)
    })
    for (const url of [before, amid]) expect(await clientTo(url).ping()).toMatchObject(connected)
  })

  it('F31: a half-open connection, which ends without an answer, without a body, or amid it', async () => {
    const silent = await startServer(request => request.socket.end())
    const [bodiless, amid] = await Promise.all(['', '{'].map(begun => startServer((request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 }).flushHeaders()
      if (begun !== '') response.write(begun)
      request.socket.end()
    })))
    for (const url of [silent, bodiless ?? '', amid ?? '']) {
      expect(await clientTo(url).call('activate', REQUESTS.activate)).toMatchObject(connected)
    }
  })

  it('ends at once when whoever asked wants no answer any more', async () => {
    const stop = new AbortController()
    const url = await startServer(() => stop.abort())
    expect(await clientTo(url).call('checkIn', REQUESTS.checkIn, { signal: stop.signal })).toMatchObject({ ok: false, answered: false })
    expect(await clientTo(url).ping(AbortSignal.abort())).toMatchObject({ ok: false, answered: false })
  })

  it('an address that cannot be asked is a failure like any other, not an exception', async () => {
    expect(await clientTo('http://127.0.0.1:1', { proxyFor: () => 'not an address' }).ping()).toMatchObject({ ok: false, code: 'SERVER_RESPONSE_INVALID', answered: true })
  })
})

describe('a name', () => {
  /** A resolver that knows one address for everything. */
  const resolvingTo = (address: string): LookupFunction => (_hostname, { all }, callback) =>
    all ? callback(null, [{ address, family: 4 }]) : callback(null, address, 4)

  it('F30: that does not exist', async () => {
    expect(await clientTo('http://license-server.invalid').ping()).toMatchObject({ ok: false, code: 'NET_DNS', answered: false })
  })

  it.each([
    ['the time to connect', { total: 60_000, connect: 300 }], ['the whole time', { total: 300, connect: 60_000 }],
  ])('F30: of which the resolver says nothing is given up after %s', async (_what, limits) => {
    const asked: string[] = []
    const lookup: LookupFunction = hostname => void asked.push(hostname)
    const startedAt = performance.now()
    expect(await clientTo('http://license-server.example', { lookup, limits }).ping()).toMatchObject({ ok: false, code: 'NET_DNS', answered: false })
    expect(performance.now() - startedAt).toBeLessThan(30_000)
    expect(asked).toEqual(['license-server.example'])
  })

  it('F30: with an address where nobody answers', async () => {
    const lookup = resolvingTo('127.0.0.1')
    const url = `http://license-server.example:${await startBlackHole()}`
    const startedAt = performance.now()
    expect(await clientTo(url, { lookup, limits: { total: 60_000, connect: 300 } }).ping()).toMatchObject(connected)
    expect(performance.now() - startedAt).toBeLessThan(30_000)
  })

  it('F30: with an address where nobody listens', async () => {
    expect(await clientTo('http://localhost:1').ping()).toMatchObject(connected)
    expect(await clientTo('http://license-server.example:1', { lookup: resolvingTo('127.0.0.1') }).ping()).toMatchObject(connected)
  })

  it('leads to the address that the resolver knows', async () => {
    const { url, received } = await startDoor({ body: '{"ok":true,"time":1}' })
    const named = url.replace('127.0.0.1', 'license-server.example')
    expect(await clientTo(named, { lookup: resolvingTo('127.0.0.1') }).ping()).toMatchObject({ ok: true })
    expect(received[0]?.headers.host).toBe(new URL(named).host)
  })
})
