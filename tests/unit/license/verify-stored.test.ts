import { describe, expect, it } from 'vitest'
import type { StoredStatement } from '../../../server/license/verify-stored.ts'
import { isSameStatement } from '../../../server/license/verify-stored.ts'
import { leaseOf, standardClaims, verdictOf } from '../../support/claims.ts'
import { storedOf } from '../../support/holding.ts'

const license = storedOf(leaseOf(standardClaims()))
const marks = [{ sub: 'lic_1', seq: 3, jti: 'jti-3' }, { sub: 'lic_2', seq: 1, jti: 'jti-1' }]
const row: StoredStatement = { license, marks }

describe('what was verified of one row', () => {
  it.each<[string, StoredStatement]>([
    ['that is read again', { license: { ...license }, marks: marks.map(mark => ({ ...mark })) }],
    ['whose marks come in another order', { license, marks: marks.toReversed() }],
    ['that tells of another attempt', { license: { ...license, lastAttemptAt: 5, consecutiveFailures: 2, lastState: 'grace' }, marks }],
  ])('holds for one %s', (_, other) => {
    expect(isSameStatement(row, other)).toBe(true)
  })

  it.each<[string, StoredStatement]>([
    ['another lease', { license: { ...license, lease: `${license.lease}A` }, marks }],
    ['another method', { license: { ...license, method: 'airgapped' }, marks }],
    ['a verdict', { license: { ...license, verdict: verdictOf().jws }, marks }],
    ['no license', { license: null, marks }],
    ['a mark that went further', { license, marks: [{ sub: 'lic_1', seq: 4, jti: 'jti-3' }, ...marks.slice(1)] }],
    ['a mark of another statement', { license, marks: [{ sub: 'lic_1', seq: 3, jti: 'jti-4' }, ...marks.slice(1)] }],
    ['a mark of another license', { license, marks: [{ sub: 'lic_3', seq: 3, jti: 'jti-3' }, ...marks.slice(1)] }],
    ['a mark less', { license, marks: marks.slice(1) }],
  ])('has to be verified anew for one with %s', (_, other) => {
    expect(isSameStatement(row, other)).toBe(false)
  })
})
