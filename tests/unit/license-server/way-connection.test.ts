import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { startBlackHole } from '../../support/network/black-hole.ts'
import { started, startTcp } from '../../support/network/routes.ts'
import { resolvingTo, seenBy, timeIsOver, walk, wayTo } from './walking.ts'

vi.setConfig({ testTimeout: 60_000 })

const NAME = 'license.example'
const seconds = expect.any(Number)
const never = new AbortController().signal

describe('a connection', () => {
  it('F31: that is refused', async () => {
    expect(await walk('http://127.0.0.1:1')).toEqual({
      code: 'NET_CONNECT', cause: 'refused', stage: 'tcp',
      facts: { host: '127.0.0.1', port: 1, errno: 'ECONNREFUSED', address: '127.0.0.1', seconds },
    })
  })

  it('F31: for which there is no way', async () => {
    // A connection to everybody: every kernel says at once that there is no route for it.
    expect(await walk('https://255.255.255.255')).toEqual({
      code: 'NET_CONNECT', cause: 'no_route', stage: 'tcp',
      facts: { host: '255.255.255.255', port: 443, errno: 'ENETUNREACH', address: '255.255.255.255', seconds },
    })
  })

  it.each([[true, 'NC_LICENSE_SERVER_URL'], [false, undefined]])('F31: that is refused at an address that the operator has set: %s, tells who set it', async (configured, setting) => {
    expect((await walk('http://127.0.0.1:1', { configured }))?.facts.setting).toBe(setting)
  })

  it('F30: that is neither accepted nor refused, and for how long', async () => {
    const port = await startBlackHole()
    vi.useFakeTimers({ toFake: ['performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const stop = new AbortController()
    const seeing = seenBy(() => wayTo(`http://127.0.0.1:${port}`).connect(stop.signal))
    vi.advanceTimersByTime(4600)
    stop.abort(timeIsOver())
    expect(await seeing).toEqual({
      code: 'NET_CONNECT', cause: 'dropped', stage: 'tcp', facts: { host: '127.0.0.1', port, errno: 'ETIMEDOUT', seconds: 5 },
    })
  })

  it.each([
    ['no way and a refusal', ['255.255.255.255', '127.0.0.2'], 'refused', 'ECONNREFUSED', '127.0.0.2'],
    ['a refusal and no way', ['127.0.0.2', '255.255.255.255'], 'refused', 'ECONNREFUSED', '127.0.0.2'],
    ['silence and a refusal', ['127.0.0.1', '127.0.0.2'], 'refused', 'ECONNREFUSED', '127.0.0.2'],
    ['silence and no way', ['127.0.0.1', '255.255.255.255'], 'dropped', 'ETIMEDOUT', '127.0.0.1'],
    ['no way and silence', ['255.255.255.255', '127.0.0.1'], 'dropped', 'ETIMEDOUT', undefined],
    ['no way, silence and no way', ['255.255.255.255', '127.0.0.1', '224.0.0.1'], 'dropped', 'ETIMEDOUT', '127.0.0.1'],
    ['no way twice', ['224.0.0.1', '255.255.255.255'], 'no_route', 'ENETUNREACH', '224.0.0.1'],
  ])('F30: to a name with several addresses, of %s, tells what says most', async (_what, addresses, cause, errno, address) => {
    // Nobody answers at the first address of this port; at the second one, nobody listens.
    const port = await startBlackHole()
    // Only silence at the last address is given up; the rest ends by itself.
    const patience = address === undefined ? 2000 : 20_000
    const seen = await walk(`http://${NAME}:${port}`, { lookup: resolvingTo(...addresses), patience })
    expect(seen).toMatchObject({ code: 'NET_CONNECT', cause, stage: 'tcp', facts: { host: NAME, port, errno } })
    expect(seen?.facts.address).toBe(address)
  })

  it('is made to the one of two addresses that answers', async () => {
    const way = wayTo(`http://${NAME}:${await startTcp()}`, { lookup: resolvingTo('127.0.0.2', '127.0.0.1') })
    await way.resolve(never)
    expect(await way.connect(never)).toEqual({ address: '127.0.0.1' })
  })

  it('that breaks while nobody listens ends nothing else', async () => {
    const port = await startTcp(socket => socket.resetAndDestroy())
    const way = wayTo(`http://127.0.0.1:${port}`)
    expect(await seenBy(() => way.connect(never))).toSatisfy(seen => seen === null || seen.cause === 'refused')
    await expect.poll(() => way.socket.destroyed).toBe(true)
  })

  it('is there once it was made, and closed with the way', async () => {
    const server = createServer()
    const port = await started(server)
    const way = wayTo(`http://127.0.0.1:${port}`)
    expect(() => way.socket).toThrow('no connection')
    const [[accepted]] = await Promise.all([once(server, 'connection'), way.connect(never)])
    expect(way.socket.remotePort).toBe(port)
    // A plain address needs neither a tunnel nor encryption.
    expect([await way.tunnel(never), await way.secure(never)]).toEqual([undefined, null])
    way.close()
    accepted.resume()
    await once(accepted, 'close')
  })

  it('is not tried for longer than its time, and leaves nothing behind', async () => {
    const way = wayTo(`http://127.0.0.1:${await startBlackHole()}`)
    expect(await seenBy(() => way.connect(AbortSignal.timeout(50)))).toMatchObject({ cause: 'dropped' })
    expect(way.socket.destroyed).toBe(true)
  })
})
