import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createProxyFor, isNoProxy } from '../../../server/runtime/proxy.ts'

const PROXY = 'http://proxy.example:3128'
const isDirect = (noProxy: string, url: string) => createProxyFor({ https: PROXY, http: PROXY, noProxy })(url) === ''

describe('NO_PROXY', () => {
  it.each<[string, string, boolean]>([
    ['10.0.0.0/8', 'https://10.1.2.3', true], ['10.0.0.0/8', 'https://11.1.2.3', false], ['10.0.0.0/8', 'https://10.example.com', false],
    ['192.168.1.0/24,10.0.0.0/8', 'http://192.168.1.77:8080', true], ['2001:db8::/32', 'https://[2001:db8::7]', true],
    ['2001:db8::/32', 'https://[2001:db9::7]', false], ['0.0.0.0/0', 'https://[::1]', false], ['127.0.0.0/8', 'http://127.0.0.1:4100', true],
    ['127.0.0.0/8', 'https://localhost', false], ['10.0.0.0/8', 'https://[::ffff:10.0.0.1]', true],
    ['::1', 'http://[::1]', true], ['[::1]', 'http://[::1]', true], ['[::1]:80', 'http://[::1]', true], ['[::1]:81', 'http://[::1]', false],
    ['0:0:0:0:0:0:0:1', 'http://[::1]', true], ['127.0.0.1', 'http://127.0.0.1', true],
    ['example.com', 'https://example.com', true], ['example.com', 'https://www.example.com', false], ['example.com', 'https://badexample.com', false],
    ['.example.com', 'https://www.example.com', true], ['.example.com', 'https://example.com', false], ['*.example.com', 'https://a.b.example.com', true],
    ['EXAMPLE.com', 'https://example.COM', true], ['example.com.', 'https://example.com', true], ['example.com', 'https://example.com.', true],
    ['example.com:443', 'https://example.com', true], ['example.com:8443', 'https://example.com', false], ['example.com:8443', 'https://example.com:8443', true],
    ['*', 'https://anything.example', true], ['other, *', 'https://anything.example', true], ['a.example b.example', 'https://b.example', true],
    [' , ,', 'https://example.com', false],
  ])('F87: %j for %s: direct %s', (noProxy, url, direct) => {
    expect(isNoProxy(noProxy)).toBe(true)
    expect(isDirect(noProxy, url)).toBe(direct)
  })

  it('F87: a range holds exactly the addresses that share its bits', () => {
    const address = fc.tuple(...Array.from({ length: 4 }, () => fc.integer({ min: 0, max: 255 })))
    const bitsOf = (bytes: number[]) => bytes.map(byte => byte.toString(2).padStart(8, '0')).join('')
    fc.assert(fc.property(address, address, fc.integer({ min: 0, max: 32 }), (network, host, bits) =>
      isDirect(`${network.join('.')}/${bits}`, `https://${host.join('.')}`) === (bitsOf(network).slice(0, bits) === bitsOf(host).slice(0, bits))))
  })

  it('F87: text of any kind is understood or refused, and never throws', () => {
    fc.assert(fc.property(fc.string({ maxLength: 40 }), text => typeof isNoProxy(text) === 'boolean'))
  })
})

describe('the proxy', () => {
  it('F87: is that of the address\'s own scheme', () => {
    const proxyFor = createProxyFor({ https: 'http://secure:1', http: null, noProxy: null })
    expect([proxyFor('https://x.example'), proxyFor('http://x.example')]).toEqual(['http://secure:1', ''])
  })
})
