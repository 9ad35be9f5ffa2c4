import { cp, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { signInSoon, sleep, startOwnLicenseServer, startOwnProduct, until } from '../support/stand.ts'
import type { LicenseServerProcess } from '../support/vendor/vendor-process.ts'
import type { ApiClient } from '../support/api-client.ts'
import type { Product } from '../support/product-process.ts'
import { startProduct } from '../support/product-process.ts'
import { tally } from '../support/tally.ts'

/* A database that is in two places, or that is one from before. Only the vendor can tell; only the vendor decides. */

async function copyOf({ dataDir }: Product): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'nc-copy-'))
  await cp(dataDir, copy, { recursive: true })
  return copy
}

const callsOf = async ({ control }: LicenseServerProcess) => (await control.requests()).filter(({ path }) => path.endsWith('/check-in')).length

/** A standard license that checks in every second or two, on a product that has been stopped. */
async function savedAndStopped(): Promise<{ licenseServer: LicenseServerProcess, key: string, product: Product }> {
  const licenseServer = await startOwnLicenseServer()
  const { key } = await licenseServer.control.createLicense({ method: 'standard', every: 2, grace: 600 })
  const product = await startProduct({ licenseServerUrl: licenseServer.url })
  onTestFinished(() => product.dispose())
  expect((await (await signInSoon(product)).save(key)).status).toBe(200)
  await product.stop()
  return { licenseServer, key, product }
}

async function startOn(dataDir: string, { url }: LicenseServerProcess): Promise<ApiClient> {
  return signInSoon(await startOwnProduct({ licenseServerUrl: url, dataDir }))
}

/** Between a due check-in and its answer, a license that checks in every other second is in its grace period for a moment. */
async function expectInForce(client: ApiClient, more: object = {}): Promise<void> {
  expect(await client.waitFor(({ state }) => state === 'active')).toMatchObject({ entitled: true, reason: null, ...more })
}

describe('F65: a database in two places', () => {
  it('F65: both go on, the license server learns of it, and takes features away only when the vendor says so', async () => {
    const { licenseServer, key, product } = await savedAndStopped()
    const copy = await copyOf(product)
    const hosts = [await startOn(product.dataDir, licenseServer), await startOn(copy, licenseServer)]
    const forks = await until('several forks are reported', async () => {
      for (const host of hosts) expect((await host.license()).entitled).toBe(true)
      const found = await licenseServer.control.forks()
      return found.length >= 3 && found
    }, 60_000)
    const [one, other] = await Promise.all(hosts.map(host => host.license()))
    expect(one?.instanceId).toBe(other?.instanceId)
    for (const fork of forks) expect(fork).toMatchObject({ key, instanceId: one?.instanceId, licenseId: one?.licenseId })
    for (const host of hosts) await expectInForce(host)

    await licenseServer.control.changeLicense(key, { status: 'bound_elsewhere' })
    for (const host of hosts) expect(await host.waitFor(({ state }) => state === 'mismatch')).toMatchObject({ entitled: false })
    tally({ row: 'F65', tried: 2 })
  })

  it('F65: an offline license goes on in both, without a word to anybody', async () => {
    const licenseServer = await startOwnLicenseServer()
    const product = await startProduct({ licenseServerUrl: licenseServer.url })
    onTestFinished(() => product.dispose())
    const client = await signInSoon(product)
    const { instanceId } = await client.license()
    await client.save(await licenseServer.control.issueToken({ instance_id: instanceId }))
    await product.stop()
    const copy = await copyOf(product)
    for (const dataDir of [product.dataDir, copy]) {
      expect(await (await startOn(dataDir, licenseServer)).license()).toMatchObject({ state: 'active', entitled: true, instanceId })
    }
    expect(await licenseServer.control.requests()).toEqual([])
    tally({ row: 'F65', tried: 1 })
  })
})

describe('F65: a database from before', () => {
  it('F65: goes on from where it was, the license server learns of it once, and nothing is taken away', async () => {
    const { licenseServer, product } = await savedAndStopped()
    const backup = await copyOf(product)
    const first = await startProduct({ licenseServerUrl: licenseServer.url, dataDir: product.dataDir })
    await until('some check-ins', async () => await callsOf(licenseServer) >= 4, 60_000)
    await first.stop()
    expect(await licenseServer.control.forks()).toEqual([])

    const restored = await startOn(backup, licenseServer)
    const calls = await callsOf(licenseServer)
    await until('more check-ins', async () => await callsOf(licenseServer) >= calls + 4, 60_000)
    expect(await licenseServer.control.forks()).toHaveLength(1)
    await expectInForce(restored, { checkIn: { consecutiveFailures: 0 } })
    await sleep(500)
    expect(await licenseServer.control.forks()).toHaveLength(1)
    tally({ row: 'F65', tried: 1 })
  })

  it('F65: that lags behind by check-ins whose answers a crash kept from being written is no fork', async () => {
    const { licenseServer, product } = await savedAndStopped()
    for (let nth = 0; nth < 3; nth++) {
      const calls = await callsOf(licenseServer)
      await licenseServer.control.addFault({ call: 'checkIn', times: 1, fault: { type: 'delay', ms: 500 } })
      const running = await startProduct({ licenseServerUrl: licenseServer.url, dataDir: product.dataDir })
      await until('a check-in is under way', async () => await callsOf(licenseServer) > calls)
      await running.kill()
    }
    const client = await startOn(product.dataDir, licenseServer)
    const lastSuccessAt = (await client.license()).checkIn?.lastSuccessAt ?? ''
    await client.waitFor(({ checkIn }) => (checkIn?.lastSuccessAt ?? '') > lastSuccessAt, 60_000)
    await expectInForce(client)
    expect(await licenseServer.control.forks()).toEqual([])
    tally({ row: 'F65', tried: 3 })
  })
})
