import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { CLAIM_LENGTH } from '../../server/license/check-in-claim.ts'
import type { ClaimStore } from '../../server/license/ports.ts'
import { openStorage, type Storage } from '../../server/storage/open.ts'
import { startPostgres, type PostgresServer } from '../support/postgres-server.ts'
import { failureOf, fresh, freshLeaseOf, saveOf } from './samples.ts'
import { untilWaiting } from './until-waiting.ts'

/* The check-in claim on PostgreSQL: compare and set, by the database's clock, and what it fences off. */

let server: PostgresServer
let url: string
beforeAll(async () => { server = await startPostgres() }, 120_000)
afterAll(() => server.remove(), 60_000)
beforeEach(async () => { url = await server.createDatabase() })

async function open(): Promise<{ storage: Storage, claims: ClaimStore }> {
  const storage = await openStorage({ url, baseDir: '/' })
  onTestFinished(() => storage.close())
  const { claims } = storage.licenses
  if (!claims) throw new Error('PostgreSQL has no claim')
  return { storage, claims }
}
async function session(): Promise<pg.Client> {
  const client = new pg.Client(url)
  await client.connect()
  onTestFinished(() => client.end())
  return client
}
const take = (holder: string, term: number, beat: number) => ({ holder, term, beat, lasts: CLAIM_LENGTH })

describe('the claim', () => {
  it('is nobody\'s at first, and then of whoever took it, until a moment of the database\'s clock', async () => {
    const { claims } = await open()
    expect(await claims.readClaim()).toMatchObject({ holder: null, term: 0, beat: 0, validUntil: 0 })
    expect(await claims.swapClaim(take('one', 1, 0))).toBe(true)
    const { now, validUntil, ...stored } = await claims.readClaim()
    expect(stored).toEqual({ holder: 'one', term: 1, beat: 1 })
    expect(validUntil - now).toBeLessThanOrEqual(CLAIM_LENGTH)
    expect(validUntil - now).toBeGreaterThan(CLAIM_LENGTH - 5000)
  })

  it('F69: goes to exactly one of fifty who want it at once, first and later', async () => {
    const replicas = [await open(), await open(), await open(), await open()]
    for (const beat of [0, 1, 2]) {
      const got = await Promise.all(Array.from({ length: 50 }, async (_, n) =>
        await replicas[n % 4]?.claims.swapClaim(take(`r${n}`, beat + 1, beat))))
      expect(got.filter(Boolean)).toHaveLength(1)
    }
  })

  it('is not touched by whoever has read an earlier state of it', async () => {
    const { claims } = await open()
    await claims.swapClaim(take('one', 1, 0))
    await claims.swapClaim({ holder: null, term: 1, beat: 1, lasts: 0 })
    expect(await claims.swapClaim(take('late', 2, 1))).toBe(false)
    expect(await claims.readClaim()).toMatchObject({ holder: null, term: 1, beat: 2 })
  })

  it('can be read and taken while a writer is frozen with the lock of all writes', async () => {
    const { claims } = await open()
    const frozen = await session()
    await frozen.query('begin; select * from installation for update')
    expect(await claims.swapClaim(take('one', 1, 0))).toBe(true)
    expect(await claims.readClaim()).toMatchObject({ holder: 'one' })
  })
})

describe('a commit in a term of the claim', () => {
  it('F69: is refused once somebody has taken the claim, whatever it is', async () => {
    const { storage: { licenses }, claims } = await open()
    await licenses.installation(fresh)
    await licenses.commit(saveOf(0))
    await claims.swapClaim(take('one', 1, 0))
    expect(await licenses.commit({ ...failureOf(5), term: 1 })).not.toBe('stale')
    await claims.swapClaim(take('two', 2, 1))
    const before = await licenses.read()
    expect(await licenses.commit({ ...failureOf(6), term: 1 })).toBe('stale')
    expect(await licenses.commit({ ...freshLeaseOf(), term: 1 })).toBe('stale')
    expect(await licenses.read()).toEqual(before)
    expect(await licenses.commit({ ...failureOf(7), term: 2 })).not.toBe('stale')
  })

  it('F69: that has found its term is not overtaken: nobody takes the claim until it is written', async () => {
    const { storage: { licenses }, claims } = await open()
    await licenses.installation(fresh)
    await licenses.commit(saveOf(0))
    await claims.swapClaim(take('one', 1, 0))
    const [other, watcher] = [await session(), await session()]
    // Who reads the license passes, who writes it waits.
    await other.query('begin; lock table license in exclusive mode')
    const writing = licenses.commit({ ...failureOf(5), term: 1 })
    await watcher.query(untilWaiting(1))
    const taking = claims.swapClaim(take('two', 2, 1))
    const both = watcher.query(untilWaiting(2)).then(() => 'waits', () => 'neither')
    const seen = await Promise.race([both, taking.then(() => 'is not kept waiting')])
    await other.query('commit')
    expect(seen).toBe('waits')
    expect(await writing).not.toBe('stale')
    expect(await taking).toBe(true)
  })
})
