import type { Socket } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import type { CallFailure } from '../../../server/license/ports.ts'
import { createLicenseServerClient } from '../../../server/license-server/client.ts'
import { DIAGNOSTIC_STAGES } from '../../../shared/contracts.ts'
import { seen } from '../../../shared/findings.ts'
import { startBlackHole } from '../../support/network/black-hole.ts'
import { startProxy, startTcp } from '../../support/network/routes.ts'
import { START } from '../../support/simulated-clock.ts'
import { startDoor } from '../../support/vendor-door.ts'
import { diagnosticsOf, failedOf, foundIn, outline, pong, stageOf, stagesTo } from './diagnosing.ts'

vi.setConfig({ testTimeout: 60_000 })

const at = new Date(START).toISOString()

describe('diagnostics', () => {
  it('go through every stage, and say what was seen', async () => {
    const { url, received } = await startDoor(pong())
    const stages = await stagesTo(url)
    expect(stages.map(({ stage }) => stage)).toEqual(DIAGNOSTIC_STAGES)
    expect(outline(stages)).toBe('sk ok sk sk ok sk ok ok')
    for (const { result, milliseconds, code, remedy, finding, because } of stages) {
      expect({ code, remedy, finding, because, timed: milliseconds !== null }).toEqual({
        code: null, remedy: null, finding: null, because: result === 'ok' ? null : 'not_needed', timed: result === 'ok',
      })
      if (milliseconds !== null) expect(Number.isInteger(milliseconds) && milliseconds >= 0 && milliseconds < 60_000).toBe(true)
    }
    const { port } = new URL(url)
    expect(stages.map(({ facts }) => facts)).toEqual([
      {}, { url, proxy: null }, {}, {}, { host: '127.0.0.1', port: Number(port), address: '127.0.0.1' }, {},
      { url: `${url}/api/v1/ping` }, { skewSeconds: 0, serverTime: at },
    ])
    expect(received.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /api/v1/ping'])
  })

  it('look up a name', async () => {
    const url = (await startDoor(pong())).url.replace('127.0.0.1', 'localhost')
    const stages = await stagesTo(url)
    expect(outline(stages)).toBe('sk ok ok sk ok sk ok ok')
    expect(stageOf(stages, 'dns')?.facts.host).toBe('localhost')
    expect(String(stageOf(stages, 'dns')?.facts.addresses).split(', ')).toContain('127.0.0.1')
  })

  it('F30: stop at a name that does not exist', async () => {
    const stages = await stagesTo('http://license-server.invalid')
    expect(outline(stages)).toBe('sk ok fa sk sk sk sk sk')
    expect(foundIn(stages)).toEqual({
      code: 'NET_DNS', reference: 'NCL-201', cause: 'dns_no_such_name', stage: 'dns', at,
      facts: { host: 'license-server.invalid', port: 80, errno: 'ENOTFOUND', seconds: expect.any(Number) },
    })
    expect(failedOf(stages)?.milliseconds).not.toBeNull()
  })

  it('F30: know whether the operator has set the name', async () => {
    const client = createLicenseServerClient({ baseUrl: 'http://license-server.invalid', version: '1', proxyFor: () => '', configured: true })
    const stages = await stagesTo('http://license-server.invalid', { client })
    expect(foundIn(stages)).toMatchObject({ cause: 'dns_no_such_name', facts: { setting: 'NC_LICENSE_SERVER_URL' } })
  })

  it('F31: stop at a port that nobody listens on', async () => {
    const stages = await stagesTo('http://127.0.0.1:1')
    expect(outline(stages)).toBe('sk ok sk sk fa sk sk sk')
    expect(foundIn(stages)).toMatchObject({
      code: 'NET_CONNECT', reference: 'NCL-202', cause: 'refused', stage: 'tcp', facts: { host: '127.0.0.1', port: 1, errno: 'ECONNREFUSED' },
    })
  })

  it('F30: stop at an address that never responds, and at a name whose address refuses connections', async () => {
    const port = await startBlackHole()
    const silent = await stagesTo(`http://127.0.0.1:${port}`, { patience: 400 })
    expect(outline(silent)).toBe('sk ok sk sk fa sk sk sk')
    expect(foundIn(silent)).toMatchObject({ code: 'NET_CONNECT', cause: 'dropped', stage: 'tcp', facts: { port, errno: 'ETIMEDOUT' } })
    const closed = await stagesTo('http://localhost:1')
    expect(outline(closed)).toBe('sk ok ok sk fa sk sk sk')
    expect(foundIn(closed)).toMatchObject({ code: 'NET_CONNECT', cause: 'refused', facts: { host: 'localhost', port: 1, errno: 'ECONNREFUSED' } })
  })

  it.each([['https://localhost', 443], ['http://localhost', 80], ['http://[::1]:1', 1]])('know the port of %s: %i', async (url, port) => {
    const proxy = await startProxy()
    const stages = await stagesTo(url, { proxy: proxy.url })
    const host = url.includes('::1') ? '[::1]' : 'localhost'
    expect(proxy.requests).toEqual([`CONNECT ${host}:${port}`])
    expect(foundIn(stages)?.facts).toMatchObject({ host: host.replace(/[[\]]/g, ''), port })
  })

  it('tell a stage that this way does not have from one that was not reached', async () => {
    const because = async (url: string, proxy?: string) =>
      (await stagesTo(url, proxy === undefined ? {} : { proxy })).filter(({ result }) => result === 'skipped').map(stage => `${stage.stage} ${stage.because}`)
    expect(await because('https://license-server.invalid')).toEqual([
      'storage not_needed', 'proxy not_needed', 'tcp not_reached', 'tls not_reached', 'http not_reached', 'clock not_reached',
    ])
    expect(await because('http://license-server.invalid', 'http://proxy.invalid:3128')).toEqual([
      'storage not_needed', 'proxy not_reached', 'tcp not_needed', 'tls not_needed', 'http not_reached', 'clock not_reached',
    ])
    expect(await because('https://license-server.invalid', 'http://127.0.0.1:1')).toEqual([
      'storage not_needed', 'dns not_needed', 'tcp not_needed', 'tls not_reached', 'http not_reached', 'clock not_reached',
    ])
  })

  it('F43: send nothing at all for an offline license', async () => {
    const { url, received } = await startDoor(pong())
    const proxy = await startProxy()
    const stages = await stagesTo(url.replace('127.0.0.1', 'localhost'), { silent: true, proxy: proxy.url })
    expect(stages.filter(({ result }) => result !== 'skipped')).toEqual([])
    expect([...received, ...proxy.requests]).toEqual([])
    for (const { stage, milliseconds, facts, because } of stages) {
      expect({ milliseconds, facts, because }).toEqual({ milliseconds: null, facts: {}, because: stage === 'storage' ? 'not_needed' : 'no_calls' })
    }
  })
})

describe('every connection', () => {
  const answer = JSON.stringify({ ok: true, time: at })
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
    ['the way has been proven', true, 'sk ok sk sk ok sk ok ok', 20_000], ['nobody answers', false, 'sk ok sk sk ok sk fa sk', 2000],
  ])('is closed again when %s', async (_when, answers, expected, patience) => {
    const server = await startPatient(answers)
    expect(outline(await stagesTo(server.url, { patience }))).toBe(expected)
    expect(server.opened()).toBe(2)
    await expect.poll(() => server.open.size).toBe(0)
  })

  it('is closed again when the caller stops early', async () => {
    const server = await startPatient(true)
    for await (const { stage } of diagnosticsOf({ baseUrl: server.url })) {
      if (stage === 'tcp') break
    }
    await expect.poll(server.opened).toBe(1)
    await expect.poll(() => server.open.size).toBe(0)
  })

  it('is closed again when a stage breaks, which ends the run: that is no finding, but a defect', async () => {
    const server = await startPatient(true)
    const defect = new TypeError('inner words')
    const client = { ...createLicenseServerClient({ baseUrl: server.url, version: '1', proxyFor: () => '' }), ping: () => Promise.reject(defect) }
    await expect(stagesTo(server.url, { client })).rejects.toBe(defect)
    await expect.poll(server.opened).toBe(1)
    await expect.poll(() => server.open.size).toBe(0)
  })
})

describe('the last stage of the way', () => {
  it.each([
    seen('NET_DNS', 'dns_silent', { host: 'x' }), seen('NET_CONNECT', 'refused', { host: 'x', port: 1 }), seen('NET_TLS', 'certificate_expired', { host: 'x' }),
    seen('SERVER_ERROR', 'gateway', { status: 502 }), seen('SERVER_REFUSED', 'refused_bad_request', { host: 'x' }),
  ])('tells what the call has seen, whatever it is: $cause', async (what) => {
    const { url } = await startDoor(pong())
    const outcome: CallFailure = { ok: false, seen: what, refusal: null, answered: false, retryAfterMs: null }
    const client = { ...createLicenseServerClient({ baseUrl: url, version: '1', proxyFor: () => '' }), ping: async () => outcome }
    const stages = await stagesTo(url, { client })
    expect(failedOf(stages)?.stage).toBe('http')
    expect(foundIn(stages)).toMatchObject({ code: what.code, cause: what.cause, facts: what.facts, at })
  })
})
