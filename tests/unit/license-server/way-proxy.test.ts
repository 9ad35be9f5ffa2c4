import type { Socket } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { textOf } from '../../../shared/findings.ts'
import { startBlackHole } from '../../support/network/black-hole.ts'
import { startProxy, startTcp } from '../../support/network/routes.ts'
import { trustRoot } from './authorities.ts'
import { seenBy, startTls, timeIsOver, walk, wayTo } from './walking.ts'

vi.setConfig({ testTimeout: 60_000 })

const SERVER = 'https://license.example:8443'
const HOST = { host: 'license.example', port: 8443 }
const seconds = expect.any(Number)
const never = new AbortController().signal
const at = (port: number) => `http://127.0.0.1:${port}`

/** Starts a proxy that answers the first thing it is asked with these bytes; resolves to its port. */
const startAnswering = (bytes: string) => startTcp(socket => void socket.once('data', () => socket.write(bytes)))

describe('F33: a proxy', () => {
  it.each<[string, () => Promise<number>, string]>([
    ['that nobody runs', async () => 1, 'ECONNREFUSED'],
    ['that hangs up when asked', () => startTcp(socket => void socket.once('data', () => socket.end())), 'ECONNRESET'],
    ['that cuts the connection when asked', () => startTcp(socket => void socket.once('data', () => socket.resetAndDestroy())), 'ECONNRESET'],
    ['that speaks something else', () => startAnswering('220 mail.example ESMTP\r\n'), 'HPE_INVALID_CONSTANT'],
  ])('%s is said to refuse', async (_what, start, errno) => {
    const port = await start()
    expect(await walk(SERVER, { proxy: at(port) })).toEqual({
      code: 'NET_PROXY', cause: 'proxy_refused', stage: 'proxy',
      facts: { ...HOST, errno, proxy: at(port), seconds, ...(port === 1 ? { address: '127.0.0.1' } : {}) },
    })
  })

  it('that is neither there nor away is silent', async () => {
    const port = await startBlackHole()
    expect(await walk(SERVER, { proxy: at(port), patience: 300 })).toEqual({
      code: 'NET_PROXY', cause: 'proxy_silent', stage: 'proxy', facts: { ...HOST, errno: 'ETIMEDOUT', proxy: at(port), seconds },
    })
  })

  it('that accepts and never answers is silent, and for how long', async () => {
    const asked = Promise.withResolvers<void>()
    const port = await startTcp(socket => void socket.once('data', () => asked.resolve()))
    const way = wayTo(SERVER, { proxy: at(port) })
    await way.connect(never)
    vi.useFakeTimers({ toFake: ['performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const stop = new AbortController()
    const seeing = seenBy(() => way.tunnel(stop.signal))
    await asked.promise
    vi.advanceTimersByTime(9700)
    stop.abort(timeIsOver())
    expect(await seeing).toEqual({
      code: 'NET_PROXY', cause: 'proxy_silent', stage: 'proxy', facts: { ...HOST, errno: 'ETIMEDOUT', proxy: at(port), seconds: 10 },
    })
  })

  it.each([
    [400, 'proxy_forbids'], [403, 'proxy_forbids'], [404, 'proxy_forbids'], [302, 'proxy_forbids'], [499, 'proxy_forbids'],
    [500, 'proxy_cannot_reach'], [502, 'proxy_cannot_reach'], [503, 'proxy_cannot_reach'], [504, 'proxy_cannot_reach'],
  ] as const)('that answers %d: %s', async (status, cause) => {
    const { url } = await startProxy(status)
    for (const server of [SERVER, 'http://license.example:8443']) {
      expect(await walk(server, { proxy: url })).toEqual({
        code: 'NET_PROXY', cause, stage: 'proxy', facts: { ...HOST, status, proxy: url, seconds },
      })
    }
  })

  it.each([
    ['none was given', '', undefined, undefined, 'proxy_login'],
    ['one was given', 'someone:proxy-canary@', 'login', 'someone', 'proxy_login_rejected'],
    ['one was given in percent signs', 'd%C3%A9j%C3%A0%40vu:proxy-canary@', 'login', 'déjà@vu', 'proxy_login_rejected'],
    ['what may be a token was given alone', 'proxy-canary@', 'login', undefined, 'proxy_login_rejected'],
  ])('that wants a login where %s', async (_what, login, setting, user, text) => {
    const { url } = await startProxy(407)
    const seen = await walk(SERVER, { proxy: url.replace('//', `//${login}`) })
    expect(seen).toEqual({ code: 'NET_PROXY', cause: 'proxy_login', stage: 'proxy', facts: expect.objectContaining({ ...HOST, status: 407, proxy: url }) })
    expect([seen?.facts.setting, seen?.facts.user]).toEqual([setting, user])
    expect(seen && textOf(seen)).toBe(text)
    expect(seen?.facts.example).toBe(url.replace('//', '//USER:PASSWORD@'))
    expect(JSON.stringify(seen)).not.toContain('proxy-canary')
  })

  it.each([
    ['https://license.example', 'license.example:443'], ['http://license.example', 'license.example:80'],
    ['https://[2001:db8::1]:8443', '[2001:db8::1]:8443'], ['http://192.0.2.1:81', '192.0.2.1:81'],
  ])('is asked for a tunnel to %s', async (server, target) => {
    const proxy = await startProxy(403)
    await walk(server, { proxy: proxy.url })
    expect(proxy.requests).toEqual([`CONNECT ${target}`])
  })

  it.each([
    ['some%40one:pass%3Aword@', `Basic ${Buffer.from('some@one:pass:word').toString('base64')}`],
    ['someone@', `Basic ${Buffer.from('someone:').toString('base64')}`], ['', undefined],
    // UTF-8, not Latin-1 (RFC 7617 §2.1).
    ['zo%C3%AB:p%C3%A4ss@', 'Basic em/Dqzpww6Rzcw=='],
  ])('gets the login that it was given (%s), and nothing but its question', async (login, header) => {
    const heard = Promise.withResolvers<string>()
    const port = await startTcp((socket: Socket) => void socket.once('data', chunk => heard.resolve(chunk.toString())))
    const way = wayTo(SERVER, { proxy: `http://${login}127.0.0.1:${port}` })
    await way.connect(never)
    const stop = new AbortController()
    const seeing = seenBy(() => way.tunnel(stop.signal))
    const lines = (await heard.promise).split('\r\n')
    stop.abort(timeIsOver())
    await seeing
    expect(lines[0]).toBe('CONNECT license.example:8443 HTTP/1.1')
    expect(lines.find(line => /^proxy-authorization:/i.test(line))?.slice('proxy-authorization: '.length)).toBe(header)
    expect(lines.filter(line => line !== '').map(line => line.replace(/[ :].*/, '').toLowerCase()).sort())
      .toEqual(['connect', 'connection', 'host', ...(header === undefined ? [] : ['proxy-authorization'])].sort())
  })

  it.each([200, 204, 299])('that answers %d has made the tunnel', async (status) => {
    expect(await walk('http://license.example', { proxy: at(await startAnswering(`HTTP/1.1 ${status} OK\r\n\r\n`)) })).toBeNull()
  })

  it('whose tunnel begins with bytes of the other side loses none of them', async () => {
    const way = wayTo('http://license.example', { proxy: at(await startAnswering('HTTP/1.1 200 OK\r\n\r\nat once')) })
    await way.connect(never)
    await way.tunnel(never)
    const first = Promise.withResolvers<string>()
    way.socket.once('data', chunk => first.resolve(chunk.toString()))
    expect(await first.promise).toBe('at once')
  })
})

describe('F33: a proxy with an https address', () => {
  it.each([
    ['expired', 'certificate_expired'], ['for other names', 'certificate_other_name'], ['of a stranger', 'certificate_unknown_issuer'],
    ['self-signed', 'certificate_self_signed'],
  ] as const)('whose certificate is %s is asked for nothing, and told no password', async (kind, cause) => {
    trustRoot()
    const proxy = await startTls(kind)
    const seen = await walk(SERVER, { proxy: proxy.url.replace('//', '//someone:proxy-canary@') })
    expect(seen).toMatchObject({ code: 'NET_TLS', cause, stage: 'proxy', facts: { host: '127.0.0.1', proxy: proxy.url } })
    await expect.poll(() => proxy.open.size).toBe(0)
    expect([proxy.accepted, proxy.heard]).toEqual([1, []])
  })

  it('that is trusted is asked like any other', async () => {
    trustRoot()
    const proxy = await startTls('good', 'HTTP/1.1 403 Forbidden\r\n\r\n')
    expect(await walk(SERVER, { proxy: proxy.url })).toMatchObject({ cause: 'proxy_forbids', facts: { ...HOST, status: 403 } })
    expect(proxy.heard.join('')).toMatch(/^CONNECT license\.example:8443 HTTP\/1\.1\r\n/)
  })

  it('that speaks no TLS is told by its own port', async () => {
    const port = await startAnswering('HTTP/1.1 400 Bad Request\r\n\r\n')
    expect(await walk(SERVER, { proxy: `https://127.0.0.1:${port}` })).toMatchObject({
      code: 'NET_TLS', cause: 'not_tls', stage: 'proxy', facts: { host: '127.0.0.1', port, proxy: `https://127.0.0.1:${port}` },
    })
  })

  it('that never completes the handshake', async () => {
    const port = await startTcp()
    const seen = await walk(SERVER, { proxy: `https://127.0.0.1:${port}`, patience: 2000 })
    expect(seen).toMatchObject({ code: 'NET_TIMEOUT', cause: 'no_answer', stage: 'proxy', facts: { host: '127.0.0.1', port } })
    expect(seen && textOf(seen)).toBe('no_answer_handshake')
  })
})
