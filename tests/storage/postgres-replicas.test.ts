import pg from 'pg'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { openStorage } from '../../server/storage/open.ts'
import { startPostgres, type PostgresServer } from '../support/postgres-server.ts'

let server: PostgresServer
beforeAll(async () => { server = await startPostgres() }, 120_000)
afterAll(() => server.remove(), 60_000)

it('replicas tell of themselves, see who is alive by the database\'s clock, and leave', async () => {
  const url = await server.createDatabase()
  const { replicas, close } = await openStorage({ url, baseDir: '/' })
  onTestFinished(close)
  if (!replicas) throw new Error('PostgreSQL has no replicas')
  const one = { id: 'one', version: '1.0.0', commit: 'abc', started: 5, state: 'active', revision: 1, keyDigest: null }
  const two = { ...one, id: 'two', started: 3, keyDigest: 'digest' }
  expect((await replicas.tell(one, 30_000)).seen).toEqual([{ ...one, seenAt: expect.any(Number) }])
  await replicas.tell(two, 30_000)
  const told = await replicas.tell({ ...one, state: 'grace', revision: 2 }, 30_000)
  expect(Math.abs(told.now - Date.now())).toBeLessThan(60_000)
  expect(told.seen.map(({ id, state }) => [id, state])).toEqual([['two', 'active'], ['one', 'grace']])
  const seen = await replicas.seenWithin(30_000)
  expect(seen).toEqual([{ ...two, seenAt: expect.any(Number) }, { ...one, state: 'grace', revision: 2, seenAt: expect.any(Number) }])
  const client = new pg.Client(url)
  await client.connect()
  await client.query('update replicas set seen_at = seen_at - 40000 where id = \'one\'')
  await client.end()
  expect((await replicas.seenWithin(30_000)).map(({ id }) => id)).toEqual(['two'])
  expect((await replicas.tell({ ...two, id: 'three', started: 1 }, 30_000)).seen.map(({ id }) => id)).toEqual(['three', 'two'])
  await replicas.leave('three')
  await replicas.leave('two')
  expect((await replicas.seenWithin(9e7)).map(({ id }) => id)).toEqual(['one'])
})
