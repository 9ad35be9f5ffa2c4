import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { VARIABLES } from '../../server/runtime/config-variables.ts'
import type { EventView } from '../../shared/contracts.ts'
import type { ApiClient } from '../support/api-client.ts'
import { createApiClient, signIn } from '../support/api-client.ts'
import { expectError } from '../support/expect-error.ts'
import { startProxy, startTlsFront } from '../support/network/routes.ts'
import type { Product } from '../support/product-process.ts'
import { freePort } from '../support/free-port.ts'
import { ADMIN, ADMIN_TOKEN, SERVICE_TOKEN } from '../support/product-process.ts'
import { restart, signInSoon, startOwnProduct, until } from '../support/stand.ts'
import type { LicenseServerProcess } from '../support/vendor/vendor-process.ts'
import { startLicenseServer } from '../support/vendor/vendor-process.ts'

/* What each variable does, seen from outside: the product with it behaves otherwise than without. */

let licenseServer: LicenseServerProcess
let folder = ''
beforeAll(async () => {
  licenseServer = await startLicenseServer()
  folder = await mkdtemp(join(tmpdir(), 'nc-variables-'))
})
afterAll(async () => {
  await licenseServer.stop()
  await rm(folder, { recursive: true, force: true })
})

const KEY = 'nc_demo_standard'
const SECRET = 'a session secret of more than 32 characters'
const NO_ADMIN = { NC_ADMIN_EMAIL: undefined, NC_ADMIN_PASSWORD: undefined }
type Env = Record<string, string | undefined>

const start = (env: Env = {}, licenseServerUrl = licenseServer.url) => startOwnProduct({ licenseServerUrl, env })
const again = (product: Product, env: Env = {}) => restart(product, { licenseServerUrl: licenseServer.url, env })
const visit = (product: Product, path: string, headers?: Record<string, string>) => createApiClient(product.url).request('GET', path, undefined, headers)
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const lines = (product: Product) => product.output().split('\n').filter(Boolean)

async function saveThrough(env: Env, licenseServerUrl?: string) {
  return (await signInSoon(await start(env, licenseServerUrl))).save(KEY)
}

async function answersAt(host: string, port: number): Promise<boolean> {
  const socket = connect(port, host)
  const reached = await once(socket, 'connect').then(() => true, () => false)
  socket.destroy()
  return reached
}

async function eventsOf(client: ApiClient): Promise<EventView[]> {
  return (await client.request<{ events: EventView[] }>('GET', '/api/license/events?limit=200')).body.events
}

type Effects = Record<(typeof VARIABLES)[number]['name'], () => Promise<void>>
const EFFECTS: Effects = {
  async PORT() {
    const port = await freePort()
    const product = await startOwnProduct({ licenseServerUrl: licenseServer.url, port })
    await until('the port is told', () => product.output().includes(`Listening on http://127.0.0.1:${port}`))
  },
  async HOST() {
    const [one, every] = [await start(), await start({ HOST: '0.0.0.0' })]
    expect([await answersAt('127.0.0.2', one.port), await answersAt('127.0.0.2', every.port)]).toEqual([false, true])
  },
  async DATABASE_URL() {
    const file = join(folder, 'elsewhere.db')
    const product = await start({ DATABASE_URL: `file:${file}` })
    expect([existsSync(file), existsSync(product.databaseFile)]).toEqual([true, false])
    const { instanceId } = await (await signInSoon(product)).license()
    expect((await (await signInSoon(await again(product, { DATABASE_URL: `file:${file}` }))).license()).instanceId).toBe(instanceId)
    expect((await (await signInSoon(await start())).license()).instanceId).not.toBe(instanceId)
  },
  async NC_PUBLIC_URL() {
    const product = await start({ ...NO_ADMIN, NC_PUBLIC_URL: 'https://nocodb.example.com/license' })
    await until('the set-up link is printed', () => product.output().includes(': https://nocodb.example.com/license/setup#token='))
    expect((await visit(product, '/license/setup')).text).toContain('"/license/_nuxt/')
    expect((await visit(await start(), '/login')).text).toContain('"/_nuxt/')
    const write = (origin: string) => createApiClient(product.url).request('POST', '/api/auth/logout', {}, { origin })
    expect((await write('https://nocodb.example.com')).status).toBe(204)
    expectError(await write(product.url), 'CROSS_SITE')
  },
  async NC_TRUST_PROXY() {
    const addresses: (string | null | undefined)[] = []
    for (const env of [{}, { NC_TRUST_PROXY: '127.0.0.0/8' }]) {
      const client = await signInSoon(await start(env))
      await client.request('PUT', '/api/license', { credential: KEY }, { 'x-forwarded-for': '203.0.113.7' })
      addresses.push((await eventsOf(client)).find(({ kind }) => kind === 'activated')?.address)
    }
    expect(addresses).toEqual(['127.0.0.1', '203.0.113.7'])
  },
  async NC_LICENSE_SERVER_URL() {
    await licenseServer.control.clearRequests()
    expectError(await saveThrough({}, `http://127.0.0.1:${await freePort()}`), 'NET_CONNECT')
    expect(await licenseServer.control.requests()).toEqual([])
    expect((await saveThrough({})).status).toBe(200)
    expect((await licenseServer.control.requests()).map(({ path }) => path)).toEqual(['/api/v1/licenses/activate'])
  },
  async NC_LICENSE_KEY() {
    const product = await start({ NC_LICENSE_KEY: KEY })
    const client = await signInSoon(product)
    const view = await client.waitFor(({ state }) => state === 'active')
    expect(view).toMatchObject({ managedByEnv: true, method: 'standard' })
    expectError(await client.save('nc_demo_short'), 'MANAGED_BY_ENV')
    await again(product)
    expect(await client.license()).toMatchObject({ state: 'active', managedByEnv: false, licenseId: view.licenseId })
  },
  async NC_ADMIN_EMAIL() {
    const product = await start({ NC_ADMIN_EMAIL: 'Somebody@Example.com' })
    await signInSoon(product, { ...ADMIN, email: 'somebody@example.com' })
    expectError(await createApiClient(product.url).request('POST', '/api/auth/login', ADMIN), 'UNAUTHENTICATED')
    const without = await start(NO_ADMIN)
    await until('the set-up link is printed', () => without.output().includes('/setup#token='))
  },
  async NC_ADMIN_PASSWORD() {
    const product = await start({ NC_ADMIN_PASSWORD: 'another password of it' })
    await signInSoon(product, { ...ADMIN, password: 'another password of it' })
    expectError(await createApiClient(product.url).request('POST', '/api/auth/login', ADMIN), 'UNAUTHENTICATED')
  },
  async NC_ADMIN_TOKEN() {
    const product = await start({ NC_ADMIN_TOKEN: ADMIN_TOKEN })
    expect((await visit(product, '/api/users', bearer(ADMIN_TOKEN))).status).toBe(200)
    expectError(await visit(await start(), '/api/users', bearer(ADMIN_TOKEN)), 'UNAUTHENTICATED')
  },
  async NC_SESSION_SECRET() {
    const product = await start({ NC_SESSION_SECRET: SECRET })
    const client = await signInSoon(product)
    const same = await again(product, { NC_SESSION_SECRET: SECRET })
    expect((await client.request('GET', '/api/auth/session')).status).toBe(200)
    await again(same, { NC_SESSION_SECRET: SECRET.toUpperCase() })
    expectError(await client.request('GET', '/api/auth/session'), 'UNAUTHENTICATED')
  },
  async NC_SERVICE_TOKEN() {
    const [product, without] = [await start(), await start({ NC_SERVICE_TOKEN: undefined })]
    expect((await visit(product, '/api/entitlements', bearer(SERVICE_TOKEN))).status).toBe(200)
    expectError(await visit(without, '/api/entitlements', bearer(SERVICE_TOKEN)), 'UNAUTHENTICATED')
  },
  async NC_EVENTS_KEEP_DAYS() {
    const product = await start()
    const client = await signInSoon(product)
    await client.save(KEY)
    await product.stop()
    const database = new DatabaseSync(product.databaseFile)
    const at = (days: number) => Date.now() - days * 86_400_000
    for (const [id, days] of [[1_000_001, 11], [1_000_002, 9]] as const) {
      database.exec(`INSERT INTO events (id, kind, at, first_at, count, actor, details) VALUES (${id}, 'removed', ${at(days)}, ${at(days)}, 1, 'system', '{}')`)
    }
    database.close()
    const planted = async () => (await eventsOf(client)).map(({ id }) => id).filter(id => id > 1_000_000).toSorted()
    const kept = await startOwnProduct({ licenseServerUrl: licenseServer.url, dataDir: product.dataDir, port: product.port, env: { NC_EVENTS_KEEP_DAYS: '12' } })
    expect(await planted()).toEqual([1_000_001, 1_000_002])
    await again(kept, { NC_EVENTS_KEEP_DAYS: '10' })
    await until('the older one has gone', async () => (await planted()).length === 1)
    expect(await planted()).toEqual([1_000_002])
  },
  async NC_LOG_FORMAT() {
    const [json, pretty] = [await start({ NC_LOG_FORMAT: 'json' }), await start({ NC_LOG_FORMAT: 'pretty' })]
    for (const line of lines(json)) expect(JSON.parse(line)).toMatchObject({ level: expect.any(String), msg: expect.any(String) })
    for (const line of lines(pretty)) expect(line).toMatch(/^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+\] (INFO|WARN): /)
  },
  async NC_LOG_LEVEL() {
    const told: number[] = []
    for (const level of ['debug', 'info', 'warn']) {
      const product = await start({ NC_LOG_LEVEL: level })
      const client = await signIn(product.url)
      await client.request('GET', '/api/license?secret=1')
      await product.stop()
      const messages = lines(product).map((line): { msg: string, path?: string } => JSON.parse(line))
      expect(messages.some(({ msg, path }) => msg === 'request' && path === '/api/license')).toBe(level === 'debug')
      expect(messages.some(({ msg }) => msg === 'signed in')).toBe(level !== 'warn')
      expect(product.output()).not.toContain('secret=1')
      told.push(messages.length)
    }
    expect(told).toEqual(told.toSorted((a, b) => b - a))
  },
  async HTTPS_PROXY() {
    const [front, proxy] = [await startTlsFront(licenseServer.url), await startProxy()]
    const trusting = { NODE_EXTRA_CA_CERTS: front.caFile }
    expect((await saveThrough({ ...trusting, HTTP_PROXY: proxy.url }, front.url)).status).toBe(200)
    expect(proxy.requests).toEqual([])
    expect((await saveThrough({ ...trusting, HTTPS_PROXY: proxy.url }, front.url)).status).toBe(200)
    expect(proxy.requests).toContain(`CONNECT ${new URL(front.url).host}`)
  },
  async HTTP_PROXY() {
    const proxy = await startProxy()
    expect((await saveThrough({ HTTPS_PROXY: proxy.url })).status).toBe(200)
    expect(proxy.requests).toEqual([])
    expect((await saveThrough({ HTTP_PROXY: proxy.url })).status).toBe(200)
    expect(proxy.requests.length).toBeGreaterThan(0)
  },
  async NO_PROXY() {
    const proxy = await startProxy()
    for (const noProxy of ['127.0.0.1', '127.0.0.0/8', '*']) expect((await saveThrough({ HTTP_PROXY: proxy.url, NO_PROXY: noProxy })).status).toBe(200)
    expect(proxy.requests).toEqual([])
    expect((await saveThrough({ HTTP_PROXY: proxy.url, NO_PROXY: '10.0.0.0/8' })).status).toBe(200)
    expect(proxy.requests.length).toBeGreaterThan(0)
  },
  async NODE_EXTRA_CA_CERTS() {
    const front = await startTlsFront(licenseServer.url)
    expectError(await saveThrough({}, front.url), 'NET_TLS')
    expect((await saveThrough({ NODE_EXTRA_CA_CERTS: front.caFile }, front.url)).status).toBe(200)
  },
}

describe('F87: the effect of', () => {
  it('every variable is tried here', () => {
    expect(Object.keys(EFFECTS).toSorted()).toEqual(VARIABLES.map(({ name }) => name).toSorted())
  })

  it.each(Object.entries(EFFECTS))('%s', async (_name, effect) => effect())
})
