import { readdirSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OPERATIONS } from '../../../shared/operations.ts'
import { addressOf, pathInside, toBasePath, TOP_LEVEL } from '../../../server/runtime/base-path.ts'
import { isTrustworthy } from '../../../server/http/peer.ts'

const segment = fc.stringMatching(/^[\w.~-]{1,12}$/).filter(text => !/^\.\.?$/.test(text))
const basePath = fc.array(segment, { minLength: 1, maxLength: 3 }).map(segments => `/${segments.join('/')}/`)
const ownPath = fc.tuple(fc.constantFrom(...TOP_LEVEL), fc.array(segment, { maxLength: 3 }), fc.constantFrom('', '?', '?a=b/c', '?next=/license/'))
  .map(([first, rest, query]) => `/${[first, ...rest].join('/')}${query}`)

describe('F92: base path', () => {
  it('is taken off where a proxy keeps it', () => {
    fc.assert(fc.property(basePath, ownPath, (base, path) => {
      expect(pathInside(addressOf(path, base), base)).toBe(path)
    }))
  })

  it('is not missed where a proxy has stripped it, or somebody of the same network calls', () => {
    const elsewhere = basePath.filter(base => !TOP_LEVEL.has(base.split('/')[1] ?? ''))
    fc.assert(fc.property(elsewhere, ownPath, (base, path) => {
      expect(pathInside(path, base)).toBe(path)
    }))
  })

  it.each([
    ['/license', '/license/', '/'],
    ['/license?a=b', '/license/', '/?a=b'],
    ['/license/', '/license/', '/'],
    ['/licensed/login', '/license/', '/licensed/login'],
    ['/license//evil.example', '/license/', '//evil.example'],
    ['/license/license/login', '/license/', '/license/login'],
    ['/lizenz%20%c3%b6/login', '/lizenz%20%C3%B6/', '/login'],
    ['/a/%E0%A4%A/login', '/a/b/', '/a/%E0%A4%A/login'],
    // A base path that is named like one of ours.
    ['/admin/admin/license', '/admin/', '/admin/license'],
    ['/admin/license', '/admin/', '/admin/license'],
    ['/admin/login', '/admin/', '/login'],
    ['/api/api/health/live', '/api/', '/api/health/live'],
    ['/api/health/live', '/api/', '/api/health/live'],
    // The whole address (RFC 9112 §3.2.2), as proxies are asked.
    ['http://panel.example/license/login?a=b', '/license/', '/login?a=b'],
    ['*', '/license/', '/'],
  ])('of %s under %s is %s', (target, base, expected) => {
    expect(pathInside(target, base)).toBe(expected)
  })

  it.each([
    ['/', '/'], ['/license', '/license/'], ['/license/', '/license/'], ['//license//', '/license/'], ['/a/b', '/a/b/'], ['/a%20b/', '/a%20b/'],
  ])('of an address with the path %s is %s', (pathname, expected) => {
    expect(toBasePath(pathname)).toBe(expected)
  })

  it('knows every name of our own', () => {
    const routes = Object.values(OPERATIONS).map(({ path }) => path.split('/')[1] ?? '')
    const pages = readdirSync(new URL('../../../app/pages', import.meta.url)).map(name => name.replace(/\.vue$/, ''))
    const known = [...routes, ...pages.filter(name => !['index', '[...path]'].includes(name))]
    expect(known.filter(name => !TOP_LEVEL.has(name))).toEqual([])
  })
})

it.each([
  ['https://nocodb.example.com', true], ['http://localhost:3000', true], ['http://panel.localhost', true], ['http://127.0.0.1:3000', true],
  ['http://[::1]:3000', true], ['http://192.168.1.4:3000', false], ['http://nocodb.example.com', false], ['http://localhost.example.com', false],
  ['http://127.0.0.1.example.com', false], ['null', false],
])('%s is trusted by browsers: %s', (origin, expected) => {
  expect(isTrustworthy(origin)).toBe(expected)
})
