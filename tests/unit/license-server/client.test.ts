import { describe, expect, it } from 'vitest'
import type { ClientOptions } from '../../../server/license-server/client.ts'
import { createLicenseServerClient } from '../../../server/license-server/client.ts'
import { REFUSAL_CODES } from '../../../server/license-server/protocol.ts'
import { ACTIVATION, ISSUED_SECRET } from '../../support/license-calls.ts'
import type { Answer } from '../../support/vendor-door.ts'
import { startDoor, startServer } from '../../support/vendor-door.ts'

const GRANTED = JSON.stringify({ lease: 'x.y.z', secret: ISSUED_SECRET })

function clientTo(baseUrl: string, options: Partial<ClientOptions> = {}) {
  return createLicenseServerClient({ baseUrl, version: '1.2.3', proxyFor: () => '', ...options })
}

/** What a client makes of an answer to an activation. */
async function outcomeOf(answer: Answer) {
  return clientTo((await startDoor(answer)).url).activate(ACTIVATION).send()
}

describe('the address of the license server', () => {
  it.each(['', '/', '///'])('finds its address with "%s" at the end of the base', async (end) => {
    const { url, received } = await startDoor({ body: GRANTED })
    const client = clientTo(url + end)
    expect(client.baseUrl).toBe(url)
    await client.activate(ACTIVATION).send()
    expect(received[0]?.path).toBe('/api/v1/licenses/activate')
  })

  it('keeps a path of the base', async () => {
    const { url, received } = await startDoor({ body: GRANTED })
    await clientTo(`${url}/licensing/`).activate(ACTIVATION).send()
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
    for (let calls = 0; calls < 3; calls++) expect((await client.activate(ACTIVATION).send()).ok).toBe(true)
    await expect.poll(() => sockets.size).toBe(0)
  })
})

describe('a good answer', () => {
  it('is what the protocol says, without what it does not know', async () => {
    const body = JSON.stringify({ lease: 'x.y.z', secret: ISSUED_SECRET, more: [1] })
    expect(await outcomeOf({ body })).toEqual({ ok: true, value: { lease: 'x.y.z', secret: ISSUED_SECRET } })
  })

  it.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON', 'application/vnd.nocodb+json'])('F35: may be called %s', async (type) => {
    expect((await outcomeOf({ body: GRANTED, headers: { 'content-type': type } })).ok).toBe(true)
  })

  it.each([200, 201, 299])('may have the status %d', async (status) => {
    expect((await outcomeOf({ status, body: GRANTED })).ok).toBe(true)
  })

  it('may hold what would begin a page further on', async () => {
    const body = JSON.stringify({ lease: 'a<b', secret: ISSUED_SECRET })
    expect(await outcomeOf({ body })).toMatchObject({ ok: true, value: { lease: 'a<b' } })
  })

  it('may say that its encoding is none', async () => {
    expect((await outcomeOf({ body: GRANTED, headers: { 'content-encoding': 'Identity' } })).ok).toBe(true)
  })

  const LIMIT = 64 * 1024
  it.each([[LIMIT, true], [LIMIT + 1, false]])('F37: of %d bytes is read: %s', async (size, ok) => {
    expect((await outcomeOf({ body: GRANTED.padStart(size) })).ok).toBe(ok)
  })

  it('F37: is counted in bytes as they come, not as letters or as it says of itself', async () => {
    const body = JSON.stringify({ lease: 'x.y.z', secret: ISSUED_SECRET, more: 'ü'.repeat(33_000) })
    expect(body.length).toBeLessThan(LIMIT)
    expect(await outcomeOf({ body })).toMatchObject({ ok: false, seen: { code: 'SERVER_RESPONSE_INVALID', cause: 'unreadable_answer' } })
  })

  it('is put together from pieces that cut a letter in two', async () => {
    const bytes = Buffer.from(JSON.stringify({ lease: 'ü', secret: ISSUED_SECRET }))
    const cut = bytes.indexOf(0xc3) + 1
    const url = await startServer(async (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write(bytes.subarray(0, cut))
      await new Promise(resolve => setTimeout(resolve, 30))
      response.end(bytes.subarray(cut))
    })
    expect(await clientTo(url).activate(ACTIVATION).send()).toMatchObject({ ok: true, value: { lease: 'ü' } })
  })
})

const none = (seen: object) => ({ ok: false, answered: true, refusal: null, retryAfterMs: null, seen: { stage: 'http', ...seen } })
const invalid = none({ code: 'SERVER_RESPONSE_INVALID', cause: 'unreadable_answer' })
const page = none({ code: 'NET_CAPTIVE_PORTAL', cause: 'web_page' })
const redirect = none({ code: 'NET_CAPTIVE_PORTAL', cause: 'redirect' })

describe('an answer that is none', () => {
  it.each<[string, Answer, object]>([
    ['F35: an HTML page', { body: '<html>', headers: { 'content-type': 'text/html' } }, page],
    ['F35: XHTML', { body: '', headers: { 'content-type': 'application/xhtml+xml' } }, page],
    ['F35: HTML in capitals', { body: 'hello', headers: { 'content-type': 'TEXT/HTML' } }, page],
    ['F35: HTML that is called JSON', { body: '\n  <!doctype html>' }, page],
    ['F35: nothing', { body: '' }, invalid],
    ['F35: text', { body: GRANTED, headers: { 'content-type': 'text/plain' } }, invalid],
    ['F35: something that begins like JSON', { body: GRANTED, headers: { 'content-type': 'application/jsonlines' } }, invalid],
    ['F35: JSON that is called something before it', { body: GRANTED, headers: { 'content-type': 'x-application/json' } }, invalid],
    ['F35: no type', { body: GRANTED, headers: { 'content-type': '' } }, invalid],
    ['F37: cut JSON', { body: GRANTED.slice(0, -4) }, none({
      code: 'SERVER_RESPONSE_INVALID', cause: 'cut_answer', facts: expect.objectContaining({ bytes: GRANTED.length - 4 }),
    })],
    ['F37: another schema', { body: '{"lease":1,"secret":"0123456789abcdef"}' }, invalid],
    ['F37: a compressed body', { body: GRANTED, headers: { 'content-encoding': 'gzip' } }, invalid],
    ['F34: 301', { status: 301, headers: { location: 'http://127.0.0.1:9/' } }, none({
      code: 'NET_CAPTIVE_PORTAL', cause: 'redirect', facts: expect.objectContaining({ target: 'http://127.0.0.1:9' }),
    })],
    ['F34: 300', { status: 300 }, redirect],
    ['F34: 399', { status: 399 }, redirect],
    ['F35: 511', { status: 511 }, page],
    ['F33: 407', { status: 407 }, none({ code: 'NET_PROXY', cause: 'proxy_login' })],
  ])('%s', async (_what, answer, expected) => {
    expect(await outcomeOf(answer)).toMatchObject(expected)
  })
})

describe('a refusal', () => {
  const refusing = (code: string, message: unknown = 'a text') => JSON.stringify({ error: { code, message } })

  it.each(REFUSAL_CODES)('%s is told on as the unsigned word that it is', async (code) => {
    const { url } = await startDoor({ status: 400, body: refusing(code) })
    const facts = { host: '127.0.0.1', url: `${url}/api/v1/licenses/activate`, status: 400, contentType: 'application/json' }
    const seen = code === 'rate_limited'
      ? { code: 'SERVER_RATE_LIMITED', cause: 'rate_limited', facts }
      : { code: 'SERVER_REFUSED', cause: `refused_${code}`, facts: { ...facts, refusal: code } }
    expect(await clientTo(url).activate(ACTIVATION).send()).toEqual({
      ok: false, seen: { stage: 'http', ...seen }, refusal: code, answered: true, retryAfterMs: null, cause: 'HTTP 400',
    })
  })

  const withStatus = (statuses: number[], code: string, cause: string) =>
    statuses.map((status): [string, Answer, string, string] => [`F36: with ${status}`, { status, body: '' }, code, cause])
  it.each<[string, Answer, string, string]>([
    ['F36: of a server that is broken', { status: 500, body: refusing('revoked') }, 'SERVER_ERROR', 'server_error'],
    ['F36: that nobody knows', { status: 422, body: refusing('mood') }, 'SERVER_NOT_A_LICENSE_SERVER', 'not_a_license_server'],
    ['F36: without a text', { status: 422, body: refusing('revoked', null) }, 'SERVER_NOT_A_LICENSE_SERVER', 'not_a_license_server'],
    ['F36: as a page', { status: 403, body: '<html>', headers: { 'content-type': 'text/html' } }, 'NET_CAPTIVE_PORTAL', 'web_page'],
    ['F36: with 429', { status: 429, body: '' }, 'SERVER_RATE_LIMITED', 'rate_limited'],
    ...withStatus([400, 401, 403, 404, 408, 418], 'SERVER_NOT_A_LICENSE_SERVER', 'not_a_license_server'),
    ...withStatus([500, 599], 'SERVER_ERROR', 'server_error_foreign'),
    ...withStatus([502, 503, 504], 'SERVER_ERROR', 'gateway'),
  ])('%s gives no reason', async (_what, answer, code, cause) => {
    expect(await outcomeOf(answer)).toMatchObject({ ok: false, seen: { code, cause }, refusal: null, answered: true, cause: `HTTP ${answer.status}` })
  })

  const NOW = 'Sun, 01 Mar 2026 12:00:00 GMT'
  it.each([
    ['120', 120_000], ['0', 0], [' 5 ', 5000], ['999999999999999', 999_999_999_999_999_000], ['9999999999999999', null], ['-5', null],
    ['1.5', null], ['1e3', null], ['soon', null], ['', null], ['Sun, 01 Mar 2026 12:01:30 GMT', 90_000],
    ['Sun, 01 Mar 2026 12:00:00 GMT', null], ['Sun, 01 Mar 2026 11:00:00 GMT', null], ['2', 2000], ['2026-03-02', null],
  ])('F36: Retry-After "%s" is %s ms', async (value, expected) => {
    for (const status of [429, 503]) {
      expect(await outcomeOf({ status, headers: { 'retry-after': value, 'date': NOW } })).toMatchObject({ retryAfterMs: expected })
    }
  })
})
