import type { Socket } from 'node:net'
import type { TlsOptions } from 'node:tls'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { textOf } from '../../../shared/findings.ts'
import { startProxy, startTcp } from '../../support/network/routes.ts'
import { startDoor } from '../../support/vendor-door.ts'
import { trustRoot } from './authorities.ts'
import { resolvingTo, seenBy, startTls, timeIsOver, walk, wayTo } from './walking.ts'

vi.setConfig({ testTimeout: 60_000 })

const host = '127.0.0.1'
const seconds = expect.any(Number)
const never = new AbortController().signal
const at = (port: number) => `https://127.0.0.1:${port}`

/** An alert of TLS that ends a handshake (RFC 8446 §6). */
const alert = (description: number) => Buffer.from([21, 3, 3, 0, 2, 2, description])
const PROTOCOL_VERSION = 70
const HANDSHAKE_FAILURE = 40
const UNRECOGNIZED_NAME = 112

/** Starts a server that answers the beginning of a handshake like this; resolves to its port. */
const startAnswering = (answer: (socket: Socket) => void) => startTcp(socket => void socket.once('data', () => answer(socket)))

const onlyTls = (version: 'TLSv1' | 'TLSv1.1'): TlsOptions => ({ minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' })

describe('encryption', () => {
  it('that is agreed on is how it should be, with an address and with a name', async () => {
    trustRoot()
    const { url } = await startTls('good')
    expect(await walk(url)).toBeNull()
    expect(await walk(url.replace(host, 'localhost'))).toBeNull()
    const way = wayTo(url)
    await way.connect(never)
    const secure = await way.secure(never)
    expect(secure?.authorized).toBe(true)
    expect(way.socket).toBe(secure)
  })

  it.each([['localhost', ['localhost']], [host, []]])('asks for the certificate of %s by its name, but never by an address', async (name, expected) => {
    trustRoot()
    const asked: string[] = []
    const SNICallback: TlsOptions['SNICallback'] = (wanted, answer) => {
      asked.push(wanted)
      answer(null)
    }
    const { port } = await startTls('good', null, { SNICallback })
    expect(await walk(`https://${name}:${port}`, { lookup: resolvingTo(host) })).toBeNull()
    expect(asked).toEqual(expected)
  })

  it('offers HTTP/1.1 and nothing newer', async () => {
    trustRoot()
    const offered: string[][] = []
    const { url } = await startTls('good', null, {
      ALPNCallback: ({ protocols }) => {
        offered.push(protocols)
        return protocols[0]
      },
    })
    expect(await walk(url)).toBeNull()
    expect(offered).toEqual([['http/1.1']])
  })

  it.each<[string, () => Promise<number>]>([
    ['a plain web server', async () => Number(new URL((await startDoor()).url).port)],
    ['a mail server', () => startTcp(socket => void socket.write('220 mail.example ESMTP Postfix\r\n'))],
    ['a login', () => startTcp(socket => void socket.write('SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n'))],
  ])('F32: is not spoken by %s', async (_what, start) => {
    const port = await start()
    expect(await walk(at(port))).toEqual({
      code: 'NET_TLS', cause: 'not_tls', stage: 'tls', facts: { host, port, errno: expect.stringMatching(/^(?:ERR_SSL_|EPROTO)/), seconds },
    })
  })

  it.each<[string, (socket: Socket) => void, string, string]>([
    ['hangs up', socket => socket.end(), 'NET_CONNECT', 'ECONNRESET'],
    ['cuts the connection', socket => socket.resetAndDestroy(), 'NET_CONNECT', 'ECONNRESET'],
    ['says that there is no such name', socket => socket.end(alert(UNRECOGNIZED_NAME)), 'NET_TLS', 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME'],
    ['finds nothing in common', socket => socket.end(alert(HANDSHAKE_FAILURE)), 'NET_TLS', 'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE'],
  ])('F31: is cut off where the other side %s', async (_what, answer, code, errno) => {
    const port = await startAnswering(answer)
    expect(await walk(at(port))).toEqual({ code, cause: 'handshake_cut', stage: 'tls', facts: { host, port, errno, seconds } })
  })

  it('F31: that the other side never takes up is silence, and for how long', async () => {
    const greeted = Promise.withResolvers<void>()
    const port = await startAnswering(() => greeted.resolve())
    const way = wayTo(at(port))
    await way.connect(never)
    vi.useFakeTimers({ toFake: ['performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const stop = new AbortController()
    const seeing = seenBy(() => way.secure(stop.signal))
    await greeted.promise
    vi.advanceTimersByTime(4400)
    stop.abort(timeIsOver())
    const seen = await seeing
    expect(seen).toEqual({ code: 'NET_TIMEOUT', cause: 'no_answer', stage: 'tls', facts: { host, port, errno: 'ETIMEDOUT', seconds: 4 } })
    expect(seen && textOf(seen)).toBe('no_answer_handshake')
    expect(way.socket.destroyed).toBe(true)
  })

  it('behind a proxy fails no differently, and names the proxy', async () => {
    const { url: proxy } = await startProxy()
    const [closing, plain] = [await startAnswering(socket => socket.end()), Number(new URL((await startDoor()).url).port)]
    expect(await walk(at(closing), { proxy })).toEqual({
      code: 'NET_CONNECT', cause: 'handshake_cut', stage: 'tls', facts: { host, port: closing, errno: 'ECONNRESET', seconds, proxy },
    })
    expect(await walk(at(plain), { proxy })).toMatchObject({ code: 'NET_TLS', cause: 'not_tls', stage: 'tls', facts: { host, port: plain, proxy } })
    const silent = await walk(at(await startTcp()), { proxy, patience: 2000 })
    expect(silent).toMatchObject({ code: 'NET_TIMEOUT', cause: 'no_answer', stage: 'tls', facts: { proxy } })
  })
})

describe('F32: encryption of a version that nobody should use any more', () => {
  it.each([['TLSv1', 'TLS 1.0'], ['TLSv1.1', 'TLS 1.1']] as const)('%s is refused, and named after a second look', async (only, version) => {
    trustRoot()
    const server = await startTls('good', null, onlyTls(only))
    const seen = await walk(server.url)
    expect(seen).toEqual({
      code: 'NET_TLS', cause: 'tls_version', stage: 'tls',
      facts: { host, port: server.port, version, errno: expect.stringMatching(/^(?:ERR_SSL_|EPROTO)/), seconds },
    })
    expect(seen && textOf(seen)).toBe('tls_version')
    expect(server.accepted).toBe(2)
    await expect.poll(() => server.open.size).toBe(0)
    expect(server.heard).toEqual([])
  })

  it('is looked at again at the address that was found for the name', async () => {
    const server = await startTls('good', null, onlyTls('TLSv1'))
    const seen = await walk(`https://license.example:${server.port}`, { lookup: resolvingTo(host) })
    expect(seen).toMatchObject({ cause: 'tls_version', facts: { host: 'license.example', version: 'TLS 1.0' } })
  })

  it.each<[string, (socket: Socket) => void]>([
    ['says nothing the second time', () => undefined], ['hangs up the second time', socket => socket.end()],
  ])('is not named where the other side %s', async (_what, secondly) => {
    let asked = 0
    const port = await startAnswering(socket => asked++ === 0 ? socket.end(alert(PROTOCOL_VERSION)) : secondly(socket))
    const seen = await walk(at(port))
    expect(seen).toEqual({
      code: 'NET_TLS', cause: 'tls_version', stage: 'tls', facts: { host, port, errno: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', seconds },
    })
    expect(seen && textOf(seen)).toBe('tls_version_unknown')
    expect(asked).toBe(2)
  })

  it('is not looked at again past a proxy', async () => {
    const [{ url: proxy, requests }, server] = [await startProxy(), await startTls('good', null, onlyTls('TLSv1'))]
    const seen = await walk(server.url, { proxy })
    expect(seen).toMatchObject({ cause: 'tls_version', facts: { proxy } })
    expect(seen?.facts.version).toBeUndefined()
    expect([server.accepted, requests]).toEqual([1, [`CONNECT 127.0.0.1:${server.port}`]])
  })
})
