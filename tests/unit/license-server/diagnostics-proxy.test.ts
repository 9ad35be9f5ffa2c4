import { describe, expect, it, vi } from 'vitest'
import { PROXY_CA } from '../../support/network/certificates.ts'
import { startProxy, startTlsFront } from '../../support/network/routes.ts'
import { startDoor } from '../../support/vendor-door.ts'
import { failedOf, outline, pong, stageOf, stagesTo, startTcp, trust } from './diagnosing.ts'

vi.setConfig({ testTimeout: 60_000 })

describe('the proxy stage', () => {
  it('opens a tunnel, through which TLS is inspected', async () => {
    const front = await startTlsFront((await startDoor(pong())).url)
    trust(front.caFile)
    const proxy = await startProxy()
    const stages = await stagesTo(front.url, { proxy: proxy.url })
    expect(outline(stages)).toBe('ok sk ok sk ok ok ok')
    const target = new URL(front.url).host
    expect(stageOf(stages, 'configuration')?.facts).toEqual({ url: front.url, proxy: proxy.url })
    expect(stageOf(stages, 'proxy')?.facts).toEqual({ proxy: proxy.url, target })
    expect(stageOf(stages, 'tls')?.facts.issuer).toBe('Vendor Authority')
    expect(proxy.requests).toContain(`CONNECT ${target}`)
  })

  it('may itself use TLS', async () => {
    const front = await startTlsFront((await startDoor(pong())).url)
    const proxy = await startProxy(undefined, 'https')
    trust(proxy.caFile)
    const stages = await stagesTo(front.url, { proxy: proxy.url })
    expect(outline(stages)).toBe('ok sk ok sk ok ok ok')
    expect(stageOf(stages, 'proxy')?.facts.proxy).toBe(proxy.url)
  })

  it('F32: names who intercepts the connection behind it', async () => {
    const front = await startTlsFront((await startDoor()).url, 'intercepted')
    const stages = await stagesTo(front.url, { proxy: (await startProxy()).url })
    expect(outline(stages)).toBe('ok sk ok sk fa sk sk')
    expect(failedOf(stages)?.facts).toMatchObject({ issuer: PROXY_CA, intercepted: true })
  })

  it('looks up the proxy\'s name, not the one behind it', async () => {
    const proxy = (await startProxy()).url.replace('127.0.0.1', 'localhost')
    const stages = await stagesTo('http://127.0.0.1:1', { proxy })
    expect(stageOf(stages, 'dns')).toMatchObject({ result: 'ok', facts: { host: 'localhost' } })
    const missing = await stagesTo('http://127.0.0.1:1', { proxy: 'http://proxy.invalid:3128' })
    expect(failedOf(missing)).toMatchObject({ stage: 'dns', facts: { host: 'proxy.invalid' } })
  })

  it('F33: reports a refusal with its status', async () => {
    const door = await startDoor(pong())
    const { url } = await startProxy(407)
    const stages = await stagesTo(door.url, { proxy: url })
    expect(outline(stages)).toBe('ok sk fa sk sk sk sk')
    expect(failedOf(stages)).toMatchObject({ stage: 'proxy', code: 'NET_PROXY', remedy: 'checkProxy', facts: { proxy: url, target: new URL(door.url).host, status: 407 } })
    expect(door.received).toEqual([])
  })

  it('F33: tells apart an unreachable proxy, a silent one and one that hangs up', async () => {
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
