import { describe, expect, it } from 'vitest'
import { offeredPrevious, previousOf, PUT_BACK_WITHIN, putBackUntil } from '../../../server/license/previous.ts'
import { seqMarkOf } from '../../../server/license/record.ts'
import type { LeaseClaims } from '../../../server/license/claims.ts'
import { airgappedClaims, DAY, leaseOf, offlineClaims, OTHER_INSTANCE, standardClaims, verdictOf } from '../../support/claims.ts'
import { storedOf } from '../../support/holding.ts'
import { START } from '../../support/simulated-clock.ts'

const next = leaseOf(standardClaims({ sub: 'lic_next' }))
const keptOf = (claims: LeaseClaims, at = START) => {
  const lease = leaseOf(claims)
  return previousOf(storedOf(lease, { maskedKey: 'nc_ag_••••' }), { kind: 'lease', lease, verdict: null }, next, at)
}
const kept = keptOf(airgappedClaims())
if (!kept) throw new Error('an airgapped license can be put back')

describe('of a replaced license', () => {
  it('all is kept that it takes to put it back', () => {
    const { sub, seq, plan, exp, jti } = airgappedClaims()
    expect(kept).toMatchObject({ method: 'airgapped', jti, maskedKey: 'nc_ag_••••', sub, seq, plan, expiresAt: exp * 1000, replacedAt: START })
  })

  it('nothing is kept if it was standard, under a verdict, edited, of another installation, or of the license that comes now', () => {
    const lease = leaseOf(offlineClaims())
    const stored = storedOf(lease)
    expect(keptOf(offlineClaims())).not.toBeNull()
    expect(keptOf(standardClaims())).toBeNull()
    expect(keptOf(offlineClaims({ sub: 'lic_next' }))).toBeNull()
    expect(keptOf(offlineClaims({ instance_id: OTHER_INSTANCE }))).toBeNull()
    expect(previousOf(stored, { kind: 'lease', lease, verdict: verdictOf() }, next, START)).toBeNull()
    expect(previousOf(stored, { kind: 'invalid', code: 'TOKEN_SIGNATURE_INVALID', lease }, next, START)).toBeNull()
    expect(previousOf(null, { kind: 'none' }, next, START)).toBeNull()
  })

  it('nothing is kept from its last moment on', () => {
    const end = offlineClaims().exp * 1000
    expect(keptOf(offlineClaims(), end - 1)).toMatchObject({ replacedAt: end - 1 })
    expect(keptOf(offlineClaims(), end)).toBeNull()
  })
})

describe('the license that is offered', () => {
  const { sub, seq, jti } = kept
  const marks = [{ sub, seq, jti }, seqMarkOf(next)]

  it('is the one before for a day, or until its term ends', () => {
    expect(putBackUntil(kept)).toBe(START + DAY)
    expect(PUT_BACK_WITHIN).toBe(DAY)
    expect(putBackUntil({ ...kept, expiresAt: START + 5 })).toBe(START + 5)
    expect(offeredPrevious({ previous: kept, marks }, START + DAY - 1)).toBe(kept)
    expect(offeredPrevious({ previous: kept, marks }, START + DAY)).toBeNull()
    expect(offeredPrevious({ previous: null, marks }, START)).toBeNull()
  })

  it('is none once something newer about it was accepted, or nothing tells that it ever was', () => {
    expect(offeredPrevious({ previous: kept, marks: [{ sub, seq: seq + 1, jti: 'newer' }] }, START)).toBeNull()
    expect(offeredPrevious({ previous: kept, marks: [seqMarkOf(next)] }, START)).toBeNull()
  })
})
