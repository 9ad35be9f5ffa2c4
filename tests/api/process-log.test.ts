import { describe, expect, it } from 'vitest'
import { createApiClient } from '../support/api-client.ts'
import { freePort } from '../support/free-port.ts'
import { ADMIN, SLOW_START } from '../support/product-process.ts'
import type { Product } from '../support/product-process.ts'
import { signInSoon, startOwnLicenseServer, startOwnProduct, until, VIEWER } from '../support/stand.ts'

interface Line { level: string, msg: string, replica?: string, requestId?: string, by?: string, [field: string]: unknown }

function linesOf(product: Product): Line[] {
  return product.output().split('\n').filter(Boolean).map(line => JSON.parse(line))
}
/** The lines of a start that may have taken its time. */
const usualLinesOf = (product: Product) => linesOf(product).filter(({ msg }) => !msg.includes(SLOW_START))
const messagesOf = (product: Product) => usualLinesOf(product).map(({ msg }) => msg)

describe('the log', () => {
  it('tells the life of an installation: a line for each thing that happened, by whom, and no e-mail, key or password', async () => {
    const { control, url } = await startOwnLicenseServer()
    const product = await startOwnProduct({ licenseServerUrl: url })
    const client = await signInSoon(product)
    await client.save('nc_demo_standard')
    await client.save('nc_demo_short')
    await client.checkIn()
    await client.remove()
    const { body: viewer } = await client.request<{ id: string }>('POST', '/api/users', VIEWER)
    await client.request('PATCH', `/api/users/${viewer.id}`, { role: 'admin' })
    await client.request('DELETE', `/api/users/${viewer.id}`)
    const next = 'another password of mine'
    await client.request('PUT', '/api/auth/password', { current: ADMIN.password, next })
    const { body: { user } } = await client.request<{ user: { id: string } }>('GET', '/api/auth/session')
    await client.request('POST', '/api/auth/logout', {})
    expect(await product.stop()).toBe(0)

    const lines = linesOf(product)
    const find = (message: string) => lines.filter(({ msg }) => msg === message)
    expect(find('starting')).toMatchObject([{ version: expect.any(String), commit: expect.any(String), replica: expect.any(String) }])
    expect(find('migrations applied')).toMatchObject([{ names: expect.arrayContaining(['0001_license']) }])
    expect(find('started')).toMatchObject([{ state: 'unlicensed', entitled: false, database: 'sqlite' }])
    expect(find('signed in').at(0)).toMatchObject({ account: user.id, role: 'admin', address: '127.0.0.1' })
    expect(find('license activated')).toMatchObject([{ level: 'info', method: 'standard', licenseId: expect.stringMatching(/^lic_/), maskedKey: expect.stringContaining('•'), by: user.id }])
    expect(find('license replaced')).toMatchObject([{ replaces: find('license activated')[0]?.licenseId }])
    expect(find('license removed')).toMatchObject([{ by: user.id, licenseId: find('license replaced')[0]?.licenseId }])
    expect(find('check-in succeeded').some(({ by }) => by === user.id)).toBe(true)
    for (const message of ['account created', 'account changed', 'account removed']) {
      expect(find(message).filter(({ account }) => account === viewer.id), message).toMatchObject([{ by: user.id, address: '127.0.0.1' }])
    }
    expect(find('account changed')).toContainEqual(expect.objectContaining({ account: user.id, by: user.id, change: 'password' }))
    expect(find('signed out')).toMatchObject([{ account: user.id, address: '127.0.0.1' }])
    expect(lines.slice(-2)).toMatchObject([{ msg: 'stopping', reason: 'SIGTERM' }, { msg: 'stopped', reason: 'SIGTERM' }])
    expect(new Set(lines.map(({ replica }) => replica)).size).toBe(1)
    for (const secret of ['@', 'nc_demo_standard', ADMIN.password, next]) expect(product.output()).not.toContain(secret)
    await control.reset()
  })

  it('leaves out what is below its level', async () => {
    const product = await startOwnProduct({ licenseServerUrl: 'http://127.0.0.1:9', env: { NC_LOG_LEVEL: 'warn' } })
    await signInSoon(product)
    await createApiClient(product.url).request('POST', '/api/auth/login', { ...ADMIN, password: 'wrong' })
    await until('the refusal is told', () => messagesOf(product).includes('sign-in refused'))
    expect(messagesOf(product)).toEqual(['starting', expect.stringContaining('Instance ID: '), 'sign-in refused'])
    // The only reason for that line to be here.
    expect(linesOf(product)[0]).toMatchObject({ build: expect.stringContaining('SANDBOX') })
  })

  it('F82: says once that a proxy names visitors and is not believed', async () => {
    const product = await startOwnProduct({ licenseServerUrl: 'http://127.0.0.1:9', env: { NC_LOG_LEVEL: 'warn' } })
    const client = createApiClient(product.url)
    for (const path of ['/api/health/live', '/login', '/login']) await client.request('GET', path, undefined, { 'x-forwarded-for': '192.0.2.1' })
    const told = usualLinesOf(product).filter(({ level }) => level === 'warn')
    expect(told).toMatchObject([{ msg: expect.stringContaining('NC_TRUST_PROXY'), address: expect.stringContaining('127.0.0.1') }])
  })

  it('at debug has a line for every request, without what stands behind its ?', async () => {
    const product = await startOwnProduct({ licenseServerUrl: 'http://127.0.0.1:9', env: { NC_LOG_LEVEL: 'debug' } })
    const { headers } = await createApiClient(product.url).request('GET', '/api/nothing?secret=canary')
    const line = await until('the request is told', () => linesOf(product).find(({ path }) => path === '/api/nothing'))
    expect(line).toMatchObject({ level: 'debug', msg: 'request', method: 'GET', status: 404, requestId: headers.get('x-request-id') })
    expect(product.output()).not.toContain('canary')
  })

  it('of writes from other sites grows by a line, not by the visitor\'s will', async () => {
    const product = await startOwnProduct({ licenseServerUrl: 'http://127.0.0.1:9' })
    const origin = 'https://evil.example'
    const stranger = createApiClient(product.url)
    for (let tried = 0; tried < 200; tried++) await stranger.request('POST', '/api/auth/logout', {}, { origin })
    expect(await product.stop()).toBe(0)
    const told = linesOf(product).filter(({ msg }) => msg === 'a write from another site was refused')
    expect(told).toMatchObject([{ level: 'warn', address: '127.0.0.1', expected: product.url, found: origin }, { repeated: 199 }])
  })
})

describe('the id of a request', () => {
  it('stands in the header of every answer, in the error and in the lines written for it', async () => {
    const product = await startOwnProduct({ licenseServerUrl: 'http://127.0.0.1:9' })
    const client = createApiClient(product.url)
    const ids = new Set<string>()
    for (const path of ['/login', '/admin/license', '/api/license', '/api/nothing', '/_nuxt/nothing.js', '/nothing', '/metrics', '/favicon.svg']) {
      const { headers, error } = await client.request('GET', path, undefined, { 'x-request-id': 'mine' })
      const id = headers.get('x-request-id') ?? ''
      expect(id, path).toMatch(/^[\da-f]{16}$/)
      if (error) expect(error.requestId).toBe(id)
      ids.add(id)
    }
    expect(ids.size).toBe(8)
    const { error } = await client.request('POST', '/api/auth/login', { ...ADMIN, password: 'wrong' })
    const line = await until('the refusal is told', () => linesOf(product).find(({ msg }) => msg === 'sign-in refused'))
    expect(line.requestId).toBe(error?.requestId)
  })

  it('is that of a proxy that is trusted', async () => {
    const product = await startOwnProduct({ licenseServerUrl: 'http://127.0.0.1:9', env: { NC_TRUST_PROXY: '127.0.0.1' } })
    const client = createApiClient(product.url)
    for (const path of ['/api/license', '/login', '/nothing']) {
      expect((await client.request('GET', path, undefined, { 'x-request-id': 'proxy-7.A_b' })).headers.get('x-request-id'), path).toBe('proxy-7.A_b')
    }
    expect((await client.request('GET', '/login', undefined, { 'x-request-id': 'no/id' })).headers.get('x-request-id')).toMatch(/^[\da-f]{16}$/)
  })
})

describe('a page during an outage', () => {
  it('F89: leaves no line and no stack, however often it is asked for: the outage itself is told once', async () => {
    const product = await startOwnProduct({
      licenseServerUrl: 'http://127.0.0.1:9', untilReady: false,
      env: { DATABASE_URL: `postgres://license@127.0.0.1:${await freePort()}/license` },
    })
    const client = createApiClient(product.url)
    client.cookie = 'nc_license_session_01234567=of-a-session-that-cannot-be-looked-up'
    for (let asked = 0; asked < 20; asked++) {
      const { status, headers } = await client.request('GET', '/admin/license', undefined, { accept: 'text/html' })
      expect(status).toBe(503)
      expect(headers.get('x-request-id')).toMatch(/^[\da-f]{16}$/)
    }
    expect(await product.stop()).toBe(0)
    expect(product.output()).not.toMatch(/\bat .*\.mjs|�/)
    const told = linesOf(product).filter(({ level }) => level !== 'info')
    expect(told).toMatchObject([
      { level: 'error', cause: 'unreachable', msg: expect.stringContaining('trying again') },
      { level: 'warn', msg: expect.stringContaining('answered with 503') },
    ])
  })
})
