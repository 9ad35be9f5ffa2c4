import { describe, expect, it } from 'vitest'
import { resultSince } from '../../../server/license/joined-check-in.ts'
import type { StoredLicense } from '../../../server/license/stored-records.ts'
import { findingOf, seen } from '../../../shared/findings.ts'
import { leaseOf, standardClaims } from '../../support/claims.ts'
import { storedOf } from '../../support/holding.ts'
import { START } from '../../support/simulated-clock.ts'

const before = storedOf(leaseOf(standardClaims()), { lastAttemptAt: START })
const now = (changes: Partial<StoredLicense> = {}): StoredLicense => ({ ...before, lastAttemptAt: START + 5000, ...changes })
const unreachable = findingOf(seen('NET_DNS', 'dns_no_such_name', { host: 'vendor.example' }), START + 5000)

describe('the check-in that another process has made between two readings', () => {
  it('is none where there was no attempt in between, or no license before or after', () => {
    expect(resultSince(before, { ...before, lastState: 'grace' })).toBeNull()
    expect(resultSince(null, null)).toBeNull()
  })

  it('is one that worked', () => {
    expect(resultSince(before, now())).toEqual({ kind: 'fresh' })
  })

  it('is one that reached the license server although something was found, such as a wrong clock', () => {
    expect(resultSince(before, now({ lastFinding: findingOf(seen('CLOCK_AHEAD', 'clock_ahead', {}), START + 5000) }))).toEqual({ kind: 'fresh' })
    expect(resultSince(before, now({ lastFinding: findingOf(seen('LICENSE_REVOKED', 'revoked', {}), START + 5000) }))).toEqual({ kind: 'fresh' })
  })

  it('is one that failed, with what was found; it is not made again', () => {
    expect(resultSince(before, now({ lastFinding: unreachable }))).toEqual({
      kind: 'failed', finding: unreachable,
      failure: { ok: false, seen: unreachable, refusal: null, answered: true, retryAfterMs: null },
    })
  })

  it.each<[string, StoredLicense | null, StoredLicense | null]>([
    ['was removed', before, null], ['was activated', null, now()],
    ['was replaced', before, now({ activatedAt: before.activatedAt + 1 })], ['was replaced by one that fails', before, now({ activatedAt: START + 9, lastFinding: unreachable })],
  ])('says nothing of a license that %s in between', (_, one, other) => {
    expect(resultSince(one, other)).toEqual({ kind: 'dropped' })
  })
})
