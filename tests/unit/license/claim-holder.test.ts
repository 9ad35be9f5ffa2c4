import { beforeEach, describe, expect, it } from 'vitest'
import { CALL_NEEDS, CLAIM_LENGTH, WATCH } from '../../../server/license/check-in-claim.ts'
import type { CheckInClaim, Grant } from '../../../server/license/claim-holder.ts'
import { createSharedClaim, createSoleClaim, termOf } from '../../../server/license/claim-holder.ts'
import type { ClaimStore } from '../../../server/license/ports.ts'
import type { MemoryStore } from '../../support/memory-store.ts'
import { createMemoryStore } from '../../support/memory-store.ts'
import type { SimulatedClock } from '../../support/simulated-clock.ts'
import { createSimulatedClock } from '../../support/simulated-clock.ts'
import { createGate } from '../../support/simulated-vendor.ts'
import { settle } from '../../support/world.ts'

/* Two processes, and one database whose clock is right. */

let clock: SimulatedClock
let store: MemoryStore
let claims: ClaimStore
let one: CheckInClaim
let two: CheckInClaim

beforeEach(() => {
  clock = createSimulatedClock()
  store = createMemoryStore({ databaseTime: () => clock.real() })
  if (!store.claims) throw new Error('the store has no claim')
  claims = store.claims
  one = createSharedClaim({ claims, clock, me: 'one' })
  two = createSharedClaim({ claims, clock, me: 'two' })
})

const holder = async () => (await claims.readClaim()).holder
/** Lets the other process take the claim by looking once a second, as its ticks do; resolves to whether it has. */
async function takenOver(ms: number): Promise<boolean> {
  for (let passed = 0; passed <= ms; passed += 1000) {
    if (await two.run(async () => true)) return true
    clock.advance(1000)
  }
  return false
}

describe('the claim of several processes', () => {
  it('is held while the work goes on, refuses others their work meanwhile, and is given back after it', async () => {
    const others: unknown[] = []
    const ran = await one.run(async ({ term, mayCall }) => {
      others.push(await two.run(async () => others.push('ran')))
      return { term, may: mayCall(), holder: await holder() }
    })
    expect(ran).toEqual({ result: { term: 1, may: true, holder: 'one' } })
    expect(others).toEqual([null])
    expect(await holder()).toBeNull()
    expect(await two.run(async ({ term }) => term)).toEqual({ result: 2 })
  })

  it('is given back after work that failed', async () => {
    await expect(one.run(() => Promise.reject(new TypeError('broken')))).rejects.toThrow('broken')
    expect(await holder()).toBeNull()
  })

  it('is shared by pieces of work of one process, and given back after the last of them', async () => {
    const gate = createGate()
    const first = one.run(async (grant) => {
      await gate.pass()
      return grant.term
    })
    await settle()
    expect(await one.run(async ({ term }) => term)).toEqual({ result: 1 })
    expect(await holder()).toBe('one')
    gate.open()
    expect(await first).toEqual({ result: 1 })
    expect(await holder()).toBeNull()
  })

  it('is kept beyond the work by whoever asks for it, until they let it go', async () => {
    const ran = await one.run(async grant => ({ grant, leave: grant.keep() }))
    if (!ran) throw new Error('somebody else has it')
    expect([await holder(), ran.result.grant.mayCall()]).toEqual(['one', true])
    await ran.result.leave()
    expect([await holder(), ran.result.grant.mayCall()]).toEqual([null, false])
  })

  it('is renewed, in the same term, by whoever has too little of it left for another call', async () => {
    const ran = await one.run(async (grant) => {
      clock.advance(CLAIM_LENGTH - CALL_NEEDS)
      const early = [grant.mayCall(), await grant.lasts(), (await claims.readClaim()).beat]
      clock.advance(1)
      return { early, late: [grant.mayCall(), await grant.lasts(), grant.mayCall()], stored: await claims.readClaim() }
    })
    expect(ran?.result).toMatchObject({ early: [true, true, 1], late: [false, true, true], stored: { holder: 'one', term: 1, beat: 2 } })
  })

  it('that another process has taken meanwhile is gone for good: no call, no renewal, and nothing to give back', async () => {
    const gate = createGate()
    const asked: Grant[] = []
    const work = one.run(async (grant) => {
      asked.push(grant)
      await gate.pass()
      return [grant.mayCall(), await grant.lasts(), grant.mayCall()]
    })
    await settle()
    expect(await takenOver(CLAIM_LENGTH + WATCH)).toBe(true)
    await claims.swapClaim({ beat: (await claims.readClaim()).beat, holder: 'two', term: 2, lasts: CLAIM_LENGTH })
    gate.open()
    expect(await work).toEqual({ result: [false, false, false] })
    expect(await holder()).toBe('two')
    expect(await asked[0]?.lasts()).toBe(false)
  })

  it('of a term that is over counts for nothing, although the process holds it again', async () => {
    const before = await one.run(async grant => grant)
    const now = await one.run(async grant => [before?.result.mayCall(), await before?.result.lasts(), grant.mayCall(), grant.term])
    expect(now?.result).toEqual([false, false, true, 2])
  })

  it('is not taken by whoever was overtaken between looking and taking', async () => {
    const hasty: ClaimStore = {
      ...claims,
      async readClaim() {
        const read = await claims.readClaim()
        await claims.swapClaim({ beat: read.beat, holder: 'two', term: read.term + 1, lasts: CLAIM_LENGTH })
        return read
      },
    }
    expect(await createSharedClaim({ claims: hasty, clock, me: 'one' }).run(async () => 'ran')).toBeNull()
    expect(await holder()).toBe('two')
  })

  it('cannot be had while the database is away: nothing runs, and the next try is like the first', async () => {
    store.available = false
    await expect(one.run(async () => 'ran')).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    store.available = true
    expect(await one.run(async () => 'ran')).toEqual({ result: 'ran' })
  })

  it('runs out by itself when the database is away at the end, and what the work brought is not lost', async () => {
    const ran = await one.run(async () => {
      store.available = false
      return 'done'
    })
    store.available = true
    expect(ran).toEqual({ result: 'done' })
    expect(await holder()).toBe('one')
    expect(await takenOver(CLAIM_LENGTH - 1000)).toBe(false)
    expect(await takenOver(2000)).toBe(true)
  })
})

it('what has to be named with a write is the term, where there is one', async () => {
  expect(termOf(undefined)).toEqual({})
  expect((await createSoleClaim().run(async grant => termOf(grant)))?.result).toEqual({})
  expect((await one.run(async grant => termOf(grant)))?.result).toEqual({ term: 1 })
})

it('the claim of the only process is always granted, and belongs to no term', async () => {
  const ran = await createSoleClaim().run(async grant => [grant.term, grant.mayCall(), await grant.lasts(), await grant.keep()()])
  expect(ran).toEqual({ result: [null, true, true, undefined] })
})
