import { readdirSync, readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { SERVICE_TOKEN } from '../support/product-process.ts'
import { requestRaw } from '../support/raw-request.ts'
import { useStand } from '../support/stand.ts'

/* What stands in a cookie or a header is anybody's choice; it is ignored before any page or route could fall over it. */

const stand = useStand()

/** One address of every kind, each as a signed-in administrator and as nobody. */
const ADDRESSES = ['/login', '/setup', '/', '/admin/license', '/admin/activity', '/no-such-page', '/_nuxt/no-such-file.js', '/_nuxt/%', '/favicon.ico', '/api/auth/session', '/api/license', '/api/features/sso', '/api/health/ready', '/api/no-such-route', '/metrics']

const APP = new URL('../../app/', import.meta.url)
/** The names of our cookies, as the pages' source has them. */
const COOKIES = [...new Set(readdirSync(APP, { recursive: true, encoding: 'utf8' }).filter(file => /\.(ts|vue)$/.test(file))
  .flatMap(file => [...readFileSync(new URL(file, APP), 'utf8').matchAll(/'(nc-[a-z-]+)'/g)].map(([, name = '']) => name)))]

const MALFORMED = {
  'a bad percent encoding': '%E0%A4%A',
  'a lone percent sign': '%',
  'bytes that are no UTF-8': '%ff%fe',
  'Latin-1 bytes': '\u00FF\u00FE',
  'a NUL': '%00',
  '8 KB': 'x'.repeat(8000),
  'arrays in arrays': '['.repeat(4000) + ']'.repeat(4000),
  'objects in objects': '{"a":'.repeat(1500) + '1' + '}'.repeat(1500),
  'an object': '{"a":1}',
  'a prototype': '{"__proto__":{"polluted":true}}',
  'a number': '1e999',
  'null': 'null',
  'true': 'true',
  'nothing': '',
  'quotes': '"',
  'the name of an object\'s own member': '__proto__',
  'the name of a method': 'constructor',
}

const HEADERS = [
  ...['__proto__', 'constructor', '*', ';;;,,,', 'de;q=', 'de;q=1e999', 'a,'.repeat(4000), 'en-'.repeat(2600), 'x'.repeat(8000), '\u00FF'].map(value => `Accept-Language: ${value}`),
  ...['', '[', 'a b', '%', 'x:99999', 'a@b', 'x/y', '__proto__'].map(value => `Host: ${value}`),
  ...['[', '%', '', '__proto__', 'x'.repeat(8000)].map(value => `X-Forwarded-Host: ${value}`),
  ...['%', 'javascript', ','].map(value => `X-Forwarded-Proto: ${value}`),
  ...['%', 'x'.repeat(8000), '__proto__, constructor'].map(value => `X-Forwarded-For: ${value}`),
  ...['__proto__', 'br;q=', 'x'.repeat(8000)].map(value => `Accept-Encoding: ${value}`),
  ...['%', '__proto__', 'x'.repeat(8000)].flatMap(value => ['If-None-Match', 'If-Modified-Since', 'Referer', 'Range', 'User-Agent', 'Sec-Fetch-Site', 'X-Request-Id'].map(name => `${name}: ${value}`)),
  ...[';;;', '=', '=x', 'nc-locale', 'nc-locale=', ',,', 'nc-locale=de; nc-locale=%E0', '__proto__=x', ' '].map(value => `Cookie: ${value}`),
  'X-Nuxt-Error: true', 'X-Nitro-Prerender: /login',
]

/** Status of every address without anything malformed. */
const expected = new Map<string, number>()
/** The visitor's cookies, or none, beside the malformed one. */
const cookieHeader = (session: string, extra = '') => [session, extra].filter(Boolean).join('; ')

async function statusOf(path: string, session: string, headers: readonly string[] = [], cookie = ''): Promise<number> {
  const cookies = cookieHeader(session, cookie)
  return (await requestRaw(stand.product.port, path, [...headers, ...(cookies ? [`Cookie: ${cookies}`] : [])])).status
}

async function differing(headers: readonly string[], cookie = '', paths = ADDRESSES): Promise<string[]> {
  const faults: string[] = []
  for (const path of paths) {
    for (const session of ['', stand.admin.cookie]) {
      const status = await statusOf(path, session, headers, cookie)
      const wanted = expected.get(path + session)
      // A request that HTTP itself refuses never reaches a page.
      if (status !== wanted && status !== 400) faults.push(`${path}${session && ' signed in'}: ${status}, not ${wanted}`)
    }
  }
  return faults
}

beforeAll(async () => {
  for (const path of ADDRESSES) {
    for (const session of ['', stand.admin.cookie]) expected.set(path + session, await statusOf(path, session))
  }
})

describe('F81: malformed input before any route', () => {
  it('there is something to go by', () => {
    expect(COOKIES.toSorted()).toEqual(['nc-banner-later', 'nc-color-mode', 'nc-color-scheme', 'nc-locale', 'nc-zone'])
    expect([...expected.values()].filter(status => status === 200).length).toBeGreaterThan(5)
    expect([...expected.values()].filter(status => status === 0 || status >= 500)).toEqual([])
  })

  it.each(Object.entries(MALFORMED))('a cookie of ours that holds %s is as none', async (_what, value) => {
    const names = [...COOKIES, '__proto__', 'not-ours']
    // Pages read them all: each name there, and wherever else one may stand, the names in turn.
    for (const name of names) expect(await differing([], `${name}=${value}`, ['/login', '/admin/license']), name).toEqual([])
    for (const [nth, path] of ADDRESSES.entries()) expect(await differing([], `${names[nth % names.length]}=${value}`, [path])).toEqual([])
  })

  it.each(Object.entries(MALFORMED))('a session cookie that holds %s is as none', async (_what, value) => {
    const name = stand.admin.cookie.split('=')[0]
    for (const path of ADDRESSES) expect(await statusOf(path, '', [], `${name}=${value}`), path).toBe(expected.get(path))
  })

  it.each(HEADERS.map(header => [header.length > 60 ? `${header.slice(0, 40)}… (${header.length} characters)` : header, header]))('a header %s is as none', async (_what, header) => {
    expect(await differing([header])).toEqual([])
  })

  it.each([
    '/%E0%A4%A', '/%', '/%00', '/a%00b', '/%ff', '/login?next=%E0%A4%A', '/login?%E0%A4%A', '/login?%', '/admin/license?method=%E0', '/admin/%E0',
    '/api/%E0%A4%A', '/api/features/%E0%A4%A', '/api/features/%', '/api/users/%E0', '/api/license/events?before=%E0%A4%A', '/_nuxt/%E0%A4%A', '/_nuxt/%',
    '//', '//evil.example', '/\\', '/..%2f..%2fetc/passwd', '/_nuxt/..%2f..%2fpackage.json', '*', 'http://evil.example/login', '/__proto__', '/constructor', '/api/__proto__',
    '/_nuxt/__proto__', '/_nuxt/constructor', '/?__proto__=1', '/login?__proto__[a]=1', '/login?constructor=1&next=1&next=2', '/_i18n/x/__proto__/messages.json',
    '/__nuxt_error?statusCode=500', '/__nuxt_island/__proto__.json', '/_payload.json', `/${'a/'.repeat(3000)}`, `/login?${'a&'.repeat(3000)}`, `/login?${'a='.repeat(3000)}`,
  ])('an address %s is answered, and below 500', async (path) => {
    for (const session of ['', stand.admin.cookie]) {
      const { status, head } = await requestRaw(stand.product.port, path, [...(session ? [`Cookie: ${session}`] : []), `Authorization: Bearer ${SERVICE_TOKEN}`])
      expect(status, head).toBeGreaterThanOrEqual(200)
      expect(status, head).toBeLessThan(500)
      if (status >= 300) expect(head.toLowerCase()).toContain('cache-control: no-store')
    }
  })

  it('and none of it is a failure in the log', () => {
    expect(stand.product.output().split('\n').filter(line => line.includes('"level":"error"'))).toEqual([])
  })
})

describe('F80: a name that this build does not know', () => {
  it.each([
    '/_i18n/x/en/messages.json', '/_i18n/x/__proto__/messages.json', '/_nuxt/en.no-such-hash.json', '/_nuxt/__proto__.json', '/_nuxt/x.js', '/__nuxt_island/x.json',
    '/_payload.json', '/login/_payload.json', '/_vercel/x', '/x.php', '/.env', '/.git/config',
  ])('is not found under %s, by anybody', async (path) => {
    for (const session of ['', stand.admin.cookie]) expect(await statusOf(path, session), path).toBe(404)
  })

  it('and its own words are, for good and compressed', async () => {
    const page = await fetch(`${stand.product.url}/login`, { headers: { 'accept-language': 'ja' } }).then(answer => answer.text())
    const path = /"(\/_nuxt\/ja\.[\w-]+\.json)"/.exec(page)?.[1] ?? 'none'
    const { status, head } = await requestRaw(stand.product.port, path, ['Accept-Encoding: br'])
    expect(status, path).toBe(200)
    expect(head.toLowerCase()).toMatch(/cache-control: public, max-age=31536000, immutable/)
    expect(head.toLowerCase()).toMatch(/content-encoding: br/)
    const words: unknown = await fetch(stand.product.url + path).then(answer => answer.json())
    expect(words).toMatchObject({ nav: { language: '言語' } })
  })
})
