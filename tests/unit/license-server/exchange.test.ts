import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Limits, Message } from '../../../server/license-server/exchange.ts'
import { createExchange } from '../../../server/license-server/exchange.ts'
import type { Routing } from '../../../server/license-server/way.ts'
import { createWayOpener } from '../../../server/license-server/way.ts'
import type { Seen } from '../../../shared/findings.ts'
import { textOf } from '../../../shared/findings.ts'
import { untilClosed } from '../../support/network/raw-socket.ts'
import { startProxy, startTcp } from '../../support/network/routes.ts'
import { trustRoot } from './authorities.ts'
import { resolvingTo, seenBy, startTls } from './walking.ts'

/* What becomes of an exchange over a connection that is good. */

vi.setConfig({ testTimeout: 60_000 })

const host = '127.0.0.1'
const HEADERS = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'
const PROMISED = `${HEADERS}Content-Length: 100\r\n\r\n`
const CHUNKED = `${HEADERS}Transfer-Encoding: chunked\r\n\r\n`
/** However slow the machine, whatever was sent has arrived by then. */
const SOON = { total: 1600, connect: 60_000 }

interface Options extends Partial<Routing> { limits?: Limits }

function ask(url: string, { limits = { total: 40_000, connect: 20_000 }, ...routing }: Options = {}, message: Partial<Message> = {}) {
  const exchange = createExchange({ version: '1', openWay: createWayOpener({ proxyFor: () => '', ...routing }), limits })
  return exchange({ method: 'POST', url, body: { a: 1 }, secret: null, signal: undefined, ...message })
}

/** What is seen of a server that does this once it has been asked. */
async function seenOf(respond: (socket: Socket) => void, options: Options = {}): Promise<Seen | null> {
  const port = await startTcp(socket => void socket.once('data', () => respond(socket)))
  return seenBy(() => ask(`http://${host}:${port}/path?query`, options))
}

/** Writes, and does the rest once the kernel has passed it on. */
const after = (text: string, rest: (socket: Socket) => void) => (socket: Socket) => void socket.write(text, () => rest(socket))
const end = (socket: Socket) => void socket.end()
const reset = (socket: Socket) => void socket.resetAndDestroy()

const SILENCES: [string, string, string, object, string][] = [
  ['nothing', '', 'no_answer', { setting: 'plain' }, 'no_answer_plain'],
  ['half a status', 'HTTP/1.1 2', 'no_answer', { setting: 'plain' }, 'no_answer_plain'],
  ['headers alone', PROMISED, 'stalled_while_receiving', { bytes: 0, promised: 100 }, 'stalled_while_receiving'],
  ['a part of what was promised', `${PROMISED}{"lease":`, 'stalled_while_receiving', { bytes: 9, promised: 100 }, 'stalled_while_receiving'],
  ['a part, with nothing promised', `${CHUNKED}4\r\n{"le\r\n`, 'stalled_while_receiving', { bytes: 4 }, 'stalled_while_receiving'],
  ['a part in two-byte letters', `${PROMISED}üü`, 'stalled_while_receiving', { bytes: 4, promised: 100 }, 'stalled_while_receiving'],
]

describe('F31: an answer that does not come, or does not end', () => {
  it('is told by how far it has come', async () => {
    const outcomes = await Promise.all(SILENCES.map(async ([what, sent]) => {
      const seen = await seenOf(socket => void socket.write(sent), { limits: SOON })
      return { what, seen, text: seen && textOf(seen) }
    }))
    expect(outcomes).toEqual(SILENCES.map(([what, , cause, facts, text]) => (
      { what, text, seen: { code: 'NET_TIMEOUT', cause, stage: 'http', facts: { host, seconds: 2, ...facts } } }
    )))
  })

  it('is waited for for as long as the whole call may take, told in whole seconds, one at least', async () => {
    const limits = [490, 1400, 1600]
    const outcomes = await Promise.all(limits.map(total => seenOf(() => undefined, { limits: { total, connect: 60_000 } })))
    expect(outcomes.map(seen => [seen?.cause, seen?.facts.seconds])).toEqual([['no_answer', 1], ['no_answer', 1], ['no_answer', 2]])
  })

  it('over an encrypted connection, which is in place', async () => {
    trustRoot()
    const { url, heard } = await startTls('good')
    const seen = await seenBy(() => ask(url, { limits: SOON }))
    expect(seen).toEqual({ code: 'NET_TIMEOUT', cause: 'no_answer', stage: 'http', facts: { host, seconds: 2 } })
    expect(seen && textOf(seen)).toBe('no_answer')
    expect(heard.join('')).toMatch(/^POST /)
  })

  it.each([
    ['while its name is looked up', { lookup: () => undefined }, 'http://license.example'], ['while it is silent', {}, ''],
  ])('is not laid at anybody\'s door by whoever wants it no more, %s', async (_when, options, url) => {
    const port = await startTcp(() => void setImmediate(() => stopping.abort()))
    const stopping = new AbortController()
    if (url) setImmediate(() => stopping.abort())
    expect(await seenBy(() => ask(url || `http://${host}:${port}`, options, { signal: stopping.signal }))).toMatchObject({
      code: 'NET_CONNECT', cause: 'reset_while_receiving',
    })
  })

  it('behind a proxy, which is not to blame', async () => {
    const { url: proxy } = await startProxy()
    expect(await seenOf(() => undefined, { limits: SOON, proxyFor: () => proxy })).toMatchObject({ code: 'NET_TIMEOUT', cause: 'no_answer', stage: 'http' })
  })
})

describe('F31: an answer that is cut off', () => {
  it.each<[string, string, (socket: Socket) => void, string, object, string]>([
    ['before it begins', '', end, 'reset_while_receiving', { errno: 'UND_ERR_SOCKET' }, 'reset_while_receiving_nothing'],
    ['before it begins, by a reset', '', reset, 'reset_while_receiving', { errno: 'ECONNRESET' }, 'reset_while_receiving_nothing'],
    ['amid the headers', 'HTTP/1.1 200 OK\r\nContent-', end, 'reset_while_receiving', { errno: 'UND_ERR_SOCKET' }, 'reset_while_receiving_nothing'],
    ['after the headers', PROMISED, end, 'cut_answer', { errno: 'UND_ERR_SOCKET', bytes: 0, promised: 100 }, 'cut_answer'],
    ['after the headers, by a reset', PROMISED, reset, 'reset_while_receiving', { errno: 'ECONNRESET', bytes: 0, promised: 100 }, 'reset_while_receiving'],
    ['amid the body', `${PROMISED}{"lease":`, end, 'cut_answer', { errno: 'UND_ERR_SOCKET', bytes: 9, promised: 100 }, 'cut_answer'],
    [
      'amid the body, by a reset', `${PROMISED}{"lease":`, reset, 'reset_while_receiving',
      { errno: 'ECONNRESET', bytes: 9, promised: 100 }, 'reset_while_receiving',
    ],
    ['amid a body that has not said its length', `${CHUNKED}4\r\n{"le\r\n`, end, 'cut_answer', { errno: 'UND_ERR_SOCKET', bytes: 4 }, 'cut_answer'],
    ['amid such a body, by a reset', `${CHUNKED}4\r\n{"le\r\n`, reset, 'reset_while_receiving', { errno: 'ECONNRESET', bytes: 4 }, 'reset_while_receiving'],
  ])('%s', async (_what, sent, rest, cause, facts, text) => {
    const seen = await seenOf(after(sent, rest))
    expect(seen).toEqual({ code: 'NET_CONNECT', cause, stage: 'http', facts: { host, ...facts } })
    expect(seen && textOf(seen)).toBe(text)
  })

  it('by whoever closes a connection as soon as it is there', async () => {
    const port = await startTcp(end)
    for (const method of ['GET', 'POST'] as const) {
      const seen = await seenBy(() => ask(`http://${host}:${port}`, {}, { method, body: undefined }))
      expect(seen).toMatchObject({ code: 'NET_CONNECT', cause: 'reset_while_receiving' })
    }
  })

  it('by whoever closes an encrypted connection as soon as it is there', async () => {
    trustRoot()
    const { url, port } = await startTls('good', null, { requestCert: true, rejectUnauthorized: true })
    expect(await seenBy(() => ask(url))).toEqual({
      code: 'NET_TLS', cause: 'handshake_cut', stage: 'tls', facts: { host, port, errno: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' },
    })
  })

  it.each(['GET', 'POST'] as const)('before a %s was sent at all: there is no other connection to ask for', async (method) => {
    const client = Promise.withResolvers<Socket>()
    const listen = (message: unknown) => client.resolve(Object(message).socket)
    subscribe('net.client.socket', listen)
    vi.useFakeTimers({ toFake: ['setImmediate'] })
    onTestFinished(() => {
      vi.useRealTimers()
      unsubscribe('net.client.socket', listen)
    })
    const asking = seenBy(async () => ask(`http://${host}:${await startTcp()}`, { limits: SOON }, { method, body: undefined }))
    const socket = await client.promise
    await once(socket, 'connect')
    socket.destroy()
    await once(socket, 'close')
    for (let turns = 0; turns < 10 && vi.getTimerCount() > 0; turns++) vi.advanceTimersToNextTimer()
    expect(vi.getTimerCount()).toBe(0)
    expect(await asking).toEqual({ code: 'NET_CONNECT', cause: 'reset_while_receiving', stage: 'http', facts: { host, errno: 'ECONNRESET' } })
  })

  it('by bytes that no encryption has made', async () => {
    trustRoot()
    const server = await startTls('good')
    const port = await startTcp((near) => {
      const far = connect(server.port, host).on('error', () => undefined)
      near.pipe(far).pipe(near)
      void expect.poll(() => server.heard.length).toBeGreaterThan(0).then(() => near.write(Buffer.from([23, 3, 3, 0, 5, 1, 2, 3, 4, 5])))
    })
    expect(await seenBy(() => ask(`https://${host}:${port}`))).toEqual({
      code: 'NET_TLS', cause: 'handshake_cut', stage: 'tls', facts: { host, port, errno: expect.stringMatching(/^ERR_SSL_/) },
    })
  })
})

describe('F37: what comes back and is no HTTP', () => {
  it.each([
    ['another protocol', 'SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n', {}], ['a length twice', `${HEADERS}Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}`, {}],
    ['headers without end', `${HEADERS}X: ${'x'.repeat(100_000)}\r\n\r\n`, { errno: 'UND_ERR_HEADERS_OVERFLOW' }],
    ['a piece of no length', `${CHUNKED}zz\r\n{}\r\n`, { bytes: 0 }],
  ])('%s', async (_what, sent, facts) => {
    const seen = await seenOf(socket => void socket.write(sent))
    expect(seen).toMatchObject({ code: 'SERVER_RESPONSE_INVALID', cause: 'unreadable_answer', stage: 'http', facts: { host, ...facts } })
  })

  it('from somebody who speaks first', async () => {
    const port = await startTcp(socket => void socket.write('220 mail.example ESMTP Postfix\r\n'))
    expect(await seenBy(() => ask(`http://${host}:${port}`))).toMatchObject({ code: 'SERVER_RESPONSE_INVALID', cause: 'unreadable_answer' })
  })
})

describe('an answer that comes', () => {
  it('is told with where it came from, its status and its headers', async () => {
    const port = await startTcp(socket => void socket.once('data', () => socket.write('HTTP/1.1 404 No\r\nServer: one\r\nContent-Length: 2\r\n\r\nhi')))
    const url = `http://license.example:${port}/path?query`
    expect(await ask(url, { lookup: resolvingTo(host) })).toEqual({
      url: new URL(url), status: 404, headers: { 'server': 'one', 'content-length': '2' }, text: 'hi', complete: true, configured: false,
    })
  })

  it('is what was asked for with path and query', async () => {
    const heard = Promise.withResolvers<string>()
    const port = await startTcp(socket => void socket.once('data', (chunk) => {
      heard.resolve(chunk.toString())
      socket.end('HTTP/1.1 200 OK\r\n\r\n')
    }))
    await ask(`http://${host}:${port}/path?query`, {}, { method: 'GET', body: undefined })
    expect(await heard.promise).toMatch(/^GET \/path\?query HTTP\/1\.1\r\n/)
  })

  it('is not waited for where a proxy refuses, and the connection to that is ended', async () => {
    const closed = Promise.withResolvers<void>()
    const port = await startTcp((socket) => {
      void untilClosed(socket).then(closed.resolve)
      socket.once('data', () => socket.write('HTTP/1.1 403 Forbidden\r\n\r\n'))
    })
    expect(await seenBy(() => ask(`http://${host}`, { proxyFor: () => `http://${host}:${port}` }))).toMatchObject({ cause: 'proxy_forbids' })
    await closed.promise
  })

  it('ends the connection, even one that the other side keeps open', async () => {
    const closed = Promise.withResolvers<void>()
    const port = await startTcp((socket) => {
      void untilClosed(socket).then(closed.resolve)
      socket.once('data', () => socket.write(`${HEADERS}Content-Length: 2\r\n\r\n{}`))
    })
    expect(await ask(`http://${host}:${port}`)).toMatchObject({ text: '{}' })
    await closed.promise
  })
})
