import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import type { Entitlements, Feature } from '../../shared/contracts.ts'
import { createApiClient } from '../support/api-client.ts'
import { freePort } from '../support/free-port.ts'
import { SERVICE_TOKEN } from '../support/product-process.ts'
import { expectError } from '../support/expect-error.ts'
import { findPromtool } from '../support/promtool.ts'
import { addViewer, restart, signInSoon, startOwnProduct, useStand } from '../support/stand.ts'

/* What other services ask: entitlements, single features, seats, metrics. */

const promtool = findPromtool()
const SECOND_TOKEN = 'second-service-token-0123456789abcdefgh'
const stand = useStand({ NC_SERVICE_TOKEN: `${SERVICE_TOKEN}, ${SECOND_TOKEN}` })
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

/** A service that presents its token. */
function service(token = SERVICE_TOKEN) {
  const visitor = createApiClient(stand.product.url)
  return {
    get: <T>(path: string, headers: Record<string, string> = {}) => visitor.request<T>('GET', path, undefined, { ...bearer(token), ...headers }),
    useSeats: (seats: unknown) => visitor.request('PUT', '/api/usage', { seats }, bearer(token)),
  }
}

const metric = (text: string, name: string) => Number(text.split('\n').find(line => line.startsWith(`${name} `))?.split(' ')[1])
const days = (iso: string | null) => Math.round((Date.parse(iso ?? '') - Date.now()) / 86_400_000)

describe('the service token', () => {
  it.each([SERVICE_TOKEN, SECOND_TOKEN])('%s of the list is good', async (token) => {
    expect((await service(token).get('/api/entitlements')).status).toBe(200)
    expect((await service(token).useSeats(3)).status).toBe(204)
    expect((await service(token).get('/metrics')).status).toBe(200)
  })

  it.each(['', 'Bearer', `Bearer ${SERVICE_TOKEN}x`, `Bearer ${SERVICE_TOKEN.slice(0, -1)}`, `Basic ${SERVICE_TOKEN}`, `Bearer ${SERVICE_TOKEN},${SECOND_TOKEN}`, 'Bearer \u00e4'.normalize()])(
    '"%s" is refused everywhere', async (authorization) => {
      const visitor = createApiClient(stand.product.url)
      for (const path of ['/api/entitlements', '/api/features/sso', '/metrics']) {
        expectError(await visitor.request('GET', path, undefined, { authorization }), 'UNAUTHENTICATED')
      }
      expectError(await visitor.request('PUT', '/api/usage', { seats: 1 }, { authorization }), 'UNAUTHENTICATED')
    })

  it('in the address is not read', async () => {
    expectError(await createApiClient(stand.product.url).request('GET', `/api/entitlements?token=${SERVICE_TOKEN}`), 'UNAUTHENTICATED')
  })

  it('is needed: without NC_SERVICE_TOKEN only sessions are answered', async () => {
    const product = await startOwnProduct({ licenseServerUrl: stand.licenseServer.url, env: { NC_SERVICE_TOKEN: undefined } })
    const client = await signInSoon(product)
    const visitor = createApiClient(product.url)
    for (const authorization of [`Bearer ${SERVICE_TOKEN}`, 'Bearer ', 'Bearer undefined', 'Bearer null']) {
      for (const path of ['/api/entitlements', '/api/features/sso', '/metrics']) expectError(await visitor.request('GET', path, undefined, { authorization }), 'UNAUTHENTICATED')
    }
    expect((await client.request('GET', '/api/entitlements')).status).toBe(200)
    expect((await client.request('GET', '/api/features/sso')).status).toBe(402)
    expectError(await client.request('GET', '/metrics'), 'UNAUTHENTICATED')
  })
})

describe('entitlements and features', () => {
  it('of an installation without a license are none', async () => {
    const { body } = await service().get<Entitlements>('/api/entitlements')
    expect(body).toEqual({
      state: 'unlicensed', entitled: false, plan: null, features: [], limits: {}, seats: null, expiresAt: null, validUntil: null,
      serverTime: expect.stringMatching(/Z$/), lease: null,
    })
    const refused = await service().get('/api/features/sso')
    expectError(refused, 'FEATURE_NOT_LICENSED')
  })

  it('follow the license; the lease is for the service token only', async () => {
    const { key } = await stand.licenseServer.control.createLicense({ method: 'standard', features: ['sso', 'quantum/annealing'], seats: null, plan: 'gold', limits: { limit_workspace: 5, limit_tomorrow: null } })
    await stand.admin.save(key)
    const { body } = await service().get<Entitlements>('/api/entitlements')
    expect(body).toMatchObject({ state: 'active', entitled: true, plan: 'gold', features: ['sso', 'quantum/annealing'], limits: { limit_workspace: 5, limit_tomorrow: null }, seats: null })
    expect(Date.parse(body.validUntil ?? '') - Date.parse(body.serverTime)).toBeGreaterThan(7 * 86_400_000)
    expect(body.validUntil).toBe((await stand.admin.license()).graceEndsAt)
    expect(days(body.expiresAt)).toBe(365)
    expect(body.lease).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
    const viewer = await addViewer(stand.admin, stand.product)
    for (const client of [stand.admin, viewer]) {
      const { body: seen } = await client.request<Entitlements>('GET', '/api/entitlements')
      expect(seen).toEqual({ ...body, serverTime: expect.stringMatching(/Z$/), lease: null })
    }
  })

  it('the list of features has all of the catalogue, and what is licensed beyond it', async () => {
    const { body } = await service().get<{ features: Feature[] }>('/api/features')
    expect(body.features).toEqual(expect.arrayContaining([
      { name: 'sso', title: 'Single sign-on', licensed: true }, { name: 'scim', title: 'SCIM provisioning', licensed: false },
      { name: 'quantum/annealing', title: 'quantum/annealing', licensed: true },
    ]))
    for (const { name, licensed } of body.features) expect((await service().get(`/api/features/${encodeURIComponent(name)}`)).status).toBe(licensed ? 204 : 402)
    expect((await stand.admin.request('GET', '/api/features')).body).toEqual(body)
  })

  it('a feature is 204, one outside the license 402, or 403 for proxies that know no 402', async () => {
    const granted = await service().get('/api/features/sso')
    expect([granted.status, granted.text]).toEqual([204, ''])
    expect((await service().get('/api/features/quantum%2Fannealing')).status).toBe(204)
    for (const name of ['scim', 'SSO', 'sso%20', '__proto__', 'constructor', 'length']) {
      expectError(await service().get(`/api/features/${name}`), 'FEATURE_NOT_LICENSED')
    }
    const denied = await service().get('/api/features/scim?deny=403')
    expect([denied.status, denied.error?.code]).toEqual([403, 'FEATURE_NOT_LICENSED'])
    expect((await service().get('/api/features/sso?deny=403')).status).toBe(204)
    expectError(await service().get('/api/features/scim?deny=200'), 'VALIDATION')
  })

  it('have an ETag that changes with the license and not otherwise', async () => {
    const first = await service().get('/api/entitlements')
    const etag = first.headers.get('etag') ?? ''
    expect(etag).toMatch(/^(W\/)?"[^"]+"$/)
    for (const known of [etag, `W/${etag.replace(/^W\//, '')}`, `"other", ${etag}`]) {
      const again = await service().get('/api/entitlements', { 'if-none-match': known })
      expect([again.status, again.text]).toEqual([304, ''])
      expect(again.headers.get('etag')).toBe(etag)
    }
    expect((await service().get('/api/entitlements', { 'if-none-match': '"other"' })).status).toBe(200)
    // One that holds the lease is not the one that does not.
    expect((await stand.admin.request('GET', '/api/entitlements', undefined, { 'if-none-match': etag })).status).toBe(200)
    await stand.admin.save('nc_ag_demo_airgapped')
    expect((await service().get('/api/entitlements', { 'if-none-match': etag })).status).toBe(200)
  })
})

describe('usage', () => {
  it('over the licensed seats is a warning and no more, and survives a restart', async () => {
    const options = { licenseServerUrl: stand.licenseServer.url }
    const product = await startOwnProduct(options)
    const client = await signInSoon(product)
    await client.save('nc_demo_standard')
    const use = (seats: number) => createApiClient(product.url).request('PUT', '/api/usage', { seats }, bearer(SERVICE_TOKEN))
    expect((await use(25)).status).toBe(204)
    expect((await client.license()).warnings.map(({ code }) => code)).not.toContain('SEATS_EXCEEDED')
    await use(26)
    const over = await client.license()
    expect(over).toMatchObject({ state: 'active', entitled: true, seats: 25, seatsUsed: 26 })
    expect(over.warnings).toContainEqual({ code: 'SEATS_EXCEEDED', seats: 25, used: 26 })
    await client.checkIn()
    expect((await stand.licenseServer.control.getLicense('nc_demo_standard')).seatsUsed).toBe(26)
    await restart(product, options)
    expect((await client.license()).seatsUsed).toBe(26)
  })

  it.each([-1, 1.5, '7', null, [1], 1e12])('of %j seats is refused', async (seats) => {
    expectError(await service().useSeats(seats), 'VALIDATION')
  })
})

describe('metrics', () => {
  it('tell state, entitlement, deadlines and check-ins', async () => {
    const { body: view } = await stand.admin.save('nc_demo_standard')
    const before = (await service().get('/metrics')).text
    await stand.admin.checkIn()
    await stand.licenseServer.control.addFault({ call: 'checkIn', times: 1, fault: { type: 'status', status: 500 } })
    await stand.admin.checkIn()
    const { text, headers } = await service().get('/metrics')
    expect(headers.get('content-type')).toMatch(/^text\/plain/)
    expect(metric(text, 'nocodb_license_state{state="active"}')).toBe(1)
    for (const state of ['unlicensed', 'invalid', 'mismatch', 'revoked', 'suspended', 'expired', 'paused', 'grace']) {
      expect(metric(text, `nocodb_license_state{state="${state}"}`), state).toBe(0)
    }
    expect(metric(text, 'nocodb_license_entitled')).toBe(1)
    expect(metric(text, 'nocodb_license_expiry_timestamp_seconds')).toBe(Date.parse(view.expiresAt ?? '') / 1000)
    const { graceEndsAt, checkIn } = await stand.admin.license()
    expect(metric(text, 'nocodb_license_grace_end_timestamp_seconds')).toBe(Date.parse(graceEndsAt ?? '') / 1000)
    expect(metric(text, 'nocodb_license_last_check_in_timestamp_seconds')).toBe(Date.parse(checkIn?.lastSuccessAt ?? '') / 1000)
    const counted = (result: string) => `nocodb_license_check_ins_total{result="${result}"}`
    expect(metric(text, counted('good'))).toBe(metric(before, counted('good')) + 1)
    expect(metric(text, counted('failed'))).toBe(metric(before, counted('failed')) + 1)
    expect(metric(text, 'nocodb_license_check_in_duration_seconds_count')).toBe(metric(before, 'nocodb_license_check_in_duration_seconds_count') + 2)
  })

  it('of an installation without a license name no deadline', async () => {
    await stand.admin.remove()
    const { text } = await service().get('/metrics')
    expect(metric(text, 'nocodb_license_state{state="unlicensed"}')).toBe(1)
    expect(metric(text, 'nocodb_license_entitled')).toBe(0)
    expect(text).not.toMatch(/^nocodb_license_((expiry|grace_end|last_check_in|next_check_in)_timestamp_seconds|seats_licensed|consecutive_failures) /m)
  })

  it('tell failures in a row, the next check-in, seats, storage and build', async () => {
    await stand.admin.save('nc_demo_standard')
    await service().useSeats(7)
    await stand.licenseServer.control.addFault({ call: 'checkIn', times: 1, fault: { type: 'status', status: 500 } })
    await stand.admin.checkIn()
    const { text } = await service().get('/metrics')
    const { checkIn, seats } = await stand.admin.license()
    expect(metric(text, 'nocodb_license_consecutive_failures')).toBe(1)
    expect(metric(text, 'nocodb_license_next_check_in_timestamp_seconds')).toBe(Date.parse(checkIn?.nextAt ?? '') / 1000)
    expect(metric(text, 'nocodb_license_seats_used')).toBe(7)
    expect(metric(text, 'nocodb_license_seats_licensed')).toBe(seats)
    expect(metric(text, 'nocodb_license_storage_up')).toBe(1)
    expect(text).toMatch(/^nocodb_license_build_info\{version="\d+\.\d+\.\d+",commit="[\w+]+"\} 1$/m)
    expect(metric(text, 'process_cpu_seconds_total')).toBeGreaterThan(0)
    expect(metric(text, 'process_resident_memory_bytes')).toBeGreaterThan(1e7)
    expect(text).not.toContain('nodejs_eventloop_lag')
  })

  it('are answered while the database has not been reached', async () => {
    const product = await startOwnProduct({
      licenseServerUrl: stand.licenseServer.url, untilReady: false, env: { DATABASE_URL: `postgres://x@127.0.0.1:${await freePort()}/x` },
    })
    const { status, text } = await createApiClient(product.url).request('GET', '/metrics', undefined, { authorization: `Bearer ${SERVICE_TOKEN}` })
    expect(status).toBe(200)
    expect(metric(text, 'nocodb_license_storage_up')).toBe(0)
    expect(text).toMatch(/^nocodb_license_build_info\{/m)
    expect(text).not.toMatch(/^nocodb_license_(state\{|entitled)/m)
    expectError(await createApiClient(product.url).request('GET', '/metrics'), 'UNAUTHENTICATED')
  })

  it.skipIf(!promtool)('have nothing that promtool objects to', async () => {
    const { text } = await service().get('/metrics')
    const { status, stdout, stderr } = spawnSync(promtool ?? '', ['check', 'metrics'], { input: text, encoding: 'utf8' })
    expect(stdout + stderr).toBe('')
    expect(status).toBe(0)
  })
})

describe('readiness', () => {
  it('tells version and commit to the service token alone', async () => {
    expect((await service().get('/api/health/ready')).body).toEqual({ status: 'ok', version: expect.stringMatching(/^\d+\.\d+\.\d+$/), commit: expect.stringMatching(/^[\w+]+$/) })
    for (const client of [stand.admin, createApiClient(stand.product.url)]) expect((await client.request('GET', '/api/health/ready')).body).toEqual({ status: 'ok' })
    expect((await service('a-token-of-somebody-else-0123456789').get('/api/health/ready')).body).toEqual({ status: 'ok' })
  })
})
