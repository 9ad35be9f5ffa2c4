import { DatabaseSync } from 'node:sqlite'
import { expect, it, onTestFinished } from 'vitest'
import { PATIENCE_MS } from '../../server/storage/storage-health.ts'
import { createApiClient } from '../support/api-client.ts'
import { SERVICE_TOKEN } from '../support/product-process.ts'
import { expectError } from '../support/expect-error.ts'
import { sleep, useStand } from '../support/stand.ts'

/* The production process while another one, such as a backup, holds the write lock of its database. */

const stand = useStand()

/** Asks for a feature until told to stop; returns how it was answered each time. */
function watchFeature(): { stop(): Promise<number[]> } {
  const service = createApiClient(stand.product.url)
  const answers: number[] = []
  let stopped = false
  async function watch(): Promise<number[]> {
    while (!stopped) {
      const { status } = await service.request('GET', '/api/features/sso', undefined, { authorization: `Bearer ${SERVICE_TOKEN}` })
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
  const { admin, licenseServer, product } = stand
  const { body: held } = await admin.save('nc_demo_standard')
  expect(held.entitled).toBe(true)
  const token = await licenseServer.control.issueToken({ instance_id: held.instanceId })
  const other = new DatabaseSync(product.databaseFile)
  onTestFinished(() => other.close())
  other.exec('begin immediate')
  const watched = watchFeature()
  const beganAt = performance.now()
  const refused = await admin.save(token)
  const took = performance.now() - beganAt
  expectError(refused, 'STORAGE_UNAVAILABLE')
  // A save has four steps on the database (session, license, sequence, write), of which only the last one waits.
  expect(took / PATIENCE_MS.write).toBeLessThan(1.5)
  const answers = await watched.stop()
  // It was asked all the while, and never waited for the database.
  expect(answers.length).toBeGreaterThan(took / 500)
  expect(new Set(answers)).toEqual(new Set([204]))

  other.exec('rollback')
  const saved = await admin.save(token)
  expect(saved.status, saved.text).toBe(200)
  expect(saved.body).toMatchObject({ state: 'active', method: 'offline', instanceId: held.instanceId, revision: held.revision + 1 })
}, 90_000)
