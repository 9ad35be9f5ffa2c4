import { describe, expect, it } from 'vitest'
import type { Defects } from './claim-model.ts'
import { explore } from './claim-model.ts'

/* Every order of events for three replicas that serve two due times while two things go wrong. */

const LIMITS = { replicas: 3, dues: 2, faults: 2 }

describe('the check-in claim', () => {
  it('F91: however three replicas die, freeze, lose answers or the database: one call a due time, no fork, and no write by whoever lost the claim', () => {
    const { states, violation } = explore(LIMITS)
    expect(violation?.story ?? [], violation?.what).toEqual([])
    expect(states).toBeGreaterThan(50_000)
  })

  it.each<[string, Defects, string]>([
    ['nothing fences off a late write', { noFence: true }, 'somebody wrote who had lost the claim'],
    ['a late write is fenced off by its lease, but not by its term', { noTerm: true }, 'somebody wrote who had lost the claim'],
    ['a call goes out however long ago the claim was taken', { sendsLate: true }, 'one due time was called for twice'],
    ['a claim that has run out is taken at the first look', { takesAtOnce: true }, 'one due time was called for twice'],
  ])('F91: the same exploration notices when %s', (_, defects, what) => {
    const { violation } = explore(LIMITS, defects)
    expect(violation?.what).toBe(what)
    expect(violation?.story).toContain(defects.takesAtOnce ? 'the database goes' : 'r0 freezes')
  })
})
