import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { createServer } from 'node:net'
import type { TlsOptions } from 'node:tls'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { CallFailure } from '../../../server/license/ports.ts'
import { createLicenseServerClient } from '../../../server/license-server/client.ts'
import { diagnose } from '../../../server/license-server/diagnostics.ts'
import type { DiagnosticStage } from '../../../shared/contracts.ts'
import { DIAGNOSTIC_STAGES } from '../../../shared/contracts.ts'
import type { CertificateKind } from '../../support/network/certificates.ts'
import { PROXY_CA } from '../../support/network/certificates.ts'
import { startBlackHole } from '../../support/network/black-hole.ts'
import { startOldTlsFront, startProxy, startTlsFront } from '../../support/network/routes.ts'
import { START } from '../../support/simulated-clock.ts'
import type { Answer } from '../../support/vendor-door.ts'
import { startDoor } from '../../support/vendor-door.ts'

vi.setConfig({ testTimeout: 60_000 })

const MINUTE = 60_000
const pong = (time: unknown = new Date(START).toISOString()): Answer => ({ body: JSON.stringify({ ok: true, time }) })
const trusted = getCACertificates('default')
afterEach(() => setDefaultCACertificates(trusted))

interface Given { proxy?: string, offline?: boolean, now?: number, patience?: number }

/** `patience`, milliseconds, is for silence; without it no stage ends for want of time, however slow the machine. */
async function stagesTo(baseUrl: string, { proxy = '', offline = false, now = START, patience = 20_000 }: Given = {}): Promise<DiagnosticStage[]> {
  const client = createLicenseServerClient({ baseUrl, version: '1', proxyFor: () => proxy, limits: { total: patience, connect: 20_000 } })
  return Array.fromAsync(diagnose({ client, proxyFor: () => proxy, now: () => now, stepTimeout: patience }, offline))
}

/** Each stage's first letters of its result, in order: `ok`, `fa`iled, `sk`ipped. */
const outline = (stages: DiagnosticStage[]) => stages.map(({ result }) => result.slice(0, 2)).join(' ')
const stageOf = (stages: DiagnosticStage[], name: DiagnosticStage['stage']) => stages.find(({ stage }) => stage === name)
const failedOf = (stages: DiagnosticStage[]) => stages.find(({ result }) => result === 'failed')

/** Accepts connections and does with them as told; ends with the test. Returns the port. */
async function startTcp(greet: (socket: Socket) => void = () => undefined): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    greet(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return Object(server.address()).port
}

describe('diagnostics', () => {
  it('go through every stage, and say what was seen', async () => {
    const { url, received } = await startDoor(pong())
    const stages = await stagesTo(url)
    expect(stages.map(({ stage }) => stage)).toEqual(DIAGNOSTIC_STAGES)
    expect(outline(stages)).toBe('ok sk sk ok sk ok ok')
    for (const { result, milliseconds, code, remedy } of stages) {
      expect({ code, remedy, timed: milliseconds !== null }).toEqual({ code: null, remedy: null, timed: result === 'ok' })
      if (milliseconds !== null) expect(Number.isInteger(milliseconds) && milliseconds >= 0 && milliseconds < 60_000).toBe(true)
    }
    const { port } = new URL(url)
    expect(stages.map(({ facts }) => facts)).toEqual([
      { url, proxy: null }, {}, {}, { host: '127.0.0.1', port: Number(port), address: '127.0.0.1' }, {},
      { url: `${url}/api/v1/ping` }, { skewSeconds: 0, serverTime: new Date(START).toISOString() },
    ])
    expect(received.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /api/v1/ping'])
  })

  it('look a name up', async () => {
    const url = (await startDoor(pong())).url.replace('127.0.0.1', 'localhost')
    const stages = await stagesTo(url)
    expect(outline(stages)).toBe('ok ok sk ok sk ok ok')
    expect(stageOf(stages, 'dns')?.facts.host).toBe('localhost')
    expect(String(stageOf(stages, 'dns')?.facts.addresses).split(', ')).toContain('127.0.0.1')
  })

  it('F30: stop at a name that does not exist', async () => {
    const stages = await stagesTo('http://license-server.invalid')
    expect(outline(stages)).toBe('ok fa sk sk sk sk sk')
    expect(failedOf(stages)).toMatchObject({ stage: 'dns', code: 'NET_DNS', remedy: 'checkDns', facts: { host: 'license-server.invalid', error: expect.stringMatching(/^E[A-Z_]+$/) } })
    expect(failedOf(stages)?.milliseconds).not.toBeNull()
  })

  it('F31: stop at a port that nobody listens on', async () => {
    const stages = await stagesTo('http://127.0.0.1:1')
    expect(outline(stages)).toBe('ok sk sk fa sk sk sk')
    expect(failedOf(stages)).toMatchObject({ stage: 'tcp', code: 'NET_CONNECT', remedy: 'checkFirewall', facts: { host: '127.0.0.1', port: 1, error: 'ECONNREFUSED' } })
  })

  it('F30: stop at an address where nobody answers, and at a name whose address nobody listens at', async () => {
    const port = await startBlackHole()
    const silent = await stagesTo(`http://127.0.0.1:${port}`, { patience: 400 })
    expect(outline(silent)).toBe('ok sk sk fa sk sk sk')
    expect(failedOf(silent)).toMatchObject({ stage: 'tcp', code: 'NET_CONNECT', remedy: 'checkFirewall', facts: { port, error: 'ETIMEOUT' } })
    const closed = await stagesTo('http://localhost:1')
    expect(outline(closed)).toBe('ok ok sk fa sk sk sk')
    expect(failedOf(closed)).toMatchObject({ stage: 'tcp', code: 'NET_CONNECT', facts: { host: 'localhost', port: 1, error: 'ECONNREFUSED' } })
  })

  it.each([['https://127.0.0.1', 443], ['http://127.0.0.1', 80], ['http://[::1]:1', 1]])('know the port of %s: %i', async (url, port) => {
    const tcp = stageOf(await stagesTo(url), 'tcp')
    expect(tcp?.facts).toMatchObject({ host: url.includes('::1') ? '::1' : '127.0.0.1', port })
  })

  it('F43: for an offline license send nothing at all', async () => {
    const { url, received } = await startDoor(pong())
    const proxy = await startProxy()
    const stages = await stagesTo(url.replace('127.0.0.1', 'localhost'), { offline: true, proxy: proxy.url })
    expect(outline(stages)).toBe('ok sk sk sk sk sk sk')
    expect([...received, ...proxy.requests]).toEqual([])
    for (const { milliseconds, facts } of stages.slice(1)) expect({ milliseconds, facts }).toEqual({ milliseconds: null, facts: {} })
  })
})

describe('the TLS stage', () => {
  it('names the certificate', async () => {
    const { url, caFile } = await startTlsFront((await startDoor(pong())).url)
    setDefaultCACertificates([...trusted, readFileSync(caFile, 'utf8')])
    const stages = await stagesTo(url)
    expect(outline(stages)).toBe('ok sk sk ok ok ok ok')
    expect(stageOf(stages, 'tls')?.facts).toEqual({
      issuer: 'Vendor Authority', subject: 'localhost', validTo: expect.stringMatching(/GMT$/), protocol: 'TLSv1.3', intercepted: false,
    })
  })

  it('asks for the certificate by its name', async () => {
    const asked: string[] = []
    const SNICallback: TlsOptions['SNICallback'] = (name, answer) => {
      asked.push(name)
      answer(null)
    }
    const { url, caFile } = await startTlsFront((await startDoor(pong())).url, 'trusted', { SNICallback })
    setDefaultCACertificates([...trusted, readFileSync(caFile, 'utf8')])
    expect(outline(await stagesTo(url.replace('127.0.0.1', 'localhost')))).toBe('ok ok sk ok ok ok ok')
    // By the stage itself, and by the call after it.
    expect(asked).toEqual(['localhost', 'localhost'])
  })

  it.each<[CertificateKind, string, boolean, string]>([
    ['intercepted', PROXY_CA, true, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'], ['self-signed', 'Myself', true, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['expired', 'Vendor Authority', false, 'CERT_HAS_EXPIRED'], ['wrong-name', 'Vendor Authority', false, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ])('F32: a certificate that is %s is laid at the door of %s', async (kind, issuer, intercepted, error) => {
    const door = await startDoor(pong())
    const { url, caFile } = await startTlsFront(door.url, kind)
    setDefaultCACertificates([...trusted, readFileSync(caFile, 'utf8')])
    const stages = await stagesTo(url)
    expect(outline(stages)).toBe('ok sk sk ok fa sk sk')
    expect(failedOf(stages)).toMatchObject({ stage: 'tls', code: 'NET_TLS', remedy: 'checkCertificate', facts: { issuer, intercepted, error } })
    expect(door.received).toEqual([])
  })

  it('F32: a version that nobody should use any more, and a server that knows no TLS', async () => {
    const { url } = await startOldTlsFront((await startDoor()).url)
    for (const target of [url, (await startDoor()).url.replace('http:', 'https:')]) {
      const failed = failedOf(await stagesTo(target))
      expect(failed).toMatchObject({ stage: 'tls', code: 'NET_TLS', remedy: 'checkCertificate', facts: { host: '127.0.0.1', error: expect.stringMatching(/^E[A-Z_0-9]+$/) } })
    }
  })

  it('F31: a server that hangs up, or never agrees', async () => {
    const [closing, silent] = [await startTcp(socket => socket.end()), await startTcp()]
    expect(failedOf(await stagesTo(`https://127.0.0.1:${closing}`))).toMatchObject({ stage: 'tls', facts: { error: 'ECONNRESET' } })
    expect(failedOf(await stagesTo(`https://127.0.0.1:${silent}`, { patience: 2000 }))).toMatchObject({ stage: 'tls', facts: { error: 'ETIMEOUT' } })
  })
})

describe('the proxy stage', () => {
  it('opens a tunnel, through which TLS is looked at', async () => {
    const front = await startTlsFront((await startDoor(pong())).url)
    setDefaultCACertificates([...trusted, readFileSync(front.caFile, 'utf8')])
    const proxy = await startProxy()
    const stages = await stagesTo(front.url, { proxy: proxy.url })
    expect(outline(stages)).toBe('ok sk ok sk ok ok ok')
    const target = new URL(front.url).host
    expect(stageOf(stages, 'configuration')?.facts).toEqual({ url: front.url, proxy: proxy.url })
    expect(stageOf(stages, 'proxy')?.facts).toEqual({ proxy: proxy.url, target })
    expect(stageOf(stages, 'tls')?.facts.issuer).toBe('Vendor Authority')
    expect(proxy.requests).toContain(`CONNECT ${target}`)
  })

  it('may itself be asked over TLS', async () => {
    const front = await startTlsFront((await startDoor(pong())).url)
    const proxy = await startProxy(undefined, 'https')
    setDefaultCACertificates([...trusted, readFileSync(proxy.caFile, 'utf8')])
    const stages = await stagesTo(front.url, { proxy: proxy.url })
    expect(outline(stages)).toBe('ok sk ok sk ok ok ok')
    expect(stageOf(stages, 'proxy')?.facts.proxy).toBe(proxy.url)
  })

  it('F32: names whoever intercepts behind it', async () => {
    const front = await startTlsFront((await startDoor()).url, 'intercepted')
    const stages = await stagesTo(front.url, { proxy: (await startProxy()).url })
    expect(outline(stages)).toBe('ok sk ok sk fa sk sk')
    expect(failedOf(stages)?.facts).toMatchObject({ issuer: PROXY_CA, intercepted: true })
  })

  it('looks up the proxy, not what lies behind it', async () => {
    const proxy = (await startProxy()).url.replace('127.0.0.1', 'localhost')
    const stages = await stagesTo('http://127.0.0.1:1', { proxy })
    expect(stageOf(stages, 'dns')).toMatchObject({ result: 'ok', facts: { host: 'localhost' } })
    const missing = await stagesTo('http://127.0.0.1:1', { proxy: 'http://proxy.invalid:3128' })
    expect(failedOf(missing)).toMatchObject({ stage: 'dns', facts: { host: 'proxy.invalid' } })
  })

  it('F33: tells a refusal with its status', async () => {
    const door = await startDoor(pong())
    const { url } = await startProxy(407)
    const stages = await stagesTo(door.url, { proxy: url })
    expect(outline(stages)).toBe('ok sk fa sk sk sk sk')
    expect(failedOf(stages)).toMatchObject({ stage: 'proxy', code: 'NET_PROXY', remedy: 'checkProxy', facts: { proxy: url, target: new URL(door.url).host, status: 407 } })
    expect(door.received).toEqual([])
  })

  it('F33: tells an unreachable proxy, a silent one and one that hangs up', async () => {
    const [silent, closing] = [await startTcp(), await startTcp(socket => socket.destroy())]
    for (const [port, error] of [[1, 'ECONNREFUSED'], [silent, 'ETIMEOUT'], [closing, 'ECONNRESET']] as const) {
      const patience = port === silent ? 400 : 20_000
      const failed = failedOf(await stagesTo('https://127.0.0.1:9', { proxy: `http://127.0.0.1:${port}`, patience }))
      expect(failed).toMatchObject({ stage: 'proxy', code: 'NET_PROXY', remedy: 'checkProxy', facts: { target: '127.0.0.1:9', error } })
    }
  })

  it.each([
    ['a proxy that wants a password gets it', 'some%40one:pass%3Aword@', `Basic ${Buffer.from('some@one:pass:word').toString('base64')}`],
    ['another gets none', '', undefined],
  ])('%s, and no answer repeats it', async (_what, credentials, expected) => {
    const seen: (string | undefined)[] = []
    const port = await startTcp((socket) => {
      socket.once('data', (chunk: Buffer) => {
        seen.push(/proxy-authorization: (.*)\r\n/i.exec(chunk.toString())?.[1])
        socket.end('HTTP/1.1 200 Connection established\r\n\r\n')
      })
    })
    const stages = await stagesTo('https://127.0.0.1:9', { proxy: `http://${credentials}127.0.0.1:${port}` })
    expect(seen[0]).toBe(expected)
    expect(stageOf(stages, 'proxy')).toMatchObject({ result: 'ok', facts: { proxy: `http://127.0.0.1:${port}` } })
    expect(JSON.stringify(stages)).not.toContain('pass')
  })
})

describe('the HTTP stage', () => {
  it.each<[string, Answer, string, string]>([
    ['F35: a portal', { body: '<html>', headers: { 'content-type': 'text/html' } }, 'NET_CAPTIVE_PORTAL', 'checkPortal'],
    ['F36: an error', { status: 500 }, 'SERVER_ERROR', 'checkServer'], ['F36: a limit', { status: 429 }, 'SERVER_RATE_LIMITED', 'checkServer'],
    ['F37: nonsense', { body: '{}' }, 'SERVER_RESPONSE_INVALID', 'checkPortal'], ['F33: a proxy in between', { status: 407 }, 'NET_PROXY', 'checkProxy'],
  ])('%s', async (_what, answer, code, remedy) => {
    const stages = await stagesTo((await startDoor(answer)).url)
    expect(outline(stages)).toBe('ok sk sk ok sk fa sk')
    expect(failedOf(stages)).toMatchObject({ stage: 'http', code, remedy, facts: {} })
  })

  it('F31: silence', async () => {
    const failed = failedOf(await stagesTo(`http://127.0.0.1:${await startTcp()}`, { patience: 2000 }))
    expect(failed).toMatchObject({ stage: 'http', code: 'NET_TIMEOUT', remedy: 'checkFirewall' })
  })
})

describe('the clock stage', () => {
  const clockOf = async (time: unknown, now = START) => stageOf(await stagesTo((await startDoor(pong(time))).url, { now }), 'clock')

  it.each([
    [0, 'ok'], [5 * MINUTE, 'ok'], [-5 * MINUTE, 'ok'], [5 * MINUTE + 1000, 'failed'], [-5 * MINUTE - 1000, 'failed'],
  ])('%i ms apart: %s', async (apart, result) => {
    const clock = await clockOf(new Date(START).toISOString(), START + apart)
    expect(clock).toMatchObject({ result, code: null, remedy: result === 'ok' ? null : 'checkClock', facts: { skewSeconds: apart / 1000, serverTime: new Date(START).toISOString() } })
  })

  it.each([START, START / 1000])('understands %d as well', async (time) => {
    expect(await clockOf(time)).toMatchObject({ result: 'ok', facts: { skewSeconds: 0 } })
  })

  it('says nothing where the server\'s time is none', async () => {
    expect(await clockOf('noon')).toMatchObject({ result: 'skipped', milliseconds: null })
  })
})

describe('whatever was opened', () => {
  const answer = JSON.stringify({ ok: true, time: new Date(START).toISOString() })
  const ANSWER = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${answer.length}\r\n\r\n${answer}`
  /** Never closes a connection by itself; answers, or says nothing. */
  async function startPatient(answers: boolean) {
    const open = new Set<Socket>()
    let opened = 0
    const port = await startTcp((socket) => {
      opened++
      open.add(socket.resume())
      socket.once('close', () => open.delete(socket))
      if (answers) socket.once('data', () => socket.write(ANSWER))
    })
    return { url: `http://127.0.0.1:${port}`, open, opened: () => opened }
  }

  it.each([
    ['the way has been proven', true, 'ok sk sk ok sk ok ok', 20_000], ['nobody answers', false, 'ok sk sk ok sk fa sk', 400],
  ])('is closed again when %s', async (_when, answers, expected, patience) => {
    const server = await startPatient(answers)
    expect(outline(await stagesTo(server.url, { patience }))).toBe(expected)
    expect(server.opened()).toBe(2)
    await expect.poll(() => server.open.size).toBe(0)
  })

  it('is closed again when whoever asked looks no further', async () => {
    const server = await startPatient(true)
    const client = createLicenseServerClient({ baseUrl: server.url, version: '1', proxyFor: () => '' })
    for await (const { stage } of diagnose({ client, proxyFor: () => '', now: () => START }, false)) {
      if (stage === 'tcp') break
    }
    await expect.poll(server.opened).toBe(1)
    await expect.poll(() => server.open.size).toBe(0)
  })
})

describe('a stage that breaks', () => {
  it('fails like any other, and names no inner word', async () => {
    const { url } = await startDoor(pong())
    const client = { ...createLicenseServerClient({ baseUrl: url, version: '1', proxyFor: () => '' }), ping: () => Promise.reject(new TypeError('inner words')) }
    const stages = await Array.fromAsync(diagnose({ client, proxyFor: () => '', now: () => START }, false))
    expect(failedOf(stages)).toMatchObject({ stage: 'http', code: null, remedy: 'checkServer', facts: { error: 'TypeError' } })
    expect(JSON.stringify(stages)).not.toContain('inner words')
  })

  const httpStage = async (ping: () => Promise<never> | Promise<CallFailure>) => {
    const { url } = await startDoor(pong())
    const client = { ...createLicenseServerClient({ baseUrl: url, version: '1', proxyFor: () => '' }), ping }
    return stageOf(await Array.fromAsync(diagnose({ client, proxyFor: () => '', now: () => START }, false)), 'http')
  }

  it('with something that is no error says so', async () => {
    expect((await httpStage(() => Promise.reject('a text')))?.facts).toEqual({ error: 'unknown' })
  })

  it.each([
    ['NET_DNS', 'checkDns'], ['NET_CONNECT', 'checkFirewall'], ['NET_TLS', 'checkCertificate'],
  ] as const)('with %s has the remedy %s', async (code, remedy) => {
    const outcome: CallFailure = { ok: false, code, refusal: null, answered: false, retryAfterMs: null }
    expect(await httpStage(async () => outcome)).toMatchObject({ result: 'failed', code, remedy })
  })
})
