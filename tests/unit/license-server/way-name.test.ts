import { getServers, setServers } from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'
import type { LookupFunction } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { textOf } from '../../../shared/findings.ts'
import { startTcp } from '../../support/network/routes.ts'
import { failingWith, resolvingTo, seenBy, timeIsOver, walk, wayTo } from './walking.ts'

vi.setConfig({ testTimeout: 60_000 })

const NAME = 'license.example'
const PROXY = 'http://someone:secret@proxy.example:3128'
const seconds = expect.any(Number)

/** Makes this process believe that it asks these resolvers, until the test ends. */
function useResolvers(...addresses: string[]): void {
  const before = getServers()
  const use = (servers: string[]) => {
    setServers(servers)
    syncBuiltinESMExports()
  }
  onTestFinished(() => use(before))
  use(addresses)
}

/** A clock for durations that stands still, until the test ends. */
function stopUptime(): void {
  vi.useFakeTimers({ toFake: ['performance'] })
  onTestFinished(() => void vi.useRealTimers())
}

describe('a name that does not exist', () => {
  it('F30: is told as such by the system\'s own resolver', async () => {
    expect(await walk('https://license-server.invalid')).toEqual({
      code: 'NET_DNS', cause: 'dns_no_such_name', stage: 'dns', facts: { host: 'license-server.invalid', port: 443, errno: 'ENOTFOUND', seconds },
    })
  })

  it.each(['ENOTFOUND', 'ENODATA', 'EAI_NONAME', 'EAI_NODATA'])('F30: may be called %s', async (errno) => {
    expect(await walk(`http://${NAME}:81`, { lookup: failingWith(errno) })).toEqual({
      code: 'NET_DNS', cause: 'dns_no_such_name', stage: 'dns', facts: { host: NAME, port: 81, errno, seconds },
    })
  })

  it('is no different where it has no address', async () => {
    expect(await walk(`http://${NAME}`, { lookup: resolvingTo() })).toMatchObject({ cause: 'dns_no_such_name', facts: { host: NAME, errno: 'ENODATA' } })
  })

  it.each([
    [true, 'dns_no_such_name_configured', 'NC_LICENSE_SERVER_URL'], [false, 'dns_no_such_name', undefined],
  ])('is laid at the door of whoever set it: %s', async (configured, text, setting) => {
    const seen = await walk(`http://${NAME}`, { lookup: failingWith('ENOTFOUND'), configured })
    expect(seen?.facts.setting).toBe(setting)
    expect(seen && textOf(seen)).toBe(text)
  })
})

describe('resolvers', () => {
  it.each(['EAI_AGAIN', 'EAI_FAIL', 'ESERVFAIL'])('that say at once that they cannot say (%s) were not silent', async (errno) => {
    useResolvers('192.0.2.53', '192.0.2.54')
    stopUptime()
    const seen = await walk(`https://${NAME}`, { lookup: failingWith(errno) })
    expect(seen).toEqual({
      code: 'NET_DNS', cause: 'dns_silent', stage: 'dns',
      facts: { host: NAME, port: 443, errno, seconds: 1, resolvers: '192.0.2.53, 192.0.2.54', setting: 'failed' },
    })
    expect(seen && textOf(seen)).toBe('dns_silent_failed')
  })

  it.each([[1499, 'dns_silent_failed', 1], [1500, 'dns_silent', 2], [4000, 'dns_silent', 4]])('that give up after %i ms: %s', async (ms, text, after) => {
    stopUptime()
    const seen = await walk(`https://${NAME}`, { lookup: failingWith('EAI_AGAIN', () => vi.advanceTimersByTime(ms)) })
    expect(seen).toMatchObject({ code: 'NET_DNS', cause: 'dns_silent', facts: { seconds: after } })
    expect(seen && textOf(seen)).toBe(text)
  })

  it('F30: that say nothing are given up when the time is over, and were silent', async () => {
    useResolvers('192.0.2.53')
    stopUptime()
    const stop = new AbortController()
    const lookup: LookupFunction = () => {
      vi.advanceTimersByTime(4600)
      stop.abort(timeIsOver())
    }
    const seen = await seenBy(() => wayTo(`https://${NAME}`, { lookup }).resolve(stop.signal))
    expect(seen).toEqual({
      code: 'NET_DNS', cause: 'dns_silent', stage: 'dns', facts: { host: NAME, port: 443, errno: 'ETIMEDOUT', seconds: 5, resolvers: '192.0.2.53' },
    })
    expect(seen && textOf(seen)).toBe('dns_silent')
  })
})

describe('the name of a proxy', () => {
  it('F33: that does not exist is the proxy\'s, and told without its user and password', async () => {
    expect(await walk(`https://${NAME}`, { proxy: PROXY, lookup: failingWith('ENOTFOUND'), configured: true })).toEqual({
      code: 'NET_PROXY', cause: 'proxy_not_found', stage: 'dns',
      facts: { host: NAME, port: 443, errno: 'ENOTFOUND', seconds, proxy: 'http://proxy.example:3128' },
    })
  })

  it('F33: that the resolvers say nothing about is the proxy\'s as well', async () => {
    useResolvers('192.0.2.53')
    expect(await walk(`https://${NAME}`, { proxy: PROXY, lookup: () => undefined, patience: 50 })).toEqual({
      code: 'NET_PROXY', cause: 'dns_silent', stage: 'dns',
      facts: { host: 'proxy.example', port: 3128, errno: 'ETIMEDOUT', seconds, resolvers: '192.0.2.53', proxy: 'http://proxy.example:3128' },
    })
  })

  it('is the only one that is looked up', async () => {
    const asked: string[] = []
    const lookup: LookupFunction = (name, _options, callback) => {
      asked.push(name)
      callback(Object.assign(new Error('a text'), { code: 'ENOTFOUND' }), [])
    }
    await walk(`https://${NAME}`, { proxy: PROXY, lookup })
    expect(asked).toEqual(['proxy.example'])
  })
})

describe('what is looked up', () => {
  const signal = new AbortController().signal

  it.each(['http://127.0.0.1', 'https://[::1]:8443'])('is nothing for an address: %s', async (address) => {
    expect(await wayTo(address, { lookup: failingWith('ENOTFOUND') }).resolve(signal)).toBeNull()
  })

  it('is a name, once, and the connection leads to what was found', async () => {
    const [port, asked] = [await startTcp(), [] as string[]]
    const known = resolvingTo('127.0.0.1')
    const lookup: LookupFunction = (name, options, callback) => {
      asked.push(name)
      known(name, options, callback)
    }
    const way = wayTo(`http://${NAME}:${port}`, { lookup })
    expect(await way.resolve(signal)).toEqual({ host: NAME, addresses: ['127.0.0.1'] })
    expect(await way.connect(signal)).toEqual({ address: '127.0.0.1' })
    expect(asked).toEqual([NAME])
  })

  it('may be answered with several addresses, or with one that stands alone', async () => {
    expect(await wayTo(`http://${NAME}`, { lookup: resolvingTo('192.0.2.1', '2001:db8::1') }).resolve(signal))
      .toEqual({ host: NAME, addresses: ['192.0.2.1', '2001:db8::1'] })
    const alone: LookupFunction = (_name, _options, callback) => callback(null, '2001:db8::2')
    expect(await wayTo(`http://${NAME}`, { lookup: alone }).resolve(signal)).toEqual({ host: NAME, addresses: ['2001:db8::2'] })
  })
})
