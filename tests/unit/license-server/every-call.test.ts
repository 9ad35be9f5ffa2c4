import { readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { ClientOptions } from '../../../server/license-server/client.ts'
import { createLicenseServerClient } from '../../../server/license-server/client.ts'
import { PROTOCOL } from '../../../server/license-server/protocol.ts'
import { createProxyFor } from '../../../server/runtime/proxy.ts'
import type { Call } from '../../support/license-calls.ts'
import { CALLS } from '../../support/license-calls.ts'
import { startBlackHole } from '../../support/network/black-hole.ts'
import { startProxy, startTcp, startTlsFront } from '../../support/network/routes.ts'
import { startDoor, startServer } from '../../support/vendor-door.ts'

/* What holds for one call holds for every call: what it sends, the way it takes, and each limit. */

vi.setConfig({ testTimeout: 60_000 })

/** Generous: only what is meant to be given up has a limit that a slow machine could reach. */
const PATIENT = { total: 40_000, connect: 20_000 }
const clientTo = (baseUrl: string, options: Partial<ClientOptions> = {}) =>
  createLicenseServerClient({ baseUrl, version: '1.2.3', proxyFor: () => '', limits: PATIENT, ...options })

const openDoor = ({ answer }: Call) => startDoor({ body: JSON.stringify(answer) })

const trusted = getCACertificates('default')
afterEach(() => setDefaultCACertificates(trusted))

it('the table holds every call of the protocol', () => {
  expect(CALLS.map(({ name }) => name)).toEqual(Object.keys(PROTOCOL))
})

describe.each(CALLS)('$name', (call) => {
  it('sends its own body, its own headers, and nothing else', async () => {
    const { url, received } = await openDoor(call)
    expect(await call.make(clientTo(url))).toEqual({ ok: true, value: call.value })
    expect(received).toHaveLength(1)
    const [{ method, path, body, headers } = { method: '', path: '', body: '', headers: {} }] = received
    expect({ method, path }).toEqual({ method: call.method, path: call.path })
    expect(body === '' ? null : JSON.parse(body)).toEqual(call.body)
    const { host: _host, connection: _connection, 'content-length': _length, ...own } = headers
    expect(own).toEqual({
      'accept': 'application/json', 'accept-encoding': 'identity', 'user-agent': 'nocodb-license/1.2.3',
      ...(call.body === null ? {} : { 'content-type': 'application/json' }),
      ...(call.secret === null ? {} : { authorization: `Bearer ${call.secret}` }),
    })
  })

  it('sends what the protocol says', () => {
    const [, wire] = Object.entries(PROTOCOL).find(([name]) => name === call.name) ?? []
    expect(wire).toMatchObject({ method: call.method, path: call.path })
    expect(wire?.request.safeParse(call.body ?? undefined)).toMatchObject({ success: true, data: call.body ?? undefined })
  })

  it('is asked by the address of this very call whether a proxy leads there', async () => {
    const asked: string[] = []
    const proxyFor = (url: string) => {
      asked.push(url)
      return ''
    }
    const { url } = await openDoor(call)
    await call.make(clientTo(url, { proxyFor }))
    expect(asked).toEqual([url + call.path])
  })
})

describe.each(CALLS.filter(({ name }) => name === 'checkIn' || name === 'renew'))('$name', (call) => {
  it('tells a verdict from a lease, and gives neither of them as the other', async () => {
    for (const kind of ['lease', 'verdict']) {
      const { url } = await startDoor({ body: JSON.stringify({ [kind]: 'x.y.z' }) })
      expect(await call.make(clientTo(url))).toEqual({ ok: true, value: { kind, jws: 'x.y.z' } })
    }
  })
})

describe.each(CALLS)('the way of $name', (call) => {
  it('F33: leads through the proxy to a plain address', async () => {
    const [door, proxy] = [await openDoor(call), await startProxy()]
    const proxyFor = createProxyFor({ http: proxy.url, https: null, noProxy: null })
    expect(await call.make(clientTo(door.url, { proxyFor }))).toEqual({ ok: true, value: call.value })
    expect(proxy.requests).toEqual([`CONNECT ${new URL(door.url).host}`])
    expect(door.received).toHaveLength(1)
  })

  it('F33: leads through the proxy to an encrypted address, and the proxy sees nothing of it', async () => {
    const [door, proxy] = [await openDoor(call), await startProxy()]
    const front = await startTlsFront(door.url)
    setDefaultCACertificates([...trusted, readFileSync(front.caFile, 'utf8')])
    const proxyFor = createProxyFor({ http: null, https: proxy.url, noProxy: null })
    expect(await call.make(clientTo(front.url, { proxyFor }))).toEqual({ ok: true, value: call.value })
    expect(proxy.requests).toEqual([`CONNECT ${new URL(front.url).host}`])
    expect(door.received).toHaveLength(1)
  })

  it('F33: reaches nobody past a proxy that is away', async () => {
    const door = await openDoor(call)
    const proxyFor = createProxyFor({ http: 'http://127.0.0.1:1', https: null, noProxy: null })
    expect(await call.make(clientTo(door.url, { proxyFor }))).toMatchObject({
      ok: false, seen: { code: 'NET_PROXY', cause: 'proxy_refused', facts: { proxy: 'http://127.0.0.1:1' } }, answered: false,
    })
    expect(door.received).toEqual([])
  })

  it.each([['no proxy is set', null], ['NO_PROXY names the address', '127.0.0.1']])('F33, F87: is direct where %s', async (_what, noProxy) => {
    const [door, proxy] = [await openDoor(call), await startProxy()]
    const proxyFor = createProxyFor({ http: noProxy === null ? null : proxy.url, https: proxy.url, noProxy })
    expect(await call.make(clientTo(door.url, { proxyFor }))).toEqual({ ok: true, value: call.value })
    expect(proxy.requests).toEqual([])
    expect(door.received).toHaveLength(1)
  })

  it.each([301, 302, 307, 308])('F34: does not go on after a redirect (%d)', async (status) => {
    const elsewhere = await openDoor(call)
    const door = await startDoor({ status, headers: { location: elsewhere.url + call.path } })
    expect(await call.make(clientTo(door.url))).toMatchObject({
      ok: false, seen: { code: 'NET_CAPTIVE_PORTAL', cause: 'redirect', facts: { status, target: elsewhere.url + call.path } }, answered: true,
    })
    expect(door.received).toHaveLength(1)
    expect(elsewhere.received).toEqual([])
  })
})

type Respond = (response: ServerResponse) => void
/** Says something now and then, so that no wait between two pieces is long. */
function drip(response: ServerResponse, text: string, everyMs: number): void {
  const dripping = setInterval(() => response.write(text), everyMs)
  response.once('close', () => clearInterval(dripping))
}
const SLOW: [string, Respond, string][] = [
  ['no answer', () => undefined, 'no_answer'],
  ...[200, 422, 500].flatMap((status): [string, Respond, string][] => [
    [
      `an answer (${status}) without its body`, response => response.writeHead(status, { 'content-type': 'application/json' }).flushHeaders(),
      'stalled_while_receiving',
    ],
    [`a body (${status}) that drips`, (response) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      drip(response, ' ', 20)
    }, 'stalled_while_receiving'],
  ]),
]

describe.each(CALLS)('the limits of $name', (call) => {
  const soon = { total: 3000, connect: 60_000 }

  it('F31: what never answers, or never ends, is given up after the whole time, whatever its status', async () => {
    const outcomes = await Promise.all(SLOW.map(async ([what, respond]) => {
      const url = await startServer((_request, response) => respond(response))
      const outcome = await call.make(clientTo(url, { limits: soon }))
      return `${what}: ${outcome.ok ? 'ok' : `${outcome.seen.code} ${outcome.seen.cause}`}`
    }))
    expect(outcomes).toEqual(SLOW.map(([what, , cause]) => `${what}: NET_TIMEOUT ${cause}`))
  })

  it('F31: a connection that nobody accepts is given up after the time to connect', async () => {
    const url = `http://127.0.0.1:${await startBlackHole()}`
    expect(await call.make(clientTo(url, { limits: { total: 40_000, connect: 300 } }))).toMatchObject({
      ok: false, seen: { code: 'NET_CONNECT', cause: 'dropped' }, answered: false,
    })
  })

  it('F31: TLS that is never agreed on is given up after the time to connect', async () => {
    const url = `https://127.0.0.1:${await startTcp()}`
    expect(await call.make(clientTo(url, { limits: { total: 40_000, connect: 1500 } }))).toMatchObject({
      ok: false, seen: { code: 'NET_TIMEOUT', cause: 'no_answer', stage: 'tls' }, answered: false,
    })
  })

  it.each([
    [200, 'SERVER_RESPONSE_INVALID', 'unreadable_answer'], [299, 'SERVER_RESPONSE_INVALID', 'unreadable_answer'],
    [404, 'SERVER_NOT_A_LICENSE_SERVER', 'not_a_license_server'], [422, 'SERVER_NOT_A_LICENSE_SERVER', 'not_a_license_server'],
    [429, 'SERVER_RATE_LIMITED', 'rate_limited'], [503, 'SERVER_ERROR', 'gateway'], [500, 'SERVER_ERROR', 'server_error_foreign'],
    [407, 'NET_PROXY', 'proxy_login'], [302, 'NET_CAPTIVE_PORTAL', 'redirect'],
  ])('F37: a body (%d) without end is read no further than 64 KiB', async (status, code, cause) => {
    const [piece, all] = [' '.repeat(16_384), 32 * 1024 * 1024]
    let sent = 0
    const url = await startServer((_request, response) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      const more = () => {
        while (!response.destroyed && sent < all) {
          sent += piece.length
          if (!response.write(piece)) return
        }
        response.end()
      }
      response.on('drain', more)
      more()
    })
    expect(await call.make(clientTo(url))).toMatchObject({ ok: false, answered: true, seen: { code, cause }, refusal: null })
    // What the kernel takes in on the way is a few megabytes at most.
    expect(sent).toBeLessThan(all / 2)
  })

  it('F37: a refusal beyond the limit is none', async () => {
    const refusal = JSON.stringify({ error: { code: 'revoked', message: 'x'.repeat(65_536) } })
    const { url } = await startDoor({ status: 403, body: refusal })
    expect(await call.make(clientTo(url))).toMatchObject({
      ok: false, seen: { code: 'SERVER_NOT_A_LICENSE_SERVER', cause: 'not_a_license_server' }, refusal: null,
    })
  })

  // Told apart by the code: a call that went on would be given up after the whole time, as NET_TIMEOUT.
  it('ends at once when whoever asked wants no answer any more', async () => {
    const stop = new AbortController()
    const url = await startServer(() => stop.abort())
    expect(await call.make(clientTo(url), stop.signal)).toMatchObject({
      ok: false, seen: { code: 'NET_CONNECT', cause: 'reset_while_receiving' }, answered: false,
    })
    const door = await openDoor(call)
    expect(await call.make(clientTo(door.url), AbortSignal.abort())).toMatchObject({ ok: false, seen: { code: 'NET_CONNECT' }, answered: false })
    expect(door.received).toEqual([])
  })

  it('ends at once amid a body, too', async () => {
    const stop = new AbortController()
    const url = await startServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write('{', () => stop.abort())
    })
    expect(await call.make(clientTo(url), stop.signal)).toMatchObject({
      ok: false, seen: { code: 'NET_CONNECT', cause: 'reset_while_receiving' }, answered: false,
    })
  })
})
