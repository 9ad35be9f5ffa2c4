import { describe, expect, it } from 'vitest'
import { standardClaims } from '../support/claims.ts'
import { createSandboxParts } from './sandbox-parts.ts'

/** What the watch over one installation reports, whose leases are told by their numbers. */
function forksAfter(story: (parts: Record<'present' | 'swap' | 'activate', (seq: number) => void>) => void): number[] {
  const { forks, licenses } = createSandboxParts()
  const license = licenses.create({ method: 'standard' })
  if (!license) throw new Error('the license was not created')
  const leaseOf = (seq: number) => standardClaims({ seq, jti: `jti-${seq}` })
  story({
    present: (seq) => { forks.presented(license, leaseOf(seq)) },
    swap: (seq) => { forks.swapped(leaseOf(seq)) },
    activate: (seq) => { forks.activated(leaseOf(seq)) },
  })
  return forks.list({}).map(({ presented }) => presented.seq)
}

describe('the watch for forks', () => {
  it('sees none where each lease continues the one before', () => {
    expect(forksAfter(({ activate, present, swap }) => {
      activate(1)
      for (const seq of [1, 2, 3]) {
        present(seq)
        swap(seq + 1)
      }
    })).toEqual([])
  })

  it('sees none where a key is exchanged while a check-in is on its way', () => {
    expect(forksAfter(({ activate, present, swap }) => {
      activate(1)
      present(1)
      swap(2)
      activate(3)
      present(2)
      swap(4)
      present(3)
    })).toEqual([])
  })

  it('sees one where a lease comes back that another has succeeded, be it one that a key was exchanged for', () => {
    expect(forksAfter(({ activate, present, swap }) => {
      activate(1)
      present(1)
      swap(2)
      present(2)
      present(1)
      present(2)
    })).toEqual([1, 2])
  })
})
