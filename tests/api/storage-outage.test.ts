import { rename } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { expect, it, onTestFinished } from 'vitest'
import type { PostgresServer } from '../support/postgres-server.ts'
import { startPostgres } from '../support/postgres-server.ts'
import { startRelay } from '../support/network/relay.ts'
import type { ApiClient } from '../support/api-client.ts'
import { createApiClient } from '../support/api-client.ts'
import type { Product } from '../support/product-process.ts'
import { ADMIN, SERVICE_TOKEN } from '../support/product-process.ts'
import { expectError } from '../support/expect-error.ts'
import { signInSoon, sleep, startOwnLicenseServer, startOwnProduct, timed, until } from '../support/stand.ts'

/* The production process while its database is lost, and what it says of it. */

/** The contract's own bounds, ms. */
const PAGE = 2000
const WRITE = 5000

const SERVICE = { authorization: `Bearer ${SERVICE_TOKEN}` }

interface Line { level: string, msg: string, cause?: string, code?: string | null, seconds?: number }
const linesOf = (product: Product): Line[] => product.output().split('\n').filter(line => line.startsWith('{')).map(line => JSON.parse(line))
const aboutStorage = (product: Product) => linesOf(product).filter(({ msg }) => /database (?:can|still)/.test(msg))
  .map(({ level, cause }) => `${level} ${cause}`)

/** A sign-in that leaves the limits of the others alone, as whoever keeps trying would. */
const signInOnce = (product: Product) => createApiClient(product.url).request('POST', '/api/auth/login', ADMIN)

async function expectReady(product: Product, cause: string | null): Promise<void> {
  const client = createApiClient(product.url)
  const took = await timed(async () => {
    const answer = await client.request('GET', '/api/health/ready')
    if (cause === null) return expect(answer.body, answer.text).toEqual({ status: 'ok' })
    expectError(answer, 'STORAGE_UNAVAILABLE')
    expect(answer.error?.details).toEqual({ cause })
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
  })
  expect(took).toBeLessThan(PAGE)
}

it('F89: a database locked by another process: reads and pages go on, writes fail in time, and it is told once, with its end', async () => {
  const licenseServer = await startOwnLicenseServer()
  const product = await startOwnProduct({ licenseServerUrl: licenseServer.url })
  const admin = await signInSoon(product)
  expect((await admin.save('nc_demo_standard')).status).toBe(200)
  await expectReady(product, null)
  await showPagesOnce(admin)
  const other = new DatabaseSync(product.databaseFile)
  onTestFinished(() => { if (other.isOpen) other.close() })
  // The session has not been seen for a while, so that whoever comes would have it written.
  other.exec('update sessions set last_seen_at = last_seen_at - 600000')
  other.exec('begin exclusive')
  const first = admin.request('PUT', '/api/usage', { seats: 3 }, SERVICE)
  const reads: number[] = []
  for (let n = 0; n < 10; n++) {
    for (const path of ['/admin/license', '/api/license', '/api/license/events']) {
      const took = await timed(async () => expect((await admin.request('GET', path)).status).toBe(200))
      reads.push(took)
    }
  }
  expect(Math.max(...reads)).toBeLessThan(PAGE)
  expect(await timed(async () => expectError(await first, 'STORAGE_UNAVAILABLE'))).toBeLessThan(WRITE)
  // Whoever comes later does not wait as long again.
  expect(await timed(async () => expectError(await admin.remove(), 'STORAGE_UNAVAILABLE'))).toBeLessThan(PAGE)
  expect(await timed(async () => expectError(await signInOnce(product), 'STORAGE_UNAVAILABLE'))).toBeLessThan(PAGE + 1000)
  await expectReady(product, 'locked')
  expect((await admin.request('GET', '/api/features/sso', undefined, SERVICE)).status).toBe(204)
  expect(aboutStorage(product)).toEqual(['error locked'])
  expect(product.output()).not.toContain('sign-in refused')

  other.exec('rollback')
  await until('it is told that it is back', () => aboutStorage(product).length === 2)
  expect(aboutStorage(product)).toEqual(['error locked', 'info locked'])
  expect(linesOf(product).find(({ msg }) => msg === 'the database can be used again')?.seconds).toBeGreaterThan(0)
  await expectReady(product, null)
  expect((await admin.remove()).status).toBe(200)
  // What the database failed has not been counted as guesses.
  for (let n = 0; n < 5; n++) expect((await signInOnce(product)).status).toBe(200)
}, 90_000)

/** The first rendering of a page loads what it needs, which takes its time with any database. */
async function showPagesOnce(client: ApiClient): Promise<void> {
  for (const path of ['/admin/license', '/login', '/admin/nowhere']) await client.request('GET', path)
}

async function ownPostgres(): Promise<PostgresServer> {
  const server = await startPostgres()
  onTestFinished(() => server.remove())
  return server
}

it('F89: a SQLite file that is deleted: no save is acknowledged into it, `ready` and the log say so, the license goes on', async () => {
  const licenseServer = await startOwnLicenseServer()
  const product = await startOwnProduct({ licenseServerUrl: licenseServer.url })
  const admin = await signInSoon(product)
  expect((await admin.save('nc_demo_standard')).status).toBe(200)
  const away = `${product.databaseFile}.away`
  await rename(product.databaseFile, away)
  expectError(await admin.request('PUT', '/api/usage', { seats: 3 }, SERVICE), 'STORAGE_UNAVAILABLE')
  await expectReady(product, 'file_gone')
  expect((await admin.request('GET', '/api/features/sso', undefined, SERVICE)).status).toBe(204)
  await rename(away, product.databaseFile)
  await until('it is told that it is back', () => aboutStorage(product).length === 2)
  expect(aboutStorage(product)).toEqual(['error file_gone', 'info file_gone'])
  expect((await admin.request('PUT', '/api/usage', { seats: 3 }, SERVICE)).status).toBeLessThan(300)
}, 60_000)

it('F89: PostgreSQL that goes away and comes back is told once each, pages say so in time, and the license goes on', async () => {
  const [licenseServer, server] = await Promise.all([startOwnLicenseServer(), ownPostgres()])
  const product = await startOwnProduct({ licenseServerUrl: licenseServer.url, env: { DATABASE_URL: await server.createDatabase() } })
  const admin = await signInSoon(product)
  expect((await admin.save('nc_demo_standard')).status).toBe(200)
  await showPagesOnce(admin)
  await server.stop()
  await until('the loss is told', () => aboutStorage(product).length > 0)
  for (const path of ['/admin/license', '/api/license', '/login']) {
    const took = await timed(async () => expect([200, 503]).toContain((await admin.request('GET', path)).status))
    expect(took, path).toBeLessThan(PAGE)
  }
  await expectReady(product, 'unreachable')
  expect((await admin.request('GET', '/api/features/sso', undefined, SERVICE)).status).toBe(204)
  expect(product.output()).not.toMatch(/\\n\s+at /)
  await server.start()
  await until('it is told that it is back', () => aboutStorage(product).some(line => line.startsWith('info')))
  expect(aboutStorage(product)).toEqual(['error unreachable', 'info unreachable'])
  await expectReady(product, null)
}, 120_000)

it('F89: PostgreSQL that falls silent: pages, `ready` and a save are answered in time', async () => {
  const [licenseServer, server] = await Promise.all([startOwnLicenseServer(), ownPostgres()])
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
    expect(await timed(async () => expect((await admin.request('GET', path)).status).toBe(503)), path).toBeLessThan(PAGE)
  }
  await expectReady(product, 'unreachable')
  relay.silent = false
  await until('it is back', async () => (await admin.request('GET', '/api/license')).status === 200)
  await until('it can be written', async () => (await admin.request('GET', '/api/health/ready')).status === 200)
}, 120_000)

it('F89: a start without its database says so in eight languages\' pages and by itself goes on; its log says "Listening" only then', async () => {
  const [licenseServer, server] = await Promise.all([startOwnLicenseServer(), ownPostgres()])
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
}, 120_000)

it('F89: whoever comes right after "Listening" is answered, restart after restart', async () => {
  const licenseServer = await startOwnLicenseServer()
  const first = await startOwnProduct({ licenseServerUrl: licenseServer.url })
  await first.stop()
  for (let n = 0; n < 7; n++) {
    const { port } = first
    const starting = startOwnProduct({ licenseServerUrl: licenseServer.url, dataDir: first.dataDir, port, untilReady: false })
    let answer: Response | undefined
    while (!answer) {
      // The very first connection that is accepted counts.
      answer = await fetch(`http://127.0.0.1:${port}/api/health/ready`).catch(() => undefined)
      if (!answer) await sleep(2)
    }
    expect(answer.status).toBe(200)
    await (await starting).stop()
  }
}, 90_000)
