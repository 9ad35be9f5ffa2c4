import { describe, expect, it, vi } from 'vitest'
import { PROXY_CA } from '../../support/network/certificates.ts'
import { startProxy, startTcp, startTlsFront, trust } from '../../support/network/routes.ts'
import { startDoor } from '../../support/vendor-door.ts'
import { foundIn, outline, pong, stageOf, stagesTo } from './diagnosing.ts'

vi.setConfig({ testTimeout: 60_000 })

describe('the proxy stage', () => {
  it('opens a tunnel, through which TLS is inspected', async () => {
    const front = await startTlsFront((await startDoor(pong())).url)
    trust(front.caFile)
    const proxy = await startProxy()
    const stages = await stagesTo(front.url, { proxy: proxy.url })
    expect(outline(stages)).toBe('sk ok sk ok sk ok ok ok')
    const target = new URL(front.url).host
    expect(stageOf(stages, 'configuration')?.facts).toEqual({ url: front.url, proxy: proxy.url })
    expect(stageOf(stages, 'proxy')?.facts).toEqual({ proxy: proxy.url, target })
    expect(stageOf(stages, 'tls')?.facts.issuer).toBe('Vendor Authority')
    // By the stage itself, and by the call after it.
    expect(proxy.requests).toEqual([`CONNECT ${target}`, `CONNECT ${target}`])
  })

  it('opens one to a plain address as well', async () => {
    const [door, proxy] = [await startDoor(pong()), await startProxy()]
    const stages = await stagesTo(door.url, { proxy: proxy.url })
    expect(outline(stages)).toBe('sk ok sk ok sk sk ok ok')
    const asked = `CONNECT ${new URL(door.url).host}`
    expect(proxy.requests).toEqual([asked, asked])
  })

  it('may itself use TLS', async () => {
    const front = await startTlsFront((await startDoor(pong())).url)
    const proxy = await startProxy(undefined, 'https')
    trust(proxy.caFile)
    const stages = await stagesTo(front.url, { proxy: proxy.url })
    expect(outline(stages)).toBe('sk ok sk ok sk ok ok ok')
    expect(stageOf(stages, 'proxy')?.facts.proxy).toBe(proxy.url)
  })

  it('F32: fails where the certificate of the proxy itself is not to be trusted', async () => {
    const proxy = await startProxy(undefined, 'https')
    const stages = await stagesTo('https://license.example', { proxy: proxy.url })
    expect(outline(stages)).toBe('sk ok sk fa sk sk sk sk')
    expect(foundIn(stages)).toMatchObject({
      stage: 'proxy', code: 'NET_TLS', cause: 'certificate_unknown_issuer', facts: { host: '127.0.0.1', proxy: proxy.url },
    })
    expect(proxy.requests).toEqual([])
  })

  it('F32: names who intercepts the connection behind it', async () => {
    const front = await startTlsFront((await startDoor()).url, 'intercepted')
    const { url: proxy } = await startProxy()
    const stages = await stagesTo(front.url, { proxy })
    expect(outline(stages)).toBe('sk ok sk ok sk fa sk sk')
    expect(foundIn(stages)).toMatchObject({ stage: 'tls', code: 'NET_TLS', cause: 'certificate_unknown_issuer', facts: { issuer: PROXY_CA, proxy } })
  })

  it('looks up the proxy\'s name, not the one behind it', async () => {
    const proxy = (await startProxy()).url.replace('127.0.0.1', 'localhost')
    const stages = await stagesTo('http://127.0.0.1:1', { proxy })
    expect(stageOf(stages, 'dns')).toMatchObject({ result: 'ok', facts: { host: 'localhost' } })
    const missing = await stagesTo('http://127.0.0.1:1', { proxy: 'http://proxy.invalid:3128' })
    expect(outline(missing)).toBe('sk ok fa sk sk sk sk sk')
    expect(foundIn(missing)).toMatchObject({ stage: 'dns', code: 'NET_PROXY', cause: 'proxy_not_found', facts: { proxy: 'http://proxy.invalid:3128' } })
  })

  it.each([[407, 'proxy_login'], [403, 'proxy_forbids'], [503, 'proxy_cannot_reach']])('F33: reports a refusal with its status: %d', async (status, cause) => {
    const door = await startDoor(pong())
    const { url } = await startProxy(status)
    const stages = await stagesTo(door.url, { proxy: url })
    expect(outline(stages)).toBe('sk ok sk fa sk sk sk sk')
    const { port } = new URL(door.url)
    expect(foundIn(stages)).toMatchObject({
      stage: 'proxy', code: 'NET_PROXY', reference: 'NCL-205', cause, facts: { proxy: url, host: '127.0.0.1', port: Number(port), status },
    })
    expect(door.received).toEqual([])
  })

  it('F33: tells apart an unreachable proxy, a silent one and one that hangs up', async () => {
    const [silent, closing] = [await startTcp(), await startTcp(socket => socket.destroy())]
    for (const [port, cause, errno] of [
      [1, 'proxy_refused', 'ECONNREFUSED'], [silent, 'proxy_silent', 'ETIMEDOUT'], [closing, 'proxy_refused', 'ECONNRESET'],
    ] as const) {
      const patience = port === silent ? 400 : 20_000
      const proxy = `http://127.0.0.1:${port}`
      expect(foundIn(await stagesTo('https://127.0.0.1:9', { proxy, patience }))).toMatchObject({
        stage: 'proxy', code: 'NET_PROXY', cause, facts: { proxy, host: '127.0.0.1', port: 9, errno },
      })
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
