import { rename } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { expect, it, onTestFinished } from 'vitest'
import { PATIENCE_MS } from '../../server/storage/storage-health.ts'
import { createApiClient } from '../support/api-client.ts'
import { expectError } from '../support/expect-error.ts'
import type { Product } from '../support/product-process.ts'
import { quickestOf, signInSoon, sleep, startOwnLicenseServer, startOwnProduct, timed, until } from '../support/stand.ts'
import { aboutStorage, expectReady, linesOf, PAGE, SERVICE, showPagesOnce, signInOnce, WRITE } from '../support/storage-outage.ts'

/* The production process while its SQLite file is locked by another one, such as a backup, or is gone; and right after a start. */

it('F89: a database locked by another process: reads and pages go on, writes fail in time, and it is told once, with its end', async () => {
  const licenseServer = await startOwnLicenseServer()
  const product = await startOwnProduct({ licenseServerUrl: licenseServer.url })
  const admin = await signInSoon(product)
  expect((await admin.save('nc_demo_standard')).status).toBe(200)
  await expectReady(product, null)
  await showPagesOnce(admin)
  const other = new DatabaseSync(product.databaseFile, { timeout: 5000 })
  onTestFinished(() => { if (other.isOpen) other.close() })
  const quickest: Record<string, number> = {}
  const note = (what: string, took: number) => { quickest[what] = Math.min(took, quickest[what] ?? Infinity) }
  const told: string[] = []

  /** Locks the file, and notes how long the first write takes, and each read meanwhile. */
  async function lock(): Promise<void> {
    // The session has not been seen for a while, so that whoever comes would have it written.
    other.exec('update sessions set last_seen_at = last_seen_at - 600000')
    other.exec('begin exclusive')
    told.push('error locked')
    const writing = timed(async () => expectError(await admin.request('PUT', '/api/usage', { seats: 3 }, SERVICE), 'STORAGE_UNAVAILABLE'))
    for (let n = 0; n < 4; n++) {
      for (const path of ['/admin/license', '/api/license', '/api/license/events']) {
        note(`${path} ${n}`, await timed(async () => expect((await admin.request('GET', path)).status).toBe(200)))
      }
    }
    note('write', await writing)
  }
  async function unlock(): Promise<void> {
    other.exec('rollback')
    told.push('info locked')
    await until('it is told that it is back', () => aboutStorage(product).length === told.length)
    expect(aboutStorage(product)).toEqual(told)
  }

  await lock()
  for (let again = 0; again < 2; again++) {
    await unlock()
    await lock()
  }
  const { write = Infinity, ...reads } = quickest
  expect(write).toBeLessThan(WRITE)
  expect(Math.max(...Object.values(reads)), JSON.stringify(reads)).toBeLessThan(PAGE)
  // Whoever comes later does not wait as long again.
  expect(await quickestOf(3, async () => expectError(await admin.remove(), 'STORAGE_UNAVAILABLE'))).toBeLessThan(PAGE)
  expect(await quickestOf(5, async () => expectError(await signInOnce(product), 'STORAGE_UNAVAILABLE'))).toBeLessThan(PAGE + 1000)
  await expectReady(product, 'locked')
  expect((await admin.request('GET', '/api/features/sso', undefined, SERVICE)).status).toBe(204)
  expect(aboutStorage(product)).toEqual(told)
  expect(product.output()).not.toContain('sign-in refused')

  await unlock()
  expect(linesOf(product).find(({ msg }) => msg === 'the database can be used again')?.seconds).toBeGreaterThan(0)
  await expectReady(product, null)
  expect((await admin.remove()).status).toBe(200)
  // What the database failed has not been counted as guesses.
  for (let n = 0; n < 5; n++) expect((await signInOnce(product)).status).toBe(200)
})

/** Asks for a feature until told to stop; returns how it was answered each time. */
function watchFeature(product: Product): { stop(): Promise<number[]> } {
  const service = createApiClient(product.url)
  const answers: number[] = []
  let stopped = false
  async function watch(): Promise<number[]> {
    while (!stopped) {
      const { status } = await service.request('GET', '/api/features/sso', undefined, SERVICE)
      answers.push(status)
      await sleep(50)
    }
    return answers
  }
  const watched = watch()
  onTestFinished(() => { stopped = true })
  return {
    stop() {
      stopped = true
      return watched
    },
  }
}

it('F62, F67: a database that takes no writes refuses a save in time, the license goes on from memory, and the save works afterwards', async () => {
  const licenseServer = await startOwnLicenseServer()
  const product = await startOwnProduct({ licenseServerUrl: licenseServer.url })
  const admin = await signInSoon(product)
  const { body: held } = await admin.save('nc_demo_standard')
  expect(held.entitled).toBe(true)
  const token = await licenseServer.control.issueToken({ instance_id: held.instanceId })
  const other = new DatabaseSync(product.databaseFile, { timeout: 5000 })
  onTestFinished(() => other.close())
  other.exec('begin immediate')
  const watched = watchFeature(product)
  const beganAt = performance.now()
  const refused = await admin.save(token)
  const took = performance.now() - beganAt
  expectError(refused, 'STORAGE_UNAVAILABLE')
  // A save has four steps on the database (session, license, sequence, write), of which only the last one waits.
  expect(took / PATIENCE_MS.write).toBeLessThan(2)
  const answers = await watched.stop()
  // It was asked all the while, and never waited for the database, which would take a read 1.5 s.
  expect(answers.length).toBeGreaterThan(took / 1000)
  expect(new Set(answers)).toEqual(new Set([204]))

  other.exec('rollback')
  const saved = await admin.save(token)
  expect(saved.status, saved.text).toBe(200)
  expect(saved.body).toMatchObject({ state: 'active', method: 'offline', instanceId: held.instanceId, revision: held.revision + 1 })
})

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
})

it('F89: whoever comes right after "Listening" is answered, restart after restart', async () => {
  const licenseServer = await startOwnLicenseServer()
  const first = await startOwnProduct({ licenseServerUrl: licenseServer.url })
  await first.stop()
  for (let n = 0; n < 7; n++) {
    const { port } = first
    const beganAt = performance.now()
    const starting = startOwnProduct({ licenseServerUrl: licenseServer.url, dataDir: first.dataDir, port, untilReady: false })
    let answer: Response | undefined
    while (!answer) {
      // The very first connection that is accepted counts.
      answer = await fetch(`http://127.0.0.1:${port}/api/health/ready`).catch(() => undefined)
      if (!answer) await sleep(2)
    }
    const tookOpening = performance.now() - beganAt
    const product = await starting
    // After five seconds the port is opened in any case; then it is the first one after the word that counts.
    if (tookOpening > 5000 && answer.status === 503) {
      await until('it listens', () => product.output().includes('Listening on'))
      answer = await fetch(`${product.url}/api/health/ready`)
    }
    expect(answer.status).toBe(200)
    await product.stop()
  }
})
