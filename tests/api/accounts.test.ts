import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import type { EventView, LicenseView, User } from '../../shared/contracts.ts'
import { createApiClient, signIn } from '../support/api-client.ts'
import type { Product } from '../support/product-process.ts'
import { ADMIN } from '../support/product-process.ts'
import { expectError } from '../support/expect-error.ts'
import { addViewer, restart, signInSoon, startOwnProduct, until, useStand } from '../support/stand.ts'

const FROM = '203.0.113.77'
const stand = useStand({ NC_TRUST_PROXY: '127.0.0.1' })
const NO_ADMIN = { NC_ADMIN_EMAIL: undefined, NC_ADMIN_PASSWORD: undefined }
const FIRST = { email: 'first@example.com', password: 'the first password' }

const linesWithToken = (product: Product) => product.output().split('\n').filter(line => line.includes('#token='))
const setupLink = (product: Product) => until('the set-up link is printed', () => /(\S+)\/setup#token=([\w-]+)/.exec(product.output()) ?? undefined)

describe('the set-up link', () => {
  it('makes the first administrator, once', async () => {
    const options = { licenseServerUrl: stand.licenseServer.url, env: { ...NO_ADMIN, NC_PUBLIC_URL: 'https://license.example.com' } }
    const product = await startOwnProduct(options)
    const [, origin, token] = await setupLink(product)
    expect(origin).toContain('https://license.example.com')
    expect(linesWithToken(product)).toHaveLength(1)
    const client = createApiClient(product.url)
    const setUp = (body: unknown) => client.request('POST', '/api/auth/setup', body)

    expectError(await setUp({ ...FIRST, token: `${token}x` }), 'FORBIDDEN')
    expectError(await setUp({ ...FIRST, token, password: 'short' }), 'VALIDATION')
    expectError(await setUp({ ...FIRST, token, email: 'no e-mail' }), 'VALIDATION')
    expect((await setUp({ ...FIRST, token })).status).toBe(200)
    expect((await client.request<{ user: User }>('GET', '/api/auth/session')).body.user).toMatchObject({ email: FIRST.email, role: 'admin' })
    expectError(await createApiClient(product.url).request('POST', '/api/auth/setup', { token, email: 'b@example.com', password: 'second attempt' }), 'FORBIDDEN')

    const again = await restart(product, options)
    expect(linesWithToken(again)).toEqual([])
    expectError(await createApiClient(again.url).request('POST', '/api/auth/setup', { ...FIRST, token }), 'FORBIDDEN')
    expect((await (await signIn(again.url, FIRST)).request<{ users: User[] }>('GET', '/api/users')).body.users).toHaveLength(1)
  })

  it('is the same at every start within its hour, and good', async () => {
    const options = { licenseServerUrl: stand.licenseServer.url, env: NO_ADMIN }
    const product = await startOwnProduct(options)
    const [, , first] = await setupLink(product)
    const again = await restart(product, options)
    const [, , second] = await setupLink(again)
    expect(second).toBe(first)
    expect((await createApiClient(again.url).request('POST', '/api/auth/setup', { ...FIRST, token: first })).status).toBe(200)
  })

  it('is a new one once its hour has passed, or with another session secret', async () => {
    const options = { licenseServerUrl: stand.licenseServer.url, env: NO_ADMIN }
    const product = await startOwnProduct(options)
    const [, , first] = await setupLink(product)
    await product.stop()
    const database = new DatabaseSync(product.databaseFile)
    database.exec('update installation set setup_expires_at = setup_expires_at - 3600000')
    database.close()
    const again = await startOwnProduct({ ...options, dataDir: product.dataDir, port: product.port })
    const [, , second] = await setupLink(again)
    expect(second).not.toBe(first)
    const elsewhere = await restart(again, { ...options, env: { ...NO_ADMIN, NC_SESSION_SECRET: 'another secret of 32 characters.' } })
    const [, , third] = await setupLink(elsewhere)
    expect(third).not.toBe(second)
    for (const token of [first, second]) {
      expectError(await createApiClient(elsewhere.url).request('POST', '/api/auth/setup', { ...FIRST, token }), 'FORBIDDEN')
    }
    expect((await createApiClient(elsewhere.url).request('POST', '/api/auth/setup', { ...FIRST, token: third })).status).toBe(200)
  })

  it('is neither printed nor usable where the operator named an administrator', async () => {
    expect(linesWithToken(stand.product)).toEqual([])
    expectError(await createApiClient(stand.product.url).request('POST', '/api/auth/setup', { ...FIRST, token: 'x'.repeat(32) }), 'FORBIDDEN')
  })
})

describe('accounts', () => {
  it('the last administrator can be neither removed nor made a viewer', async () => {
    const { body: { users } } = await stand.admin.request<{ users: User[] }>('GET', '/api/users')
    const path = `/api/users/${users.find(({ email }) => email === ADMIN.email)?.id}`
    expectError(await stand.admin.request('DELETE', path), 'CONFLICT')
    expectError(await stand.admin.request('PATCH', path, { role: 'viewer' }), 'CONFLICT')
    expect((await stand.admin.request<{ user: User }>('GET', '/api/auth/session')).body.user.role).toBe('admin')
  })

  it('two administrators who remove each other at once leave one', async () => {
    const product = await startOwnProduct({ licenseServerUrl: stand.licenseServer.url })
    const first = await signInSoon(product)
    const created = await first.request<User>('POST', '/api/users', { ...FIRST, role: 'admin' })
    const second = await signIn(product.url, FIRST)
    const { body: { user } } = await first.request<{ user: User }>('GET', '/api/auth/session')
    await Promise.all([first.request('DELETE', `/api/users/${created.body.id}`), second.request('DELETE', `/api/users/${user.id}`)])
    const left = await Promise.all([first, second].map(client => client.request('GET', '/api/users')))
    expect(left.map(({ status }) => status).toSorted()).toEqual([200, 401])
  })

  it('an e-mail has one account, in whatever letter case', async () => {
    const answer = await stand.admin.request('POST', '/api/users', { email: ADMIN.email.toUpperCase(), password: 'some password', role: 'viewer' })
    expectError(answer, 'CONFLICT')
    await signIn(stand.product.url, { ...ADMIN, email: ` ${ADMIN.email.toUpperCase()}` })
  })

  it('one that is unknown cannot be changed', async () => {
    expectError(await stand.admin.request('PATCH', '/api/users/nobody', { role: 'admin' }), 'NOT_FOUND')
    expectError(await stand.admin.request('DELETE', '/api/users/nobody'), 'NOT_FOUND')
  })

  it('with control characters is refused', async () => {
    for (const id of ['%00', 'a%00', '%0A', '%C2%85']) {
      expectError(await stand.admin.request('PATCH', `/api/users/${id}`, { role: 'admin' }), 'VALIDATION')
      expectError(await stand.admin.request('DELETE', `/api/users/${id}`), 'VALIDATION')
    }
    for (const email of ['\0', `a\0${ADMIN.email}`]) {
      expectError(await stand.admin.request('POST', '/api/auth/login', { email, password: 'any' }), 'VALIDATION')
    }
  })

  it('no answer holds a password or its hash', async () => {
    const { text } = await stand.admin.request('GET', '/api/users')
    expect(text).not.toMatch(/argon|hash|password/i)
  })
})

describe('a viewer', () => {
  it('gets no e-mail and no address anywhere, where an administrator gets both', async () => {
    const from = { 'x-forwarded-for': FROM }
    await stand.admin.request('PUT', '/api/license', { credential: 'nc_demo_standard' }, from)
    await stand.admin.request('POST', '/api/license/check-in', {}, from)
    const viewer = await addViewer(stand.admin, stand.product)

    const seen = await stand.admin.request<{ events: EventView[] }>('GET', '/api/license/events')
    expect(seen.body.events).toContainEqual(expect.objectContaining({ kind: 'activated', actorEmail: ADMIN.email, address: FROM }))
    expect((await stand.admin.license()).licensee?.email).toBe('license@acme.example')

    const { body } = await viewer.request<{ events: EventView[] }>('GET', '/api/license/events')
    expect(body.events.length).toBe(seen.body.events.length)
    expect(body.events.every(({ actorEmail, address }) => actorEmail === null && address === null)).toBe(true)
    expect((await viewer.request<LicenseView>('GET', '/api/license')).body.licensee).toEqual({ organization: 'Acme Robotics', email: null })
    for (const path of ['', '/events', '/events/export?format=csv', '/events/export?format=json', '/check-ins', '/support-bundle', '/activation-request', '/outbound']) {
      const { status, text } = await viewer.request('GET', `/api/license${path}`)
      expect(status).toBe(200)
      expect(text).not.toContain(FROM)
      // The vendor's own address for support is nobody's secret.
      expect(text.replaceAll('cs@nocodb.com', '')).not.toMatch(/[\w.]+@[\w.]+/)
    }
    expect((await viewer.request('POST', '/api/license/what-if', {})).text).not.toContain('@')
    expect((await viewer.request('GET', '/api/entitlements')).text).not.toContain('@')
    expectError(await viewer.request('GET', '/api/users'), 'FORBIDDEN')
  })

  it('may look at what saving would do, but not save', async () => {
    const viewer = await signIn(stand.product.url, { email: 'viewer@example.com', password: 'viewer password 1' })
    expect((await viewer.request('POST', '/api/license/preview', { credential: 'nc_demo_standard' })).status).toBe(200)
    expectError(await viewer.save('nc_demo_standard'), 'FORBIDDEN')
  })
})
