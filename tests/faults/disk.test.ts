import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { createApiClient } from '../support/api-client.ts'
import { expectError } from '../support/expect-error.ts'
import type { Product } from '../support/product-process.ts'
import { ADMIN, SERVICE_TOKEN, startProduct } from '../support/product-process.ts'
import { plainLines, runToEnd } from '../support/run-to-end.ts'
import { signInSoon, sleep, startOwnLicenseServer, startOwnProduct, until } from '../support/stand.ts'
import { tally } from '../support/tally.ts'
import type { LicenseServerProcess } from '../support/vendor/vendor-process.ts'
import { canFreeze, setFrozen } from './disk/frozen-files.ts'
import type { SmallDisk } from './disk/small-disk.ts'
import { canMount, mountSmallDisk } from './disk/small-disk.ts'

/* The production process on a disk that is full, or whose files can't be written. */

const mountable = canMount()

function ownDisk(kib: number): SmallDisk {
  const disk = mountSmallDisk(kib)
  if (typeof disk === 'string') throw new Error(disk)
  onTestFinished(() => disk.remove())
  return disk
}

const readyStatus = async (url: string) => (await createApiClient(url).request('GET', '/api/health/ready')).status
const entitled = async (url: string) => (await createApiClient(url).request('GET', '/api/features/sso', undefined, { authorization: `Bearer ${SERVICE_TOKEN}` })).status

/** Fills the disk while the write-ahead log is empty, whose space could otherwise still be used. */
async function fillUnder({ databaseFile }: Product, disk: SmallDisk): Promise<void> {
  await until('the log has been emptied', () => statSync(`${databaseFile}-wal`).size === 0 && (disk.fill(), true))
}

/** Saves until one is refused: SQLite can still write to the space it has already allocated. */
async function expectUnavailable(client: ApiClient, tokens: string[]): Promise<string> {
  for (const token of tokens) {
    const answer = await client.save(token)
    if (answer.status === 200) continue
    expectError(answer, 'STORAGE_UNAVAILABLE')
    return token
  }
  throw new Error('the disk never filled up')
}

/** A license with a grace period short enough to wait for, but longer than a slow machine may stall; resolves to its key. */
async function checkedInOften({ control }: LicenseServerProcess): Promise<string> {
  return (await control.createLicense({ method: 'standard', every: 2, grace: 20 })).key
}

/** When features would pause according to the lease in the file, whatever the process has in memory; ms. */
function storedPausesAt({ databaseFile }: Product): number {
  const database = new DatabaseSync(databaseFile, { readOnly: true })
  try {
    const [, payload = ''] = String(database.prepare('select lease from license').get()?.lease).split('.')
    const { iat, check_in: { every, grace } } = JSON.parse(Buffer.from(payload, 'base64url').toString())
    return (iat + every + grace) * 1000
  }
  finally {
    database.close()
  }
}

/** Watches until the stored lease would have paused: after that only memory can keep the features on. */
async function expectEntitledBeyondStored(product: Product, client: ApiClient): Promise<void> {
  await until('the stored lease would have paused', async () => {
    expect((await client.license()).entitled).toBe(true)
    expect(await entitled(product.url)).toBe(204)
    return Date.now() > storedPausesAt(product) + 2000
  }, 90_000)
}

describe.skipIf(!mountable)('F62: a disk that is full', () => {
  it('F62: refuses to save, keeps the license from memory, and takes the save once there is room', async () => {
    const disk = ownDisk(3000)
    const licenseServer = await startOwnLicenseServer()
    const product = await startOwnProduct({ licenseServerUrl: licenseServer.url, dataDir: join(disk.path, 'data') })
    const client = await signInSoon(product)
    const { instanceId } = await client.license()
    const tokens: string[] = []
    for (let n = 0; n < 20; n++) tokens.push(await licenseServer.control.issueToken({ instance_id: instanceId, claims: { seats: n } }))
    expect((await client.save(tokens[0] ?? '')).status).toBe(200)
    await fillUnder(product, disk)
    const refused = await expectUnavailable(client, tokens.slice(1))
    const during = await client.license()
    expect(during).toMatchObject({ state: 'active', entitled: true })
    expect(await entitled(product.url)).toBe(204)
    expectError(await client.remove(), 'STORAGE_UNAVAILABLE')
    expect((await client.license()).revision).toBe(during.revision)
    disk.free()
    const after = await client.save(refused)
    expect(after.status, after.text).toBe(200)
    expect(after.body).toMatchObject({ state: 'active', instanceId, revision: during.revision + 1 })
    tally({ row: 'F62', tried: 2 })
  })

  it('F89: is reported once, with its end, and `ready` says so, as one page that still fits is not enough', async () => {
    const disk = ownDisk(3000)
    const licenseServer = await startOwnLicenseServer()
    const product = await startOwnProduct({ licenseServerUrl: licenseServer.url, dataDir: join(disk.path, 'data') })
    const told = () => product.output().split('\n').filter(line => /"msg":"the database (?:can|still)/.test(line))
      .map(line => JSON.parse(line)).map(({ level, cause }) => `${level} ${cause}`)
    await fillUnder(product, disk)
    // The last write is young enough for a while.
    await until('`ready` has noticed', async () => await readyStatus(product.url) === 503)
    const client = createApiClient(product.url)
    expect((await client.request('GET', '/api/health/ready')).error?.details).toEqual({ cause: 'disk_full' })
    expectError(await client.request('POST', '/api/auth/login', ADMIN), 'STORAGE_UNAVAILABLE')
    expect(product.output()).not.toContain('sign-in refused')
    // Longer than several probes take: it neither flaps nor repeats itself.
    await sleep(4000)
    expect(told()).toEqual(['error disk_full'])
    disk.free()
    await until('`ready` again', async () => await readyStatus(product.url) === 200)
    expect(told()).toEqual(['error disk_full', 'info disk_full'])
    expect((await client.request('POST', '/api/auth/login', ADMIN)).status).toBe(200)
    tally({ row: 'F89', tried: 1 })
  })

  it('F62: goes on checking in, and stays entitled beyond the grace period of what is stored', async () => {
    const disk = ownDisk(3000)
    const licenseServer = await startOwnLicenseServer()
    const product = await startOwnProduct({ licenseServerUrl: licenseServer.url, dataDir: join(disk.path, 'data') })
    const client = await signInSoon(product)
    const { body: saved } = await client.save(await checkedInOften(licenseServer))
    await fillUnder(product, disk)
    await expectEntitledBeyondStored(product, client)
    disk.free()
    const before = await client.license()
    const view = await client.waitFor(({ checkIn }) => (checkIn?.lastSuccessAt ?? '') > (before.checkIn?.lastSuccessAt ?? ''))
    expect(view).toMatchObject({ state: 'active', licenseId: saved.licenseId })
    await product.kill()
    const again = await startOwnProduct({ licenseServerUrl: licenseServer.url, dataDir: join(disk.path, 'data') })
    expect((await (await signInSoon(again)).license()).licenseId).toBe(saved.licenseId)
    tally({ row: 'F62', tried: 1 })
  })

  it('F62: a start on it waits for room, and then becomes ready by itself, with everything that was there', async () => {
    const disk = ownDisk(3000)
    const licenseServer = await startOwnLicenseServer()
    const first = await startProduct({ licenseServerUrl: licenseServer.url, dataDir: join(disk.path, 'data') })
    const { body: saved } = await (await signInSoon(first)).save('nc_demo_standard')
    await first.stop()
    disk.fill()
    const product = await startOwnProduct({ licenseServerUrl: licenseServer.url, dataDir: join(disk.path, 'data'), untilReady: false })
    await sleep(1500)
    expect(product.process.exitCode).toBeNull()
    disk.free()
    await until('it is ready', async () => await readyStatus(product.url) === 200)
    const view = await (await signInSoon(product)).license()
    expect(view).toMatchObject({ state: 'active', licenseId: saved.licenseId, instanceId: saved.instanceId })
    expect((await (await signInSoon(product)).remove()).body.state).toBe('unlicensed')
    tally({ row: 'F62', tried: 1 })
  })

  it('F62: a start on a read-only disk ends with one sentence and changes nothing; once it is writable, everything is there', async () => {
    const disk = ownDisk(3000)
    const licenseServer = await startOwnLicenseServer()
    const first = await startProduct({ licenseServerUrl: licenseServer.url, dataDir: join(disk.path, 'data') })
    const { body: saved } = await (await signInSoon(first)).save('nc_demo_standard')
    await first.stop()
    const before = readFileSync(first.databaseFile)
    disk.setReadOnly(true)
    const { code, output } = await runToEnd({ DATABASE_URL: `file:${first.databaseFile}`, NC_LOG_FORMAT: 'json', NC_LICENSE_SERVER_URL: licenseServer.url })
    expect({ code, said: plainLines(output).length }, output).toEqual({ code: 1, said: 1 })
    expect(readFileSync(first.databaseFile).equals(before)).toBe(true)
    disk.setReadOnly(false)
    const product = await startOwnProduct({ licenseServerUrl: licenseServer.url, dataDir: join(disk.path, 'data') })
    expect(await (await signInSoon(product)).license()).toMatchObject({ state: 'active', licenseId: saved.licenseId, instanceId: saved.instanceId })
    tally({ row: 'F62', tried: 1 })
  })
})

describe.skipIf(!canFreeze())('F62: files that refuse to be written while it runs', () => {
  it('F62: a save is refused, the license goes on from memory, and the save works once they take it again', async () => {
    const licenseServer = await startOwnLicenseServer()
    const product = await startOwnProduct({ licenseServerUrl: licenseServer.url })
    const client = await signInSoon(product)
    const { body: saved } = await client.save(await checkedInOften(licenseServer))
    const files = [product.databaseFile, `${product.databaseFile}-wal`]
    setFrozen(files, true)
    onTestFinished(() => setFrozen(files.filter(path => existsSync(path)), false))
    expectError(await client.save('nc_ag_demo_airgapped'), 'STORAGE_UNAVAILABLE')
    const { error } = await client.request('GET', '/api/health/ready')
    expect(error?.details).toEqual({ cause: 'read_only' })
    await expectEntitledBeyondStored(product, client)
    expect((await client.license()).licenseId).toBe(saved.licenseId)
    setFrozen(files, false)
    const after = await client.save('nc_ag_demo_airgapped')
    expect(after.status, after.text).toBe(200)
    expect(after.body).toMatchObject({ state: 'active', method: 'airgapped', instanceId: saved.instanceId })
    tally({ row: 'F62', tried: 1 })
  })
})
