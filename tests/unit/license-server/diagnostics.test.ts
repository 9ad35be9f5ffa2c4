import type { Socket } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import type { CallFailure } from '../../../server/license/ports.ts'
import { createLicenseServerClient } from '../../../server/license-server/client.ts'
import { diagnose } from '../../../server/license-server/diagnostics.ts'
import { DIAGNOSTIC_STAGES } from '../../../shared/contracts.ts'
import { startBlackHole } from '../../support/network/black-hole.ts'
import { startProxy } from '../../support/network/routes.ts'
import { START } from '../../support/simulated-clock.ts'
import { startDoor } from '../../support/vendor-door.ts'
import { failedOf, outline, pong, stageOf, stagesTo, startTcp } from './diagnosing.ts'

vi.setConfig({ testTimeout: 60_000 })

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

  it('look up a name', async () => {
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

  it('F30: stop at an address that never responds, and at a name whose address refuses connections', async () => {
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

  it('F43: send nothing at all for an offline license', async () => {
    const { url, received } = await startDoor(pong())
    const proxy = await startProxy()
    const stages = await stagesTo(url.replace('127.0.0.1', 'localhost'), { offline: true, proxy: proxy.url })
    expect(outline(stages)).toBe('ok sk sk sk sk sk sk')
    expect([...received, ...proxy.requests]).toEqual([])
    for (const { milliseconds, facts } of stages.slice(1)) expect({ milliseconds, facts }).toEqual({ milliseconds: null, facts: {} })
  })
})

describe('every connection', () => {
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

  it('is closed again when the caller stops early', async () => {
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
  it('fails like any other, and reveals nothing internal', async () => {
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

  it('by throwing something that is no error says so', async () => {
    expect((await httpStage(() => Promise.reject('a text')))?.facts).toEqual({ error: 'unknown' })
  })

  it.each([
    ['NET_DNS', 'checkDns'], ['NET_CONNECT', 'checkFirewall'], ['NET_TLS', 'checkCertificate'],
  ] as const)('with %s has the remedy %s', async (code, remedy) => {
    const outcome: CallFailure = { ok: false, code, refusal: null, answered: false, retryAfterMs: null }
    expect(await httpStage(async () => outcome)).toMatchObject({ result: 'failed', code, remedy })
  })
})
