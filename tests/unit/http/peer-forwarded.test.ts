import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { PeerOptions } from '../../../server/http/peer.ts'
import { isFromTrustedProxy, isTrustworthy, peerOf } from '../../../server/http/peer.ts'
import { createHttpEvent } from '../../support/http-event.ts'

const PROXY = '10.0.0.1'
const TRUSTED = ['10.0.0.0/8', '2001:db8:ffff::1']

const peerFrom = (from: string, headers: Record<string, string>, options: Partial<PeerOptions> = {}) =>
  peerOf(createHttpEvent({ from, headers: { host: 'inside:3000', ...headers } }), { trustProxy: TRUSTED, publicUrl: null, ...options })
const addressOf = (chain: string, from = PROXY) => peerFrom(from, { 'x-forwarded-for': chain }).address

describe('the address of a client', () => {
  it.each([
    ['192.0.2.9', '192.0.2.9'], ['192.0.2.9, 10.0.0.3, 10.0.0.2', '192.0.2.9'], ['192.0.2.9,10.0.0.3,10.0.0.2', '192.0.2.9'],
    ['192.0.2.9, 2001:db8:ffff::1', '192.0.2.9'],
  ])('is the last in front of our proxies: %s', (chain, address) => {
    expect(addressOf(chain)).toBe(address)
  })

  it('is not what the client made up to the left of it', () => {
    expect(addressOf('198.51.100.1, 10.9.9.9, 192.0.2.9, 10.0.0.2')).toBe('192.0.2.9')
  })

  it('is the outermost of our proxies where nobody else is named', () => {
    expect(addressOf('10.0.0.3, 10.0.0.2')).toBe('10.0.0.3')
    expect(addressOf('')).toBe(PROXY)
    expect(peerFrom(PROXY, {}).address).toBe(PROXY)
  })

  it.each([
    ['unknown'], ['_hidden'], ['192.0.2.9:443x'], ['x192.0.2.9:443'], ['x[2001:db8::1]:443'], ['[2001:db8::1]:443x'], ['[2001:db8::1'], ['::192.0.2.9:443'],
  ])('is looked for no further than something that is none: %s', (hop) => {
    expect(addressOf(hop)).toBe(PROXY)
    expect(addressOf(`192.0.2.9, ${hop}, 10.0.0.2`)).toBe('10.0.0.2')
  })

  it.each([
    ['192.0.2.9:51234', '192.0.2.9'], ['[2001:db8::1]:443', '2001:db8::1'], ['[2001:db8::1]', '2001:db8::1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2:3:4:5:6'], ['2001:10::1', '2001:10::1'], ['::ffff:192.0.2.9', '192.0.2.9'],
  ])('is read with and without a port: %s', (hop, address) => {
    expect(addressOf(hop)).toBe(address)
  })

  it.each([['192.0.2.7'], ['2001:db8:ffff::2'], ['11.0.0.1'], ['']])('is where the connection comes from, if that is no proxy of ours: %j', (from) => {
    expect(addressOf('198.51.100.1', from)).toBe(from)
  })

  it('counts as one, with all others, where a connection has none', () => {
    expect(peerFrom('', { 'x-forwarded-for': '198.51.100.1' })).toMatchObject({ address: '', network: 'unknown' })
  })
})

describe('a proxy', () => {
  it.each([
    ['10.1.2.3', true], ['::ffff:10.1.2.3', true], ['11.0.0.1', false],
    ['2001:db8:ffff::1', true], ['2001:db8:ffff::2', false], ['::a00:1', false], ['', false],
  ])('is trusted as far as NC_TRUST_PROXY says: %j', (from, trusted) => {
    expect(isFromTrustedProxy(createHttpEvent({ from }), TRUSTED)).toBe(trusted)
  })

  it('is trusted nowhere if NC_TRUST_PROXY names none', () => {
    expect(isFromTrustedProxy(createHttpEvent({ from: '127.0.0.1' }), [])).toBe(false)
  })
})

describe('a connection that is kept', () => {
  const OPTIONS = { trustProxy: TRUSTED, publicUrl: null }

  /** The peers of several requests that come one after the other on one connection. */
  function peersOn(from: string, requests: readonly Record<string, string>[]) {
    const socket = Object.defineProperty(new Socket(), 'remoteAddress', { value: from })
    return requests.map((headers) => {
      const event = createHttpEvent({ from, headers: { host: 'inside:3000', ...headers } })
      Object.assign(event.node.req, { socket })
      return peerOf(event, OPTIONS)
    })
  }

  /** The proxy's own look at our health, and what it passes on for visitors. */
  const OWN = {}
  const ADA = { 'x-forwarded-for': '192.0.2.1', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'panel.example' }
  const GRACE = { 'x-forwarded-for': '2001:db8:1:2::9', 'x-forwarded-proto': 'http', 'x-forwarded-host': 'other.example' }
  const SEEN = new Map<Record<string, string>, object>([
    [OWN, { address: PROXY, network: PROXY, origin: 'http://inside:3000' }],
    [ADA, { address: '192.0.2.1', network: '192.0.2.1', origin: 'https://panel.example' }],
    [GRACE, { address: '2001:db8:1:2::9', network: '2001:db8:1:2::/64', origin: 'http://other.example' }],
  ])

  it.each([
    ['its own, then visitors\'', [OWN, ADA, GRACE]], ['a visitor\'s, then its own', [ADA, OWN, ADA]],
    ['visitors\' in turn', [ADA, GRACE, ADA]],
  ])('by a proxy of ours has the peer of each request: %s', (_, requests) => {
    expect(peersOn(PROXY, requests)).toEqual(requests.map(each => SEEN.get(each)))
  })

  it('by anybody else has the host of each request', () => {
    const hosts = ['inside:3000', 'panel.example', 'inside:3000']
    const peers = peersOn('192.0.2.7', hosts.map(host => ({ host, 'x-forwarded-for': '198.51.100.1' })))
    expect(peers).toEqual(hosts.map(host => ({ address: '192.0.2.7', network: '192.0.2.7', origin: `http://${host}` })))
  })
})

describe('the origin that a browser sees', () => {
  const FORWARDED = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'panel.example' }

  it.each<[string, string, Record<string, string>]>([
    ['the proxy\'s word', 'https://panel.example', FORWARDED],
    ['its word for the scheme alone', 'https://inside:3000', { 'x-forwarded-proto': 'https' }],
    ['its word for the host alone', 'http://panel.example', { 'x-forwarded-host': 'panel.example' }],
    ['the first of several words', 'https://panel.example:8443', { 'x-forwarded-proto': 'https , http', 'x-forwarded-host': 'panel.example:8443 , inside' }],
    ['our own where its word is empty', 'http://inside:3000', { 'x-forwarded-proto': '', 'x-forwarded-host': ' ' }],
    ['http where its word is no scheme', 'http://panel.example', { ...FORWARDED, 'x-forwarded-proto': 'wss' }],
    ['none where its word is no host', 'null', { ...FORWARDED, 'x-forwarded-host': 'a b' }],
  ])('is %s: %s', (_, origin, headers) => {
    expect(peerFrom(PROXY, headers).origin).toBe(origin)
  })

  it('is not a stranger\'s word', () => {
    expect(peerFrom('192.0.2.7', FORWARDED).origin).toBe('http://inside:3000')
  })

  it('is what NC_PUBLIC_URL says, whoever says otherwise', () => {
    expect(peerFrom(PROXY, FORWARDED, { publicUrl: new URL('https://license.example/panel/') }).origin).toBe('https://license.example')
  })

  it.each([[true, 'https://inside:3000'], [false, 'http://inside:3000']])('is of the connection itself, encrypted or not: %s', (encrypted, origin) => {
    const event = createHttpEvent({ headers: { host: 'inside:3000' } })
    Object.assign(event.node.req.socket, { encrypted })
    expect(peerOf(event, { trustProxy: [], publicUrl: null }).origin).toBe(origin)
  })

  it('is this machine\'s where a request names no host', () => {
    expect(peerOf(createHttpEvent(), { trustProxy: [], publicUrl: null }).origin).toBe('http://localhost')
  })
})

describe('a browser', () => {
  it.each([
    ['https://panel.example'], ['https://192.0.2.1:8443'], ['http://localhost'], ['http://localhost:3000'],
    ['http://app.localhost'], ['http://a.b.localhost:8080'], ['http://127.0.0.1'], ['http://127.10.20.30:3000'], ['http://[::1]:3000'],
  ])('trusts %s', (origin) => {
    expect(isTrustworthy(origin)).toBe(true)
  })

  it.each([
    ['http://panel.example'], ['http://192.0.2.1'], ['http://localhost.evil.example'], ['http://notlocalhost'],
    ['http://127.evil.example'], ['http://x127.0.0.1.example'], ['http://[::2]'], ['null'], [''], ['https://'],
  ])('does not trust %j', (origin) => {
    expect(isTrustworthy(origin)).toBe(false)
  })
})
