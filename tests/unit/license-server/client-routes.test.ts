import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { once } from 'node:events'
import { createLicenseServerClient } from '../../../server/license-server/client.ts'
import type { CertificateKind } from '../../support/network/certificates.ts'
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

  it.each<CertificateKind>(['expired', 'wrong-name', 'self-signed', 'intercepted'])('with a certificate that is %s is refused before anything is sent', async (kind) => {
    const door = await startPong()
    const { url, caFile } = await startTlsFront(door.url, kind)
    trust(caFile)
    expect(await ping(url)).toMatchObject({ ok: false, code: 'NET_TLS', answered: false })
    expect(door.received).toEqual([])
  })

  it('of a version that nobody should use any more is refused', async () => {
    const door = await startPong()
    const { url, caFile } = await startOldTlsFront(door.url)
    trust(caFile)
    expect(await ping(url)).toMatchObject({ ok: false, code: 'NET_TLS' })
    expect(door.received).toEqual([])
  })

  it('spoken to a server that knows none', async () => {
    const { url } = await startPong()
    expect(await ping(url.replace('http:', 'https:'))).toMatchObject({ ok: false, code: 'NET_TLS' })
  })

  it('F31: that is never agreed on is given up when a connection takes too long', async () => {
    const startedAt = performance.now()
    expect(await ping(`https://127.0.0.1:${await startSilence()}`, '', { total: 30_000, connect: 200 })).toMatchObject({ ok: false, code: 'NET_CONNECT', answered: false })
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
    expect(proxy.requests).toContain(`CONNECT ${new URL(front.url).host}`)
    expect(door.received).toHaveLength(2)
  })

  it('that intercepts is a matter of TLS', async () => {
    const [door, proxy] = [await startPong(), await startProxy()]
    const front = await startTlsFront(door.url, 'intercepted')
    expect(await ping(front.url, proxy.url)).toMatchObject({ ok: false, code: 'NET_TLS' })
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
    expect(await ping(url, proxy.url)).toMatchObject({ ok: false, code: 'NET_PROXY' })
    expect(door.received).toEqual([])
  })

  it.each(['http://proxy.invalid:3128', 'http://127.0.0.1:1', 'http://[::1]:1'])('at %s cannot be reached', async (proxy) => {
    const door = await startPong()
    expect(await ping(door.url, proxy)).toMatchObject({ ok: false, code: 'NET_PROXY', answered: false })
    expect(door.received).toEqual([])
  })

  it.each(['http', 'https'])('that accepts and says nothing is given up after the whole time, with an %s address', async (scheme) => {
    const door = await startPong()
    const url = scheme === 'http' ? door.url : (await startTlsFront(door.url)).url
    const proxy = `http://127.0.0.1:${await startSilence()}`
    expect(await ping(url, proxy, { total: 800, connect: 20_000 })).toMatchObject({ ok: false, code: 'NET_TIMEOUT', answered: false })
  })

  it('is not at fault where the license server behind it is away, hangs up or says nothing', async () => {
    const proxy = await startProxy()
    const silent = `https://127.0.0.1:${await startSilence()}`
    expect(await ping(silent, proxy.url, { total: 2500, connect: 1200 })).toMatchObject({ ok: false, code: 'NET_TIMEOUT' })
    const hangsUp = createServer(socket => socket.end()).listen(0, '127.0.0.1')
    await once(hangsUp, 'listening')
    onTestFinished(() => void hangsUp.close())
    expect(await ping(`https://127.0.0.1:${Object(hangsUp.address()).port}`, proxy.url)).toMatchObject({ ok: false, code: 'NET_CONNECT' })
  })
})
