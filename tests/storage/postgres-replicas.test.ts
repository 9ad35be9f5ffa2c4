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
  await replicas.tell(one)
  await replicas.tell(two)
  await replicas.tell({ ...one, state: 'grace', revision: 2 })
  const seen = await replicas.seenWithin(30_000)
  expect(seen).toEqual([{ ...two, seenAt: expect.any(Number) }, { ...one, state: 'grace', revision: 2, seenAt: expect.any(Number) }])
  const client = new pg.Client(url)
  await client.connect()
  await client.query('update replicas set seen_at = seen_at - 40000 where id = \'one\'')
  await client.end()
  expect((await replicas.seenWithin(30_000)).map(({ id }) => id)).toEqual(['two'])
  await replicas.leave('two')
  expect((await replicas.seenWithin(9e7)).map(({ id }) => id)).toEqual(['one'])
})
