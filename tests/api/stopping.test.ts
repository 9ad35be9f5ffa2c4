import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { createApiClient } from '../support/api-client.ts'
import type { Product } from '../support/product-process.ts'
import { freePort } from '../support/free-port.ts'
import { signInSoon, startOwnLicenseServer, startOwnProduct, until } from '../support/stand.ts'

/* An operator stops the product while it is at work. */

/** Longer than the product may take to end. */
const LATE = 15_000

it.each([
  ['a save that would be answered late', LATE], ['a save that is about to be answered', 200],
])('F68: SIGTERM during %s ends the process within 10 s with 0, the license as before or as after', async (_what, ms) => {
  const licenseServer = await startOwnLicenseServer()
  const { control } = licenseServer
  const [before, after] = [await control.createLicense({ method: 'standard' }), await control.createLicense({ method: 'standard' })]
  const product = await startOwnProduct({ licenseServerUrl: licenseServer.url })
  const admin = await signInSoon(product)
  const { body: held } = await admin.save(before.key)
  await control.addFault({ call: 'activate', times: 1, fault: { type: 'delay', ms } })
  const saving = admin.save(after.key).then(({ status }) => status, () => 'cut off')
  await until('the license server has been asked', async () => (await control.getLicense(after.key)).activations === 1)
  const stoppedAt = performance.now()
  expect(await product.stop()).toBe(0)
  expect(performance.now() - stoppedAt).toBeLessThan(10_000)

  const status = await saving
  const again = await startOwnProduct({ licenseServerUrl: licenseServer.url, dataDir: product.dataDir })
  const client = await signInSoon(again)
  const view = await client.license()
  expect(view).toMatchObject({ state: 'active', entitled: true, instanceId: held.instanceId })
  const saved = view.licenseId === after.licenseId
  expect([before.licenseId, after.licenseId]).toContain(view.licenseId)
  expect(view.revision - held.revision).toBe(saved ? 1 : 0)
  // Where the answer was cut off, either may be.
  if (status !== 'cut off') expect(saved).toBe(status === 200)
  expect((await client.save(after.key)).body.licenseId).toBe(after.licenseId)
  expect((await control.getLicense(after.key)).activations).toBe(1)
})

/** Milliseconds until the process has ended, beside its exit code. */
async function stopTimed(product: Product): Promise<{ code: number | null, took: number }> {
  const startedAt = performance.now()
  const code = await product.stop()
  return { code, took: performance.now() - startedAt }
}

describe('a stop', () => {
  it('lets a request that is under way finish', async () => {
    const { control, url } = await startOwnLicenseServer()
    const product = await startOwnProduct({ licenseServerUrl: url })
    const admin = await signInSoon(product)
    const { key } = await control.createLicense({ method: 'standard' })
    await control.addFault({ call: 'activate', times: 1, fault: { type: 'delay', ms: 1_500 } })
    const saving = admin.save(key)
    await until('the license server has been asked', async () => (await control.getLicense(key)).activations === 1)
    const [{ code, took }, answer] = [await stopTimed(product), await saving]
    expect([code, answer.status], answer.text).toEqual([0, 200])
    expect(took).toBeLessThan(10_000)
  })

  it('takes no connection any more, and ends those that nothing happens on', async () => {
    const product = await startOwnProduct({ licenseServerUrl: 'http://127.0.0.1:9' })
    const idle = connect(product.port, '127.0.0.1')
    idle.write('GET /api/health/live HTTP/1.1\r\nHost: x\r\n\r\n')
    await once(idle, 'data')
    const closed = once(idle, 'close')
    const { code, took } = await stopTimed(product)
    await closed
    expect(code).toBe(0)
    expect(took).toBeLessThan(10_000)
    await expect(createApiClient(product.url).request('GET', '/api/health/live')).rejects.toThrow()
  })

  it('closes the database: everything is in its one file', async () => {
    const product = await startOwnProduct({ licenseServerUrl: 'http://127.0.0.1:9' })
    await signInSoon(product)
    expect(readdirSync(product.dataDir)).toContain('license.db-wal')
    expect(await product.stop()).toBe(0)
    expect(readdirSync(product.dataDir)).toEqual(['license.db'])
  })

  it('writes what was only counted so far, and says why it came as its last word', async () => {
    const product = await startOwnProduct({ licenseServerUrl: 'http://127.0.0.1:9', env: { NC_TRUST_PROXY: '127.0.0.1' } })
    const visitor = createApiClient(product.url)
    for (let nth = 0; nth < 3; nth++) {
      await visitor.request('GET', '/metrics', undefined, { 'authorization': 'Bearer x', 'x-forwarded-for': '203.0.113.1' })
      await visitor.request('POST', '/api/auth/logout', {}, { origin: 'https://evil.example' })
    }
    await product.stop()
    const lines = product.output().split('\n').filter(Boolean).map(line => JSON.parse(line))
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'bearer tokens refused in the last minute', address: '203.0.113.1', count: 2 }))
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'a write from another site was refused', repeated: 2 }))
    expect(lines.at(-1)).toMatchObject({ msg: 'stopped', reason: 'SIGTERM' })
  })

  it.each(['SIGTERM', 'SIGINT'] as const)('by %s while the database has not been reached ends at once with 0', async (signal) => {
    const env = { DATABASE_URL: `postgres://x@127.0.0.1:${await freePort()}/x` }
    const product = await startOwnProduct({ licenseServerUrl: 'http://127.0.0.1:9', untilReady: false, env })
    const ended = once(product.process, 'exit')
    product.process.kill(signal)
    const startedAt = performance.now()
    expect(await ended).toEqual([0, null])
    expect(performance.now() - startedAt).toBeLessThan(10_000)
    expect(product.output()).toContain(`"msg":"stopped"`)
  })
})
