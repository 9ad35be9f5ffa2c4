import { describe, expect, it } from 'vitest'
import type { User } from '../../shared/contracts.ts'
import { createApiClient, signIn } from '../support/api-client.ts'
import type { ApiClient, Answer } from '../support/api-client.ts'
import { ADMIN } from '../support/product-process.ts'
import { cookieNameOf, SESSION_COOKIE } from '../support/cookie-name.ts'
import { expectError } from '../support/expect-error.ts'
import { startOwnProduct, signInSoon, useStand } from '../support/stand.ts'

const stand = useStand()
let accounts = 0

async function createAccount(role = 'admin'): Promise<{ id: string, email: string, password: string, client: ApiClient }> {
  const account = { email: `person${++accounts}@example.com`, password: `password of ${accounts}` }
  const { body } = await stand.admin.request<User>('POST', '/api/users', { ...account, role })
  return { ...account, id: body.id, client: await signIn(stand.product.url, account) }
}

function sessionCookieOf({ headers }: Answer): string {
  return headers.getSetCookie().find(cookie => SESSION_COOKIE.test(cookie)) ?? ''
}

/** A visitor who presents this cookie and nothing else. */
function presenting(cookie: string): ApiClient {
  return Object.assign(createApiClient(stand.product.url), { cookie })
}

async function expectSignedOut(cookie: string): Promise<void> {
  expectError(await presenting(cookie).request('GET', '/api/auth/session'), 'UNAUTHENTICATED')
}

describe('the session cookie', () => {
  it('is out of reach for scripts and other sites, and not Secure where people come by http', async () => {
    const cookie = sessionCookieOf(await createApiClient(stand.product.url).request('POST', '/api/auth/login', ADMIN))
    expect(cookie).toMatch(/;\s*HttpOnly/i)
    expect(cookie).toMatch(/;\s*SameSite=(Lax|Strict)/i)
    expect(cookie).toMatch(/;\s*Path=\//i)
    expect(cookie).not.toMatch(/;\s*Secure/i)
  })

  it('F78 a forwarded scheme that nobody vouches for changes nothing', async () => {
    const login = await createApiClient(stand.product.url).request('POST', '/api/auth/login', ADMIN, { 'x-forwarded-proto': 'https' })
    expect(sessionCookieOf(login)).not.toMatch(/; Secure/i)
  })

  it('F78 is Secure when NC_PUBLIC_URL says https, and that origin alone may write', async () => {
    const product = await startOwnProduct({ licenseServerUrl: stand.licenseServer.url, env: { NC_PUBLIC_URL: 'https://license.example.com/' } })
    await signInSoon(product)
    const login = (origin: string) => createApiClient(product.url).request('POST', '/api/auth/login', ADMIN, { origin })
    expect(sessionCookieOf(await login('https://license.example.com'))).toMatch(/;\s*Secure/i)
    expectError(await login(product.url), 'CROSS_SITE')
  })

  it('F78 is Secure behind a trusted proxy that says https', async () => {
    const product = await startOwnProduct({ licenseServerUrl: stand.licenseServer.url, env: { NC_TRUST_PROXY: '10.0.0.0/8, 127.0.0.1' } })
    await signInSoon(product)
    const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'license.example.com', 'x-forwarded-for': '203.0.113.9' }
    const login = (origin: string) => createApiClient(product.url).request('POST', '/api/auth/login', ADMIN, { ...forwarded, origin })
    expect(sessionCookieOf(await login('https://license.example.com'))).toMatch(/;\s*Secure/i)
    expectError(await login('http://license.example.com'), 'CROSS_SITE')
    const plain = await createApiClient(product.url).request('POST', '/api/auth/login', ADMIN, { ...forwarded, 'x-forwarded-proto': 'http' })
    expect(sessionCookieOf(plain)).not.toMatch(/; Secure/i)
  })
})

describe('F71 sessions', () => {
  it('a sign-in begins a new session, whatever the browser presented, and ends the old one', async () => {
    const planted = `${cookieNameOf((await stand.admin.license()).instanceId)}=${'A'.repeat(43)}`
    const client = presenting(planted)
    await client.request('POST', '/api/auth/login', ADMIN)
    const first = client.cookie
    expect(first).not.toBe(planted)
    await expectSignedOut(planted)
    await client.request('POST', '/api/auth/login', ADMIN)
    expect(client.cookie).not.toBe(first)
    await expectSignedOut(first)
    expect((await client.request('GET', '/api/auth/session')).status).toBe(200)
  })

  it('signing out ends it on the server', async () => {
    const { client } = await createAccount()
    const { cookie } = client
    expect((await client.request('POST', '/api/auth/logout', {})).status).toBe(204)
    await expectSignedOut(cookie)
  })

  it('a changed password ends every session of the account but the one that changed it', async () => {
    const { client, email, password } = await createAccount('viewer')
    const elsewhere = await signIn(stand.product.url, { email, password })
    const { cookie } = client
    const next = 'an entirely new one'
    expect((await client.request('PUT', '/api/auth/password', { current: password, next })).status).toBe(200)
    await expectSignedOut(cookie)
    await expectSignedOut(elsewhere.cookie)
    expect((await client.request('GET', '/api/auth/session')).status).toBe(200)
    expectError(await presenting('').request('POST', '/api/auth/login', { email, password }), 'UNAUTHENTICATED')
    await signIn(stand.product.url, { email, password: next })
  })

  it('a wrong current password changes nothing', async () => {
    const { client, email, password } = await createAccount('viewer')
    const answer = await client.request('PUT', '/api/auth/password', { current: 'not the password', next: 'an entirely new one' })
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect((await client.request('GET', '/api/auth/session')).status).toBe(200)
    await signIn(stand.product.url, { email, password })
  })

  it.each([
    ['a changed role', 'PATCH', { role: 'viewer' }], ['a password set by another administrator', 'PATCH', { password: 'set by somebody else' }],
    ['a removed account', 'DELETE', undefined],
  ])('%s ends the account\'s sessions', async (_what, method, change) => {
    const { id, client } = await createAccount('admin')
    const answer = await stand.admin.request(method, `/api/users/${id}`, change)
    expect([200, 204], answer.text).toContain(answer.status)
    await expectSignedOut(client.cookie)
  })

  it('what is changed about one account ends nobody else\'s session', async () => {
    const { id } = await createAccount('viewer')
    await stand.admin.request('PATCH', `/api/users/${id}`, { role: 'admin' })
    expect((await stand.admin.request('GET', '/api/auth/session')).status).toBe(200)
  })

  it('sessions survive a restart of the process', async () => {
    const product = await startOwnProduct({ licenseServerUrl: stand.licenseServer.url })
    const client = await signInSoon(product)
    await product.stop()
    await startOwnProduct({ licenseServerUrl: stand.licenseServer.url, dataDir: product.dataDir, port: product.port })
    expect((await client.request('GET', '/api/auth/session')).status).toBe(200)
  })
})
