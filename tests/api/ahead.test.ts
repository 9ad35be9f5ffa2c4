import { beforeAll, describe, expect, it } from 'vitest'
import { createApiClient, signIn } from '../support/api-client.ts'
import type { ApiClient } from '../support/api-client.ts'
import { ADMIN_TOKEN, SERVICE_TOKEN } from '../support/product-process.ts'
import { addViewer, useStand, VIEWER } from '../support/stand.ts'

/*
 * What is answered ahead of the framework must not differ from what the framework answers. The framework answers every HEAD, and a
 * HEAD has the headers of its GET (RFC 9110 §9.3.2), so each call is made both ways.
 */

const stand = useStand({ NC_ADMIN_TOKEN: ADMIN_TOKEN })
const callers: Record<string, { client: ApiClient, headers?: Record<string, string> }> = {}

beforeAll(async () => {
  await stand.admin.save('nc_demo_standard')
  await addViewer(stand.admin, stand.product)
  const visitor = () => createApiClient(stand.product.url)
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
  callers.nobody = { client: visitor() }
  callers.viewer = { client: await signIn(stand.product.url, VIEWER) }
  callers.admin = { client: stand.admin }
  callers.service = { client: visitor(), headers: bearer(SERVICE_TOKEN) }
  callers['admin token'] = { client: visitor(), headers: bearer(ADMIN_TOKEN) }
  callers['wrong token'] = { client: visitor(), headers: bearer('x'.repeat(40)) }
  const ended = await signIn(stand.product.url)
  const { cookie } = ended
  await ended.request('POST', '/api/auth/logout', {})
  callers['ended session'] = { client: visitor(), headers: { cookie } }
})

const PATHS = ['/api/features/sso', '/api/features/none', '/api/features/none?deny=403', '/api/features/sso?deny=x', '/api/entitlements', '/api/license', '/api/license?a=%E0%A4%A']
const ODD: Record<string, string>[] = [
  {}, { 'if-none-match': '*' }, { 'x-forwarded-host': ':::' }, { 'x-request-id': 'mine' }, { 'x-forwarded-for': '203.0.113.9' }, { 'x-nuxt-error': 'true' },
  { origin: 'https://evil.example' }, { cookie: 'a=%E0%A4%A; nc_license_session_x=%' }, { accept: 'text/html' },
]
const OWN = ['x-request-id', 'date', 'content-length', 'connection', 'keep-alive']

async function both(path: string, { client, headers }: { client: ApiClient, headers?: Record<string, string> }, more: Record<string, string>) {
  const seen = async (method: string) => {
    const answer = await client.request(method, path, undefined, { ...headers, ...more })
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f]{16}$/)
    return { status: answer.status, headers: Object.fromEntries([...answer.headers].filter(([name]) => !OWN.includes(name))) }
  }
  return [await seen('GET'), await seen('HEAD')]
}

describe('F73: a call answered ahead of the framework', () => {
  it.each(PATHS)('GET %s has the status and headers that the framework gives, for every caller', async (path) => {
    for (const [name, caller] of Object.entries(callers)) {
      for (const more of ODD) {
        const [ahead, framework] = await both(path, caller, more)
        expect(ahead, `${name} ${JSON.stringify(more)}`).toEqual(framework)
      }
    }
  })

  it('a session that was signed out ends at once, on this way too', async () => {
    const person = await signIn(stand.product.url)
    const { cookie } = person
    const ask = async () => (await createApiClient(stand.product.url).request('GET', '/api/license', undefined, { cookie })).status
    expect([await ask(), await ask()]).toEqual([200, 200])
    await person.request('POST', '/api/auth/logout', {})
    expect(await ask()).toBe(401)
  })
})
