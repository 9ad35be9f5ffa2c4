import pg from 'pg'
import { describe, expect, it, vi } from 'vitest'
import { guardPool } from '../../../server/storage/postgres-pool.ts'

/** A pool whose one connection comes when the test says so. */
function slowPool(patience: number) {
  const { promise, resolve } = Promise.withResolvers<pg.PoolClient>()
  const client = Object.assign(new pg.Client(), { release: vi.fn() })
  const pool = guardPool(Object.assign(new pg.Pool(), { connect: () => promise }), () => patience)
  return { pool, client, come: () => resolve(client) }
}

describe('a connection', () => {
  it('that comes after nobody waits for it any more is given back, for somebody else', async () => {
    const { pool, client, come } = slowPool(0)
    await expect(pool.connect()).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    expect(client.release).not.toHaveBeenCalled()
    come()
    await vi.waitFor(() => expect(client.release).toHaveBeenCalledOnce())
    // Whole, not to be thrown away.
    expect(client.release).toHaveBeenCalledWith()
  })

  it('that comes in time is kept until it is given back', async () => {
    const { pool, client, come } = slowPool(60_000)
    const connecting = pool.connect()
    come()
    const taken = await connecting
    expect(client.release).not.toHaveBeenCalled()
    taken.release()
    expect(client.release).toHaveBeenCalledOnce()
  })
})
