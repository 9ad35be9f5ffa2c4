import { describe, expect, it } from 'vitest'
import type { Operation } from '../../shared/operations.ts'
import { OPERATIONS } from '../../shared/operations.ts'
import { createApiClient } from '../support/api-client.ts'
import { ADMIN, SERVICE_TOKEN } from '../support/product-process.ts'
import { expectError } from '../support/expect-error.ts'
import { useStand, VIEWER } from '../support/stand.ts'

const stand = useStand()
const writes = Object.entries<Operation>(OPERATIONS).filter(([, { method }]) => method !== 'GET')

const FOREIGN: [string, Record<string, string>][] = [
  ['another origin', { origin: 'https://evil.example' }],
  ['an opaque origin', { origin: 'null' }],
  ['our host on another port', { origin: 'http://127.0.0.1:1' }],
  ['our host by another scheme', { origin: 'SELF-HTTPS' }],
  ['an origin that begins like ours', { origin: 'SELF.evil.example' }],
  ['a cross-site fetch', { 'sec-fetch-site': 'cross-site' }],
  ['a same-site neighbour', { 'sec-fetch-site': 'same-site' }],
  ['our origin, but a cross-site fetch', { 'origin': 'SELF', 'sec-fetch-site': 'cross-site' }],
  ['a forwarded host that nobody vouches for', { 'origin': 'https://evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' }],
]

function headersOf(headers: Record<string, string>): Record<string, string> {
  const self = stand.product.url
  const own = (value: string) => value === 'SELF-HTTPS' ? self.replace('http:', 'https:') : value.replace(/^SELF/, self)
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, own(value)]))
}

describe('F70 writes caused by another site', () => {
  it.each(FOREIGN)('%s: every write is refused, even with an administrator\'s cookie, and nothing is done', async (_what, headers) => {
    const before = await stand.admin.license()
    const users = (await stand.admin.request('GET', '/api/users')).text
    for (const [name, { method, path }] of writes) {
      const body = name === 'saveLicense' ? { credential: 'nc_demo_standard' } : name === 'createUser' ? VIEWER : {}
      const answer = await stand.admin.request(method, path.replace(':id', 'nobody'), body, {
        ...headersOf(headers), ...(name === 'putUsage' ? { authorization: `Bearer ${SERVICE_TOKEN}` } : {}),
      })
      expectError(answer, 'CROSS_SITE')
    }
    const after = await stand.admin.license()
    expect(after).toEqual({ ...before, serverTime: after.serverTime })
    expect((await stand.admin.request('GET', '/api/users')).text).toBe(users)
    expect(await stand.licenseServer.control.requests()).toEqual([])
  })

  it('nobody is signed in by another site', async () => {
    const victim = createApiClient(stand.product.url)
    const answer = await victim.request('POST', '/api/auth/login', ADMIN, { origin: 'https://evil.example' })
    expectError(answer, 'CROSS_SITE')
    expect(answer.headers.getSetCookie()).toEqual([])
  })

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/jsonp', ''])(
    'a body that a form could send (%s) is not read as JSON', async (type) => {
      const answer = await stand.admin.request('PUT', '/api/license', '{"credential":"nc_demo_standard"}', { 'content-type': type })
      expectError(answer, 'VALIDATION')
      expect(await stand.licenseServer.control.requests()).toEqual([])
    })

  it.each([
    ['the own origin', { 'origin': 'SELF', 'sec-fetch-site': 'same-origin' }],
    ['a typed address', { 'sec-fetch-site': 'none' }],
    ['a script outside a browser', {}],
    ['JSON with a charset', { 'content-type': 'application/json; charset=utf-8' }],
  ])('%s may write', async (_what, headers: Record<string, string>) => {
    const answer = await stand.admin.request('POST', '/api/license/preview', { credential: 'nc_demo_standard' }, headersOf(headers))
    expect(answer.status, answer.text).toBe(200)
  })

  it('reading from another site is not opened by CORS', async () => {
    const answer = await stand.admin.request('GET', '/api/license', undefined, { origin: 'https://evil.example' })
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    const preflight = await createApiClient(stand.product.url).request('OPTIONS', '/api/license', undefined, {
      'origin': 'https://evil.example', 'access-control-request-method': 'PUT',
    })
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull()
    expect(preflight.headers.get('access-control-allow-methods')).toBeNull()
  })
})
