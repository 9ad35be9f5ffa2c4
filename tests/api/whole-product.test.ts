import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CheckInDay, Diagnostics, Entitlements, EventView, Feature, LicenseState, LicenseView, OutboundRequest, Preview, Session, User } from '../../shared/contracts.ts'
import type { ApiClient } from '../support/api-client.ts'
import { createApiClient } from '../support/api-client.ts'
import { expectError } from '../support/expect-error.ts'
import type { PostgresServer } from '../support/postgres-server.ts'
import { startPostgres } from '../support/postgres-server.ts'
import type { Product } from '../support/product-process.ts'
import { SERVICE_TOKEN, startProduct } from '../support/product-process.ts'
import { until } from '../support/stand.ts'
import type { UsedOperations } from '../support/used-operations.ts'
import { createUsedOperations } from '../support/used-operations.ts'
import type { LicenseServerProcess } from '../support/vendor/vendor-process.ts'
import { startLicenseServer } from '../support/vendor/vendor-process.ts'

/* One story, told on each database: every operation of the API with its effect, then `kill -9`, and all as it was. */

const OWNER = { email: 'owner@example.com', password: 'the first password' }
const NEXT_PASSWORD = 'the second password'
const AUDITOR = { email: 'auditor@example.com', password: 'auditor password' }
const DAY = 86_400
const SERVICE = { authorization: `Bearer ${SERVICE_TOKEN}` }

type Page = { events: EventView[], nextBefore: number | null }

/** All that can be read, but for what time alone changes. */
async function standingOf(owner: ApiClient, service: ApiClient) {
  const read = async <T>(path: string) => (await owner.request<T>('GET', path)).body
  const { serverTime: _now, ...license } = await owner.license()
  const { serverTime: _then, ...entitlements } = (await service.request<Entitlements>('GET', '/api/entitlements', undefined, SERVICE)).body
  const { users } = await read<{ users: User[] }>('/api/users')
  return {
    license, entitlements, users: users.map(({ lastSeenAt: _seen, ...user }) => user),
    events: (await read<Page>('/api/license/events?limit=200')).events,
    days: (await read<{ days: CheckInDay[] }>('/api/license/check-ins')).days,
    last: (await read<{ last: OutboundRequest | null }>('/api/license/outbound')).last,
  }
}

describe.each(['SQLite', 'PostgreSQL'] as const)('the whole product on %s', (kind) => {
  let postgres: PostgresServer | undefined
  let licenseServer: LicenseServerProcess
  let env: Record<string, string | undefined>
  let product: Product
  let used: UsedOperations
  let owner: ApiClient
  let service: ApiClient

  const visitor = () => used.watch(createApiClient(product.url))
  const features = async () => Promise.all(['sso', 'scim'].map(async name => (await service.request('GET', `/api/features/${name}`, undefined, SERVICE)).status))
  const events = async (query = 'limit=200') => (await owner.request<Page>('GET', `/api/license/events?${query}`)).body
  /** The tick after a change of state writes it down. */
  const stateNoted = (from: LicenseState, to: LicenseState) => until(`it is noted that ${from} became ${to}`, async () =>
    (await events('limit=1&kind=state_changed')).events.some(({ details }) => details.from === from && details.to === to))
  const startAgain = async (more: Record<string, string | undefined> = {}) => {
    product = await startProduct({ licenseServerUrl: licenseServer.url, env: { ...env, ...more }, dataDir: product.dataDir, port: product.port })
  }

  beforeAll(async () => {
    [licenseServer, postgres] = await Promise.all([startLicenseServer(), kind === 'PostgreSQL' ? startPostgres() : undefined])
    env = { NC_ADMIN_EMAIL: undefined, NC_ADMIN_PASSWORD: undefined, ...(postgres ? { DATABASE_URL: await postgres.createDatabase() } : {}) }
    product = await startProduct({ licenseServerUrl: licenseServer.url, env })
    used = createUsedOperations()
    owner = visitor()
    service = visitor()
  })
  afterAll(async () => {
    await product.dispose()
    await postgres?.remove()
    await licenseServer.stop()
  })

  it('is ready, unlicensed, and says which database it is on', async () => {
    expect((await service.request('GET', '/api/health/live')).body).toEqual({ status: 'ok' })
    expect((await service.request('GET', '/api/health/ready')).body).toEqual({ status: 'ok' })
    expect((await service.request<{ openapi: string }>('GET', '/api/openapi.json')).body.openapi).toMatch(/^3\.1/)
    expect(await features()).toEqual([402, 402])
    expect(product.output()).toContain(`"database":"${kind === 'SQLite' ? 'sqlite' : 'postgres'}"`)
  })

  it('takes its first administrator by the set-up link, once', async () => {
    const token = await until('the set-up link is printed', () => /\/setup#token=([\w-]+)/.exec(product.output())?.[1])
    expect((await owner.request('GET', '/api/auth/setup')).body).toEqual({ pending: true })
    expect((await owner.request('POST', '/api/auth/setup', { ...OWNER, token })).status).toBe(200)
    expect((await owner.request('GET', '/api/auth/setup')).body).toEqual({ pending: false })
    expect((await owner.request<Session>('GET', '/api/auth/session')).body.user).toMatchObject({ email: OWNER.email, role: 'admin' })
    expectError(await visitor().request('POST', '/api/auth/setup', { ...AUDITOR, token }), 'FORBIDDEN')
    expect((await owner.license()).state).toBe('unlicensed')
  })

  it('keeps accounts: made, changed and removed, their sessions with them', async () => {
    const { status, body: auditor } = await owner.request<User>('POST', '/api/users', { ...AUDITOR, role: 'viewer' })
    expect(status).toBe(201)
    expectError(await owner.request('POST', '/api/users', { ...AUDITOR, role: 'admin' }), 'CONFLICT')
    const colleague = visitor()
    expect((await colleague.request('POST', '/api/auth/login', { ...AUDITOR, email: AUDITOR.email.toUpperCase() })).status).toBe(200)
    expectError(await colleague.request('GET', '/api/users'), 'FORBIDDEN')
    expect((await owner.request<User>('PATCH', `/api/users/${auditor.id}`, { role: 'admin' })).body.role).toBe('admin')
    expectError(await colleague.request('GET', '/api/auth/session'), 'UNAUTHENTICATED')
    expect((await owner.request('DELETE', `/api/users/${auditor.id}`)).status).toBe(204)
    expectError(await colleague.request('POST', '/api/auth/login', AUDITOR), 'UNAUTHENTICATED')
    expect((await owner.request('POST', '/api/users', { ...AUDITOR, role: 'viewer' })).status).toBe(201)
  })

  it('changes a password, which ends the other sessions, and signs out', async () => {
    const other = visitor()
    expect((await other.request('POST', '/api/auth/login', OWNER)).status).toBe(200)
    expect((await owner.request('PUT', '/api/auth/password', { current: OWNER.password, next: NEXT_PASSWORD })).status).toBe(200)
    expectError(await other.request('GET', '/api/auth/session'), 'UNAUTHENTICATED')
    expect((await other.request('POST', '/api/auth/login', { ...OWNER, password: NEXT_PASSWORD })).status).toBe(200)
    expect((await other.request('POST', '/api/auth/logout')).status).toBe(204)
    expectError(await other.request('GET', '/api/auth/session'), 'UNAUTHENTICATED')
    expect((await owner.request('GET', '/api/auth/session')).status).toBe(200)
  })

  it('takes an offline token made for it, after a preview, and calls nobody', async () => {
    const { body: request } = await owner.request<{ instanceId: string, text: string }>('GET', '/api/license/activation-request')
    expect(request.text).toContain(request.instanceId)
    const token = await licenseServer.control.issueToken({ instance_id: request.instanceId })
    expect((await owner.request('POST', '/api/license/what-if', {})).status).toBe(200)
    const preview = (await owner.request<Preview>('POST', '/api/license/preview', { credential: token })).body
    expect(preview).toMatchObject({ method: 'offline', accepted: true, sends: null })
    const { body: view } = await owner.save(token)
    expect(view).toMatchObject({ state: 'active', entitled: true, method: 'offline', boundTo: request.instanceId })
    expectError(await owner.save(await licenseServer.control.issueToken({ instance_id: request.instanceId, claims: { seq: 1 } })), 'TOKEN_OLDER_THAN_CURRENT')
    expectError(await owner.checkIn(), 'NO_CALLS_FOR_OFFLINE')
    expect(await licenseServer.control.requests()).toEqual([])
  })

  it('activates by an airgapped key, and renews by a second call', async () => {
    const { key } = await licenseServer.control.createLicense({ method: 'airgapped', days: 40 })
    const { revision } = (await owner.save(key)).body
    const back = await owner.request<LicenseView>('POST', '/api/license/previous', { revision })
    expect(back.body).toMatchObject({ state: 'active', method: 'offline' })
    const { body: before } = await owner.save(key)
    expect(before).toMatchObject({ state: 'active', method: 'airgapped', checkIn: null })
    await licenseServer.control.changeLicense(key, { days: 400 })
    const { body: after } = await owner.checkIn()
    expect(Date.parse(after.expiresAt ?? '') - Date.parse(before.expiresAt ?? '')).toBeGreaterThan(350 * DAY * 1000)
    expect((await events('limit=1')).events[0]).toMatchObject({ kind: 'renewed', actor: 'user', actorEmail: OWNER.email })
  })

  it('activates by a standard key, checks in, and loses and regains its features by what the vendor signs', async () => {
    const { control } = licenseServer
    const { key, licenseId } = await control.createLicense({ method: 'standard', seats: 5, features: ['sso'] })
    const { revision } = await owner.license()
    expectError(await owner.save(key, revision - 1), 'CONFLICT')
    expect((await owner.save(key, revision)).body).toMatchObject({ state: 'active', licenseId, seats: 5, checkIn: { consecutiveFailures: 0 } })
    expect(await features()).toEqual([204, 402])
    await control.changeLicense(key, { status: 'suspended', reason: 'unpaid' })
    expect((await owner.checkIn()).body).toMatchObject({ state: 'suspended', entitled: false, reason: 'unpaid' })
    expect(await features()).toEqual([402, 402])
    await stateNoted('active', 'suspended')
    await control.changeLicense(key, { status: 'active' })
    expect((await owner.checkIn()).body).toMatchObject({ state: 'active', entitled: true, reason: null })
    await stateNoted('suspended', 'active')
    await control.addFault({ call: 'checkIn', times: 1, fault: { type: 'status', status: 503 } })
    expectError(await owner.checkIn(), 'SERVER_ERROR')
    expect((await owner.license()).checkIn).toMatchObject({ consecutiveFailures: 1, lastError: { code: 'SERVER_ERROR' } })
    const { days } = (await owner.request<{ days: CheckInDay[] }>('GET', '/api/license/check-ins?days=2')).body
    const counted = days.reduce((sum, { good, failed }) => ({ good: sum.good + good, failed: sum.failed + failed }), { good: 0, failed: 0 })
    expect(counted).toEqual({ good: 2, failed: 1 })
    const { last } = (await owner.request<{ last: OutboundRequest }>('GET', '/api/license/outbound')).body
    expect(last).toMatchObject({ method: 'POST', url: `${licenseServer.url}/api/v1/licenses/check-in` })
  })

  it('tells other services what is licensed, counts seats, and has metrics', async () => {
    expect((await service.request('PUT', '/api/usage', { seats: 6 }, SERVICE)).status).toBe(204)
    expect((await owner.license()).warnings).toContainEqual({ code: 'SEATS_EXCEEDED', seats: 5, used: 6 })
    const { headers, body } = await service.request<Entitlements>('GET', '/api/entitlements', undefined, SERVICE)
    expect(body).toMatchObject({ state: 'active', entitled: true, features: ['sso'], seats: 5, lease: expect.stringMatching(/^eyJ/) })
    expect((await service.request('GET', '/api/entitlements', undefined, { ...SERVICE, 'if-none-match': headers.get('etag') ?? '' })).status).toBe(304)
    const { features: listed } = (await service.request<{ features: Feature[] }>('GET', '/api/features', undefined, SERVICE)).body
    expect(listed.filter(({ licensed }) => licensed).map(({ name }) => name)).toEqual(['sso'])
    const { text } = await service.request('GET', '/metrics', undefined, SERVICE)
    for (const line of ['nocodb_license_entitled 1', 'nocodb_license_seats_used 6', 'nocodb_license_consecutive_failures 1', 'nocodb_license_storage_up 1']) {
      expect(text.split('\n')).toContain(line)
    }
  })

  it('proves the way to the license server, and gathers what support asks for', async () => {
    const { body: ran } = await owner.request<Diagnostics>('POST', '/api/license/diagnostics', {})
    const { ok, stages } = ran
    expect((await owner.request<{ last: Diagnostics }>('GET', '/api/license/diagnostics')).body.last).toEqual(ran)
    expect({ ok, failed: stages.filter(({ result }) => result === 'failed') }).toEqual({ ok: true, failed: [] })
    const { text, body } = await owner.request<{ license: LicenseView }>('GET', '/api/license/support-bundle')
    expect(body.license).toMatchObject({ state: 'active', seatsUsed: 6 })
    expect(text).not.toMatch(/@|p%40ss|p@ss/)
  })

  it('lists what happened in one order, whole, by page and by kind', async () => {
    const { events: all } = await events()
    const ids = all.map(({ id }) => id)
    expect(ids).toEqual(ids.toSorted((a, b) => b - a))
    const paged: EventView[] = []
    for (let next: number | null = Number.MAX_SAFE_INTEGER; next !== null;) {
      const page: Page = await events(`limit=4&before=${next}`)
      paged.push(...page.events)
      next = page.nextBefore
    }
    expect(paged).toEqual(all)
    expect((await events('kind=activated')).events).toEqual(all.filter(event => event.kind === 'activated'))
    expect((await owner.request('GET', '/api/license/events/export')).body).toEqual({ events: all })
    expect(all.map(event => event.kind).toReversed()).toEqual([
      'account_created', 'account_created', 'account_changed', 'account_removed', 'account_created', 'account_changed',
      'activated', 'activated', 'put_back', 'activated', 'renewed', 'activated', 'verdict', 'state_changed', 'check_in_succeeded', 'state_changed', 'check_in_failed',
    ])
  })

  it('is as it was after kill -9: license, accounts, sessions, activity, check-ins, seats', async () => {
    // A good one, so that the next is not due while this is being looked at.
    expect((await owner.checkIn()).status).toBe(200)
    const before = await standingOf(owner, service)
    await product.kill()
    await startAgain()
    expect(await standingOf(owner, service)).toEqual(before)
    expect(await features()).toEqual([204, 402])
    expectError(await visitor().request('POST', '/api/auth/login', OWNER), 'UNAUTHENTICATED')
    expect((await visitor().request('POST', '/api/auth/login', { ...OWNER, password: NEXT_PASSWORD })).status).toBe(200)
  })

  it('gives the seat back when the license is removed', async () => {
    const { control } = licenseServer
    const { body: view } = await owner.save('nc_demo_standard')
    await until('the seat is taken', async () => (await control.getLicense('nc_demo_standard')).boundTo.includes(view.instanceId))
    expect((await owner.remove()).body).toMatchObject({ state: 'unlicensed', entitled: false, instanceId: view.instanceId })
    await until('the seat is free', async () => (await control.getLicense('nc_demo_standard')).boundTo.length === 0)
    expect(await features()).toEqual([402, 402])
  })

  it('applies the key of its environment once, and keeps the license without it', async () => {
    await product.stop()
    await startAgain({ NC_LICENSE_KEY: 'nc_ag_demo_airgapped' })
    expect(await owner.waitFor(({ state }) => state === 'active')).toMatchObject({ managedByEnv: true, method: 'airgapped' })
    expectError(await owner.save('nc_demo_standard'), 'MANAGED_BY_ENV')
    expect((await events('kind=activated&limit=1')).events).toMatchObject([{ actor: 'environment', actorEmail: null, address: null }])
    await product.stop()
    await startAgain()
    expect(await owner.license()).toMatchObject({ state: 'active', managedByEnv: false, method: 'airgapped' })
  })

  it('left no operation of the API out', () => {
    expect(used.missing()).toEqual([])
  })
})
