import { beforeEach, describe, expect, it, vi } from 'vitest'
import { tally } from '../support/tally.ts'
import type { Year } from './replica-years/installation.ts'
import { liveYear } from './replica-years/installation.ts'
import type { Defects } from './replica-years/world.ts'

/*
 * Installations of two to five replicas on one database, a year each: the product's own domain, in simulated time, through outages,
 * partitions, deaths, freezes, clocks that drift and jump, renewals, verdicts and administrators. The README beside the folder says how
 * to replay one.
 */

const YEARS = Number(process.env.REPLICA_YEARS ?? 300)

// Signatures are not what this is about.
beforeEach(() => { vi.spyOn(crypto.subtle, 'verify').mockImplementation(async () => true) })

/** Lives years from seed 1 on, up to the first in which something is wrong. */
async function firstViolation(years: number, defects: Defects = {}): Promise<Year | null> {
  for (let seed = 1; seed <= years; seed++) {
    const year = await liveYear(seed, defects)
    if (year.violation !== null) return year
    calls += year.calls
  }
  return null
}
let calls = 0

const told = (year: Year | null) => year && `seed ${year.seed}: ${year.violation}\n${year.story.join('\n')}`

describe('replicas on one database', () => {
  it(`F55, F69, F91: ${YEARS} years: one call a due time, no fork, nothing set back, entitled as long as the license says and no longer`, async () => {
    calls = 0
    expect(told(await firstViolation(YEARS))).toBeNull()
    expect(calls).toBeGreaterThan(20 * YEARS)
    tally({ row: 'F91', tried: calls })
  })

  it('one seed tells one story, and another seed another', async () => {
    const [first, again, other] = [await liveYear(7, {}, true), await liveYear(7, {}, true), await liveYear(8, {}, true)]
    expect(again).toEqual(first)
    expect(first.story.length).toBeGreaterThan(100)
    expect(other.fingerprint).not.toBe(first.fingerprint)
  })

  it.each<[string, Defects, RegExp]>([
    ['a commit is written whatever has happened since', { noFence: true }, /set .* back|not what is stored|saw a fork|called for twice/],
    ['whoever takes the claim goes on with what it knew', { noReRead: true }, /not what is stored|called for twice|saw a fork|though nothing is wrong/],
    ['features pause when the grace period begins', { noGrace: true }, /is paused \d+ s before/],
    ['a claim that has run out is taken at the first look', { takesAtOnce: true }, /called for twice/],
  ])('F91: the same years show it when %s', async (_, defects, violation) => {
    const year = await firstViolation(300, defects)
    expect(year?.violation).toMatch(violation)
    const again = await liveYear(year?.seed ?? 0, defects)
    expect([again.violation, again.fingerprint]).toEqual([year?.violation, year?.fingerprint])
  })
})
