import { describe, expect, it } from 'vitest'
import { createSharedClaim } from '../../../server/license/claim-holder.ts'
import { LicenseError } from '../../../server/license/errors.ts'
import { createSimulatedClock } from '../../support/simulated-clock.ts'
import type { StoredClaim, Watched } from '../../../server/license/check-in-claim.ts'
import { CALL_NEEDS, CLAIM_LENGTH, heldAfter, mayCall, release, renewal, takeOver, WATCH } from '../../../server/license/check-in-claim.ts'

const NOW = 1_000_000_000
const claimOf = (changes: Partial<StoredClaim> = {}): StoredClaim =>
  ({ holder: 'another', term: 7, beat: 30, validUntil: NOW + CLAIM_LENGTH, now: NOW, ...changes })

/** Looks every `every` ms at what `read` says, from uptime 0 on; after how long the claim is taken, or null within two minutes. */
function takenAfter(read: (uptime: number) => StoredClaim, every = 1000): number | null {
  let watched: Watched | null = null
  for (let uptime = 0; uptime <= 120_000; uptime += every) {
    const looked = takeOver(watched, read(uptime), 'me', uptime)
    if (looked.swap) return uptime
    watched = looked.watched
  }
  return null
}

describe('a claim', () => {
  it('that nobody has is taken at once, in a new term', () => {
    expect(takeOver(null, claimOf({ holder: null }), 'me', 5)).toEqual({
      watched: null, swap: { beat: 30, holder: 'me', term: 8, lasts: CLAIM_LENGTH },
    })
  })

  it('that is ours without our knowing, because the answer was lost, is taken again in a new term', () => {
    expect(takeOver(null, claimOf({ holder: 'me' }), 'me', 5).swap).toMatchObject({ beat: 30, term: 8 })
  })

  it('F69: of somebody who died is taken over within a minute, not before it has run out', () => {
    expect(takenAfter(uptime => claimOf({ now: NOW + uptime }))).toBe(CLAIM_LENGTH)
  })

  it('that ran out long ago is taken after a short watch: its holder may be about to come back', () => {
    expect(takenAfter(uptime => claimOf({ validUntil: NOW - 3_600_000, now: NOW + uptime }))).toBe(WATCH)
  })

  it('of somebody who gives a sign of life is never taken, even while the database\'s clock runs ahead by a year', () => {
    expect(takenAfter(uptime => claimOf({ beat: 30 + Math.floor(uptime / 4000), validUntil: NOW, now: NOW + 365 * 86_400_000 }))).toBeNull()
  })

  it('F69: is taken over although the database\'s clock has been set back, once it was watched for longer than any claim stands', () => {
    expect(takenAfter(uptime => claimOf({ now: NOW + uptime - 8 * 86_400_000 }))).toBe(CLAIM_LENGTH + WATCH)
  })

  it('is not taken by somebody who was frozen between two looks', () => {
    const { watched } = takeOver(null, claimOf({ validUntil: NOW - 1 }), 'me', 0)
    expect(takeOver(watched, claimOf({ validUntil: NOW - 1, now: NOW + 60_000 }), 'me', 60_000)).toEqual({
      watched: { beat: 30, since: 60_000, last: 60_000 }, swap: null,
    })
  })

  it('is renewed in the same term, and given back', () => {
    const held = heldAfter({ beat: 30, holder: 'me', term: 8, lasts: CLAIM_LENGTH }, 100)
    expect(held).toEqual({ term: 8, beat: 31, until: 100 + CLAIM_LENGTH })
    expect(renewal(held, 'me')).toEqual({ beat: 31, holder: 'me', term: 8, lasts: CLAIM_LENGTH })
    expect(release(held)).toEqual({ beat: 31, holder: null, term: 8, lasts: 0 })
  })

  it('allows a call as long as the call and its write end before it does', () => {
    const held = { until: CLAIM_LENGTH }
    expect([0, CLAIM_LENGTH - CALL_NEEDS, CLAIM_LENGTH - CALL_NEEDS + 1].map(uptime => mayCall(held, uptime))).toEqual([true, true, false])
  })
})

it('is held no longer than from the moment it was asked for, however slow the database is to answer', async () => {
  const clock = createSimulatedClock()
  const slow = async <T>(answer: T): Promise<T> => {
    clock.advance(10_000)
    return answer
  }
  const claims = {
    readClaim: () => slow({ holder: null, term: 1, beat: 1, validUntil: 0, now: 0 }),
    swapClaim: () => slow(true),
  }
  const ran = await createSharedClaim({ claims, clock, me: 'a' }).run(async grant => grant.mayCall())
  expect(ran).toEqual({ result: false })
})

it('is watched anew by whoever could not look in between', async () => {
  const clock = createSimulatedClock()
  let isAway = false
  const claims = {
    readClaim: () => isAway ? Promise.reject(new LicenseError('STORAGE_UNAVAILABLE')) : Promise.resolve(claimOf({ validUntil: NOW })),
    swapClaim: () => Promise.resolve(true),
  }
  const claim = createSharedClaim({ claims, clock, me: 'a' })
  const taken: number[] = []
  for (let passed = 0; passed <= 2 * WATCH; passed += 1000) {
    isAway = passed === WATCH - 1000
    await claim.run(async () => taken.push(passed)).catch(() => undefined)
    clock.advance(1000)
  }
  expect(taken[0]).toBe(2 * WATCH)
})
