import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { openStorage } from '../../server/storage/open.ts'
import { startPostgres, type PostgresServer } from '../support/postgres-server.ts'
import { addStandby, type Standby } from '../support/postgres-standby.ts'
import { startRelay } from '../support/network/relay.ts'
import { eventOf, fresh, saveOf } from './samples.ts'

/* Two PostgreSQL servers under one address, as behind a virtual IP: the second takes the place of the first. */

const UNAVAILABLE = { code: 'STORAGE_UNAVAILABLE' }
let primary: PostgresServer
let standby: Standby
beforeAll(async () => {
  primary = await startPostgres()
  standby = await addStandby(primary)
})
afterAll(async () => {
  await standby.remove()
  await primary.remove()
})

/** Tries until it succeeds, as readiness does; the test's own time limit ends it. */
async function eventually<T>(step: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await step()
    } catch (error) {
      expect(error).toMatchObject(UNAVAILABLE)
      await new Promise(done => setTimeout(done, 50))
    }
  }
}

it('F67: PostgreSQL failed over to another server is used again by itself, first for reads and then for writes, with all that was acknowledged', async () => {
  const url = new URL(await primary.createDatabase())
  const relay = await startRelay(primary.port)
  onTestFinished(() => relay.close())
  url.port = String(relay.port)
  const storage = await openStorage({ url: url.href, baseDir: '/' })
  onTestFinished(() => storage.close())
  const { licenses } = storage
  await licenses.installation(fresh)
  await licenses.commit(saveOf(0))
  const before = await licenses.read()
  let acknowledged = 0
  let writing = true
  /** Somebody writes all the while; what is refused is not counted. */
  const writer = (async () => {
    while (writing) {
      await licenses.appendEvent(eventOf()).then(() => acknowledged++, error => expect(error).toMatchObject(UNAVAILABLE))
      await new Promise(done => setTimeout(done, 5))
    }
  })()

  await expect.poll(() => acknowledged).toBeGreaterThan(5)
  await primary.stop()
  await expect(licenses.commit(saveOf(1))).rejects.toMatchObject(UNAVAILABLE)
  relay.target = standby.port
  expect(await eventually(() => licenses.read())).toMatchObject({ license: before.license, revision: 1 })
  await expect(licenses.commit(saveOf(1))).rejects.toMatchObject(UNAVAILABLE)

  const acknowledgedByFirst = acknowledged
  await standby.promote()
  await expect.poll(() => acknowledged).toBeGreaterThan(acknowledgedByFirst)
  writing = false
  await writer
  expect(await eventually(() => licenses.commit(saveOf(1)))).not.toBe('stale')
  expect(await licenses.read()).toMatchObject({ license: before.license, revision: 2 })
  const ids = (await licenses.listEvents({ limit: 10_000 })).map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  // Two saves, and every event that was acknowledged: one that was refused may have been written all the same.
  expect(ids.length).toBeGreaterThanOrEqual(acknowledged + 2)
})
