import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely'
import { describe, expect, it, vi } from 'vitest'
import { createConnection } from '../../../server/storage/connection.ts'
import type { Database } from '../../../server/storage/schema.ts'

const createDatabase = () => new Kysely<Database>({
  dialect: {
    createAdapter: () => new SqliteAdapter(), createDriver: () => new DummyDriver(),
    createIntrospector: db => new SqliteIntrospector(db), createQueryCompiler: () => new SqliteQueryCompiler(),
  },
})

const mistake = new TypeError('database is not open')

describe('what a database call throws', () => {
  it('is told as it is where it is a mistake of this program', async () => {
    const { attempt } = createConnection(createDatabase())
    await expect(attempt(() => Promise.reject(mistake))).rejects.toBe(mistake)
  })

  it('is STORAGE_UNAVAILABLE where the call was cut off by the close, whatever the driver says', async () => {
    const { attempt, close } = createConnection(createDatabase())
    const { promise, reject } = Promise.withResolvers<never>()
    const outcome = attempt(() => promise)
    const closed = close()
    reject(mistake)
    await expect(outcome).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE', cause: mistake })
    await closed
  })
})

it('a closed connection does nothing any more, and is closed once', async () => {
  const { attempt, close } = createConnection(createDatabase())
  expect(close()).toBe(close())
  await close()
  const work = vi.fn(async () => 1)
  await expect(attempt(work)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
  expect(work).not.toHaveBeenCalled()
})
