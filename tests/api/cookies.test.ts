import { describe, expect, it } from 'vitest'
import type { Answer } from '../support/api-client.ts'
import { createApiClient, signIn } from '../support/api-client.ts'
import { cookieNameOf } from '../support/cookie-name.ts'
import type { Product } from '../support/product-process.ts'
import { startOwnLicenseServer, startOwnProduct, until } from '../support/stand.ts'

/* Every call that sets or clears the session cookie, on every way to it: the cookie is the same, attribute by attribute. */

const ADA = { email: 'ada@example.com', password: 'the first password' }
const NEXT = 'the second password'
const DAYS_7 = 604_800

interface Way {
  env: Record<string, string>
  headers?: Record<string, string>
  prefix: '' | '__Host-' | '__Secure-'
  attributes: Record<string, string | true>
  /** Where else one of that name is cleared: what an earlier base path left there. */
  alsoAt?: string
}

const PLAIN = { httponly: true, samesite: 'Lax', path: '/' } as const
const TRUSTING = { NC_TRUST_PROXY: '127.0.0.1' }
const FORWARDED = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'license.example.com', 'x-forwarded-for': '203.0.113.9' }

const WAYS: Record<string, Way> = {
  'http': { env: {}, prefix: '', attributes: PLAIN },
  'http, though a stranger says https': { env: {}, headers: FORWARDED, prefix: '', attributes: PLAIN },
  'https by NC_PUBLIC_URL': { env: { NC_PUBLIC_URL: 'https://license.example.com' }, prefix: '__Host-', attributes: { ...PLAIN, secure: true } },
  'https by a proxy': { env: TRUSTING, headers: FORWARDED, prefix: '__Host-', attributes: { ...PLAIN, secure: true } },
  'http by a proxy': { env: TRUSTING, headers: { ...FORWARDED, 'x-forwarded-proto': 'http' }, prefix: '', attributes: PLAIN },
  'https below a path': {
    env: { NC_PUBLIC_URL: 'https://nocodb.example.com/license' }, prefix: '__Secure-', attributes: { ...PLAIN, path: '/license/', secure: true },
  },
  'http below a path': { env: { NC_PUBLIC_URL: 'http://nocodb.example.com/license' }, prefix: '', attributes: { ...PLAIN, path: '/license/' }, alsoAt: '/' },
}

interface SetCookie { name: string, value: string, attributes: Record<string, string | true> }

function cookiesOf({ headers }: Answer): SetCookie[] {
  return headers.getSetCookie().map((line) => {
    const [pair = '', ...rest] = line.split('; ')
    const parts = rest.map((part): [string, string | true] => {
      const [name = '', value] = part.split('=')
      return [name.toLowerCase(), value ?? true]
    })
    return { name: pair.slice(0, pair.indexOf('=')), value: pair.slice(pair.indexOf('=') + 1), attributes: Object.fromEntries(parts) }
  })
}

const setupToken = (product: Product) => until('the set-up link is printed', () => /#token=([\w-]+)/.exec(product.output())?.[1])

describe('the session cookie', () => {
  it.each(Object.entries(WAYS))('by %s is the same from every call that sets it, and is cleared as it was set', async (_way, { env, headers = {}, prefix, attributes, alsoAt }) => {
    const licenseServer = await startOwnLicenseServer()
    const product = await startOwnProduct({ licenseServerUrl: licenseServer.url, env: { NC_ADMIN_EMAIL: undefined, NC_ADMIN_PASSWORD: undefined, ...env } })
    const client = createApiClient(product.url)
    const post = (path: string, body: unknown) => client.request('POST', `/api/auth/${path}`, body, headers)

    const setUp = await post('setup', { ...ADA, token: await setupToken(product) })
    const signedIn = await post('login', ADA)
    const changed = await client.request('PUT', '/api/auth/password', { current: ADA.password, next: NEXT }, headers)
    expect([setUp, signedIn, changed].map(({ status }) => status)).toEqual([200, 200, 200])
    const { body: { instanceId } } = await client.request<{ instanceId: string }>('GET', '/api/license', undefined, headers)
    const name = cookieNameOf(instanceId, prefix)
    const tokens: string[] = []
    for (const answer of [setUp, signedIn, changed]) {
      const [cookie, ...more] = cookiesOf(answer)
      expect(more).toEqual([])
      expect(cookie).toEqual({ name, value: expect.stringMatching(/^[\w-]{43}$/), attributes: { ...attributes, 'max-age': String(DAYS_7) } })
      expect(answer.headers.get('cache-control')).toBe('no-store')
      tokens.push(cookie?.value ?? '')
    }
    expect(new Set(tokens).size).toBe(3)

    const signedOut = await post('logout', {})
    expect(signedOut.status).toBe(204)
    const cleared = [attributes, ...(alsoAt === undefined ? [] : [{ ...attributes, path: alsoAt }])]
    expect(cookiesOf(signedOut)).toEqual(cleared.map(each => ({ name, value: '', attributes: { ...each, 'max-age': '0' } })))
    for (const token of tokens) {
      const { status } = await createApiClient(product.url).request('GET', '/api/auth/session', undefined, { ...headers, cookie: `${name}=${token}` })
      expect(status).toBe(401)
    }
  })

  it('is set by no other call, and by none that is refused', async () => {
    const licenseServer = await startOwnLicenseServer()
    const product = await startOwnProduct({ licenseServerUrl: licenseServer.url, env: { NC_ADMIN_EMAIL: ADA.email, NC_ADMIN_PASSWORD: ADA.password } })
    const client = await signIn(product.url, ADA)
    const visitor = createApiClient(product.url)
    const answers = [
      await visitor.request('POST', '/api/auth/login', { ...ADA, password: 'wrong' }), await visitor.request('POST', '/api/auth/login', {}),
      await visitor.request('POST', '/api/auth/setup', { ...ADA, token: 'x' }), await visitor.request('POST', '/api/auth/logout', {}),
      await client.request('PUT', '/api/auth/password', { current: 'wrong', next: NEXT }), await client.request('GET', '/api/auth/session'),
      await client.request('GET', '/api/users'), await client.request('GET', '/api/license'), await client.request('GET', '/api/entitlements'),
    ]
    expect(answers.map(({ status }) => status)).toEqual([401, 400, 403, 204, 401, 200, 200, 200, 200])
    for (const answer of answers) expect(answer.headers.getSetCookie()).toEqual([])
  })
})
