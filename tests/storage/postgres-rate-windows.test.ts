import pg from 'pg'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { createRateLimits } from '../../server/http/rate-limits.ts'
import { openStorage, type RateWindows } from '../../server/storage/open.ts'
import { startPostgres, type PostgresServer } from '../support/postgres-server.ts'

/* What replicas count together. */

let server: PostgresServer
beforeAll(async () => { server = await startPostgres() }, 120_000)
afterAll(() => server.remove(), 60_000)

async function replicas(count: number, on = server): Promise<{ windows: RateWindows[], url: string }> {
  const url = await on.createDatabase()
  const storages = await Promise.all(Array.from({ length: count }, () => openStorage({ url, baseDir: '/' })))
  onTestFinished(async () => { for (const storage of storages) await storage.close() })
  return { url, windows: storages.flatMap(({ windows }) => windows ?? []) }
}
async function query(url: string, statement: string): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  await client.query(statement)
  await client.end()
}

it('however many replicas are asked at once, a limit of ten is ten for all of them', async () => {
  const { windows } = await replicas(4)
  const uses = await Promise.all(Array.from({ length: 40 }, async (_, n) => await windows[n % 4]?.use('setup', 'key', { points: 10, duration: 60_000 })))
  expect(uses.filter(use => use && 'began' in use)).toHaveLength(10)
  for (const use of uses) if (use && 'wait' in use) expect(use.wait).toBeLessThanOrEqual(60_000)
  expect(await windows[0]?.use('setup', 'another', { points: 10, duration: 60_000 })).toHaveProperty('began')
})

it('a use that is given back can be made again, by any of them; a window that is over begins anew, even after the clock was set back', async () => {
  const { windows: [one, other], url } = await replicas(2)
  const limit = { points: 1, duration: 60_000 }
  const first = await one?.use('login', 'key', limit)
  expect(await other?.use('login', 'key', limit)).toHaveProperty('wait')
  if (first && 'began' in first) await one?.giveBack('login', 'key', first.began)
  expect(await other?.use('login', 'key', limit)).toHaveProperty('began')
  for (const shift of [-60_000, 3_600_000]) {
    expect(await one?.use('login', 'key', limit)).toHaveProperty('wait')
    await query(url, `update rate_limits set began = began + ${shift}`)
    expect(await one?.use('login', 'key', limit)).toHaveProperty('began')
  }
})

it.each<[string, (windows: RateWindows, began: number) => Promise<void>]>([
  ['another limit', (windows, began) => windows.giveBack('setup', 'key', began)],
  ['another key', (windows, began) => windows.giveBack('login', 'another', began)],
  ['a window that is over', (windows, began) => windows.giveBack('login', 'key', began - 60_000)],
])('a use of %s that is given back frees none of this one', async (_, giveBack) => {
  const { windows: [one] } = await replicas(1)
  const limit = { points: 1, duration: 60_000 }
  const use = await one?.use('login', 'key', limit)
  if (!one || !use || !('began' in use)) throw new Error('nothing was counted')
  await giveBack(one, use.began)
  expect(await one.use('login', 'key', limit)).toHaveProperty('wait')
  await one.giveBack('login', 'key', use.began)
  expect(await one.use('login', 'key', limit)).toHaveProperty('began')
})

it('forgets what is long over', async () => {
  const { windows: [one], url } = await replicas(1)
  const limit = { points: 1, duration: 60_000 }
  await one?.use('login', 'key', limit)
  await one?.prune(3_600_000)
  expect(await one?.use('login', 'key', limit)).toHaveProperty('wait')
  await query(url, 'update rate_limits set began = began - 3700000')
  await one?.prune(3_600_000)
  expect(await one?.use('login', 'key', { ...limit, duration: 9e9 })).toHaveProperty('began')
})

it('each replica refuses what is over its own limit without asking, and allows what it can count while the database is away', async () => {
  const stopping = await startPostgres({ stops: true })
  onTestFinished(() => stopping.remove())
  const { windows: [one, other] } = await replicas(2, stopping)
  const [here, there] = [createRateLimits(() => one ?? null), createRateLimits(() => other ?? null)]
  for (let n = 0; n < 5; n++) await here.use('login', 'ada')
  await expect(there.use('login', 'ada')).rejects.toMatchObject({ code: 'RATE_LIMITED' })
  const giveBack = await there.use('login', 'grace')
  giveBack()
  await stopping.stop()
  try {
    await expect(here.use('login', 'ada')).rejects.toMatchObject({ code: 'RATE_LIMITED' })
    for (let n = 0; n < 5; n++) await here.use('login', 'grace')
    await expect(here.use('login', 'grace')).rejects.toMatchObject({ code: 'RATE_LIMITED' })
  }
  finally {
    await stopping.start()
  }
})
