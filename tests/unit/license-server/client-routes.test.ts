import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { once } from 'node:events'
import { createLicenseServerClient } from '../../../server/license-server/client.ts'
import type { CertificateKind } from '../../support/network/certificates.ts'
import { PROXY_CA } from '../../support/network/certificates.ts'
import { startOldTlsFront, startProxy, startTlsFront } from '../../support/network/routes.ts'
import { startDoor } from '../../support/vendor-door.ts'

/* Through TLS and proxies that are real. */

vi.setConfig({ testTimeout: 60_000 })

const PONG = '{"ok":true,"time":1772366400}'
const trusted = getCACertificates('default')
afterEach(() => setDefaultCACertificates(trusted))

const trust = (caFile: string) => setDefaultCACertificates([...trusted, readFileSync(caFile, 'utf8')])
/** Generous: only what is meant to be given up has a limit that a slow machine could reach. */
const ping = (baseUrl: string, proxy = '', limits = { total: 40_000, connect: 20_000 }) =>
  createLicenseServerClient({ baseUrl, version: '1.2.3', proxyFor: () => proxy, limits }).ping()
const startPong = () => startDoor({ body: PONG })

/** Accepts connections and says nothing on them. */
async function startSilence(): Promise<number> {
  const server = createServer(socket => socket.on('error', () => undefined)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return Object(server.address()).port
}

describe('F32: TLS', () => {
  it('with a certificate of a known authority is how it should be', async () => {
    const { url, caFile } = await startTlsFront((await startPong()).url)
    trust(caFile)
    expect(await ping(url)).toMatchObject({ ok: true })
    expect(await ping(url.replace('127.0.0.1', 'localhost'))).toMatchObject({ ok: true })
  })

  it.each<[CertificateKind, string]>([
    ['expired', 'certificate_expired'], ['wrong-name', 'certificate_other_name'], ['self-signed', 'certificate_self_signed'],
    ['intercepted', 'certificate_unknown_issuer'],
  ])('with a certificate that is %s is refused before anything is sent', async (kind, cause) => {
    const door = await startPong()
    const { url, caFile } = await startTlsFront(door.url, kind)
    trust(caFile)
    expect(await ping(url)).toMatchObject({ ok: false, seen: { code: 'NET_TLS', cause, stage: 'tls' }, answered: false })
    expect(door.received).toEqual([])
  })

  it('of a version that nobody should use any more is refused', async () => {
    const door = await startPong()
    const { url, caFile } = await startOldTlsFront(door.url)
    trust(caFile)
    expect(await ping(url)).toMatchObject({ ok: false, seen: { code: 'NET_TLS', cause: 'tls_version', facts: { version: 'TLS 1.0' } } })
    expect(door.received).toEqual([])
  })

  it('spoken to a server that knows none', async () => {
    const { url } = await startPong()
    expect(await ping(url.replace('http:', 'https:'))).toMatchObject({ ok: false, seen: { code: 'NET_TLS', cause: 'not_tls' } })
  })

  it('F31: that is never agreed on is given up when a connection takes too long', async () => {
    const startedAt = performance.now()
    const outcome = await ping(`https://127.0.0.1:${await startSilence()}`, '', { total: 30_000, connect: 2000 })
    expect(outcome).toMatchObject({ ok: false, seen: { code: 'NET_TIMEOUT', cause: 'no_answer', stage: 'tls' }, answered: false })
    expect(performance.now() - startedAt).toBeLessThan(20_000)
  })
})

describe('F33: a proxy', () => {
  it('carries plain and encrypted calls', async () => {
    const [door, proxy] = [await startPong(), await startProxy()]
    expect(await ping(door.url, proxy.url)).toMatchObject({ ok: true })
    const front = await startTlsFront(door.url)
    trust(front.caFile)
    expect(await ping(front.url, proxy.url)).toMatchObject({ ok: true })
    expect(proxy.requests).toEqual([door.url, front.url].map(url => `CONNECT ${new URL(url).host}`))
    expect(door.received).toHaveLength(2)
  })

  it('that intercepts is a matter of TLS', async () => {
    const [door, proxy] = [await startPong(), await startProxy()]
    const front = await startTlsFront(door.url, 'intercepted')
    expect(await ping(front.url, proxy.url)).toMatchObject({
      ok: false, seen: { code: 'NET_TLS', cause: 'certificate_unknown_issuer', stage: 'tls', facts: { issuer: PROXY_CA, proxy: proxy.url } },
    })
  })

  it('is asked for by the address of the very call', async () => {
    const [door, asked] = [await startPong(), [] as string[]]
    const proxyFor = (url: string) => {
      asked.push(url)
      return ''
    }
    await createLicenseServerClient({ baseUrl: door.url, version: '1', proxyFor }).ping()
    expect(asked).toEqual([`${door.url}/api/v1/ping`])
  })

  it.each(['http', 'https'])('that wants a password is at fault, with an %s address', async (scheme) => {
    const [door, proxy] = [await startPong(), await startProxy(407)]
    const url = scheme === 'http' ? door.url : (await startTlsFront(door.url)).url
    expect(await ping(url, proxy.url)).toMatchObject({
      ok: false, seen: { code: 'NET_PROXY', cause: 'proxy_login', stage: 'proxy', facts: { proxy: proxy.url, status: 407 } },
    })
    expect(proxy.requests).toEqual([`CONNECT ${new URL(url).host}`])
    expect(door.received).toEqual([])
  })

  it.each([
    ['http://proxy.invalid:3128', 'proxy_not_found', 'dns'], ['http://127.0.0.1:1', 'proxy_refused', 'proxy'], ['http://[::1]:1', 'proxy_refused', 'proxy'],
  ])('at %s cannot be reached', async (proxy, cause, stage) => {
    const door = await startPong()
    expect(await ping(door.url, proxy)).toMatchObject({ ok: false, seen: { code: 'NET_PROXY', cause, stage, facts: { proxy } }, answered: false })
    expect(door.received).toEqual([])
  })

  it.each(['http', 'https'])('that accepts and says nothing is given up after the whole time, with an %s address', async (scheme) => {
    const door = await startPong()
    const url = scheme === 'http' ? door.url : (await startTlsFront(door.url)).url
    const proxy = `http://127.0.0.1:${await startSilence()}`
    const outcome = await ping(url, proxy, { total: 2500, connect: 1200 })
    expect(outcome).toMatchObject({ ok: false, seen: { code: 'NET_PROXY', cause: 'proxy_silent', stage: 'proxy', facts: { proxy } }, answered: false })
    // Not after the time to connect, which a proxy may need for the license server.
    expect(Object(outcome).seen.facts.seconds).toBeGreaterThan(1)
  })

  it('is not at fault where the license server behind it hangs up or says nothing', async () => {
    const proxy = await startProxy()
    const silent = `https://127.0.0.1:${await startSilence()}`
    const unanswered = await ping(silent, proxy.url, { total: 2500, connect: 1200 })
    expect(unanswered).toMatchObject({ ok: false, seen: { code: 'NET_TIMEOUT', cause: 'no_answer', stage: 'tls' } })
    expect(Object(unanswered).seen.facts.seconds).toBeGreaterThan(1)
    const hangsUp = createServer(socket => socket.end()).listen(0, '127.0.0.1')
    await once(hangsUp, 'listening')
    onTestFinished(() => void hangsUp.close())
    const cut = await ping(`https://127.0.0.1:${Object(hangsUp.address()).port}`, proxy.url)
    expect(cut).toMatchObject({ ok: false, seen: { code: 'NET_CONNECT', cause: 'handshake_cut', stage: 'tls' } })
  })
})
