import { createServer } from 'node:net'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { createApiClient } from '../support/api-client.ts'
import { expectError } from '../support/expect-error.ts'
import { freePort } from '../support/free-port.ts'
import { startRelay } from '../support/network/relay.ts'
import type { PostgresServer } from '../support/postgres-server.ts'
import { startPostgres } from '../support/postgres-server.ts'
import { quickestOf, signInSoon, startOwnLicenseServer, startOwnProduct, timed, until } from '../support/stand.ts'
import { aboutStorage, expectReady, linesOf, PAGE, SERVICE, showPagesOnce, signInOnce, WRITE } from '../support/storage-outage.ts'

/* The production process while its PostgreSQL is away, says nothing, or is not there yet. */

let server: PostgresServer
beforeAll(async () => { server = await startPostgres() })
afterAll(() => server.remove())

it('F89: PostgreSQL that goes away and comes back is told once each, pages say so in time, and the license goes on', async () => {
  const licenseServer = await startOwnLicenseServer()
  const product = await startOwnProduct({ licenseServerUrl: licenseServer.url, env: { DATABASE_URL: await server.createDatabase() } })
  const admin = await signInSoon(product)
  expect((await admin.save('nc_demo_standard')).status).toBe(200)
  await showPagesOnce(admin)
  await server.stop()
  await until('the loss is told', () => aboutStorage(product).length > 0)
  for (const path of ['/admin/license', '/api/license', '/login']) {
    const took = await quickestOf(3, async () => expect([200, 503]).toContain((await admin.request('GET', path)).status))
    expect(took, path).toBeLessThan(PAGE)
  }
  await expectReady(product, 'unreachable')
  expect((await admin.request('GET', '/api/features/sso', undefined, SERVICE)).status).toBe(204)
  expect(product.output()).not.toMatch(/\\n\s+at /)
  await server.start()
  await until('it is told that it is back', () => aboutStorage(product).some(line => line.startsWith('info')))
  expect(aboutStorage(product)).toEqual(['error unreachable', 'info unreachable'])
  await expectReady(product, null)
})

it('the log of a start says where the database is, and not the password', async () => {
  const licenseServer = await startOwnLicenseServer()
  const url = new URL(await server.createDatabase())
  const product = await startOwnProduct({ licenseServerUrl: licenseServer.url, env: { DATABASE_URL: url.href } })
  expect(linesOf(product).find(({ msg }) => msg === 'database created')).toMatchObject({ location: expect.stringContaining(`${url.host}${url.pathname}`) })
  for (const password of [url.password, decodeURIComponent(url.password)]) expect(product.output()).not.toContain(password)
})

it('a start that waits for its database tells each reason once, also one that takes the place of another', async () => {
  const licenseServer = await startOwnLicenseServer()
  const port = await freePort()
  const env = { DATABASE_URL: `postgres://license:license@127.0.0.1:${port}/license` }
  const product = await startOwnProduct({ licenseServerUrl: licenseServer.url, untilReady: false, env })
  await until('that nobody answers is told', () => aboutStorage(product).length > 0)
  const refusal = Buffer.from('SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user "license"\0\0')
  const length = Buffer.alloc(4)
  length.writeInt32BE(refusal.length + 4)
  let refused = 0
  const refusing = createServer(socket => socket.on('error', () => undefined).once('data', () => {
    refused++
    socket.end(Buffer.concat([Buffer.from('E'), length, refusal]))
  }))
  await new Promise<void>(resolve => refusing.listen(port, '127.0.0.1', resolve))
  onTestFinished(() => void refusing.close())
  await until('the login was refused twice', () => refused > 1)
  expect(aboutStorage(product).filter(line => line.startsWith('error'))).toEqual(['error unreachable', 'error login_refused'])
})

it('F89: PostgreSQL that falls silent: pages, `ready` and a save are answered in time', async () => {
  const licenseServer = await startOwnLicenseServer()
  const url = new URL(await server.createDatabase())
  const relay = await startRelay(Number(url.port))
  onTestFinished(() => relay.close())
  url.port = String(relay.port)
  const product = await startOwnProduct({ licenseServerUrl: licenseServer.url, env: { DATABASE_URL: url.href } })
  const admin = await signInSoon(product)
  await showPagesOnce(admin)
  relay.silent = true
  expect(await timed(async () => expectError(await admin.save('nc_demo_standard'), 'STORAGE_UNAVAILABLE'))).toBeLessThan(WRITE)
  for (const path of ['/admin/license', '/api/license']) {
    expect(await quickestOf(3, async () => expect((await admin.request('GET', path)).status).toBe(503)), path).toBeLessThan(PAGE)
  }
  await expectReady(product, 'unreachable')
  relay.silent = false
  await until('it is back', async () => (await admin.request('GET', '/api/license')).status === 200)
  await until('it can be written', async () => (await admin.request('GET', '/api/health/ready')).status === 200)
})

it('F89: a start without its database says so in eight languages\' pages and by itself goes on; its log says "Listening" only then', async () => {
  const licenseServer = await startOwnLicenseServer()
  const url = await server.createDatabase()
  await server.stop()
  const product = await startOwnProduct({ licenseServerUrl: licenseServer.url, untilReady: false, env: { DATABASE_URL: url } })
  const visitor = createApiClient(product.url)
  for (const [language, words] of [['de-AT,de;q=0.9', 'Wird gestartet'], ['xx', 'Starting'], ['pt', 'Iniciando']] as const) {
    const page = await visitor.request('GET', '/admin/license?x=1', undefined, { 'accept-language': language, 'accept': 'text/html' })
    expect(page.status).toBe(503)
    expect(page.text).toContain(`<h1>${words}</h1>`)
    expect(page.text).toMatch(/<meta http-equiv="refresh" content="\d+">/)
    expect(page.text).not.toContain('<script')
    expect(page.headers.get('retry-after')).toMatch(/^\d+$/)
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/)
    expect(page.headers.get('cache-control')).toBe('no-store')
  }
  const called = await signInOnce(product)
  expectError(called, 'STORAGE_UNAVAILABLE')
  expect(called.headers.get('retry-after')).toMatch(/^\d+$/)
  expect((await visitor.request('GET', '/api/health/live')).status).toBe(200)
  await expectReady(product, 'unreachable')
  expect(product.output()).not.toContain('Listening on')
  expect(product.output()).not.toMatch(/\\n\s+at /)
  await server.start()
  await until('it listens', () => product.output().includes('Listening on'))
  await expectReady(product, null)
  expect((await visitor.request('GET', '/login', undefined, { accept: 'text/html' })).status).toBe(200)
})
