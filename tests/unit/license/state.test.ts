import { describe, expect, it } from 'vitest'
import type { Holding } from '../../../server/license/state.ts'
import { bordersOf, checkInDueAt, expiryOf, isByTime, isEntitled, pausesAt, stateOf } from '../../../server/license/state.ts'
import type { LeaseClaims } from '../../../server/license/claims.ts'
import { STATES } from '../../../shared/contracts.ts'
import { airgappedClaims, INSTANCE, leaseOf, offlineClaims, OTHER_INSTANCE, standardClaims, verdictOf } from '../../support/claims.ts'
import { START } from '../../support/simulated-clock.ts'

const EVERY = 21_600
const GRACE = 604_800
const IAT = START / 1000
const standard = standardClaims()

function holding(claims: LeaseClaims, verdict: Parameters<typeof verdictOf>[0] | null = null): Holding {
  return { kind: 'lease', lease: leaseOf(claims), verdict: verdict && verdictOf(verdict) }
}

describe('the state at its borders, to the millisecond', () => {
  const short = standardClaims({ exp: IAT + EVERY + 60 })
  const veryShort = standardClaims({ exp: IAT + 60 })
  const offline = offlineClaims()
  const airgapped = airgappedClaims()
  it.each([
    ['standard, check-in due', standard, IAT + EVERY, 'active', 'grace'],
    ['standard, end of grace', standard, IAT + EVERY + GRACE, 'grace', 'paused'],
    ['standard, end of term', standard, standard.exp, 'paused', 'expired'],
    ['standard whose term ends within grace', short, short.exp, 'grace', 'expired'],
    ['standard whose term ends before a check-in is due', veryShort, veryShort.exp, 'active', 'expired'],
    ['offline, end of term', offline, offline.exp, 'active', 'expired'],
    ['airgapped, end of term', airgapped, airgapped.exp, 'active', 'expired'],
  ] as const)('%s', (_, claims, border, before, after) => {
    const at = (ms: number) => stateOf(holding(claims), INSTANCE, border * 1000 + ms)
    expect([at(-1000), at(-1), at(0), at(1000)]).toEqual([before, before, after, after])
  })

  it('follows the signed periods, however short', () => {
    const claims = standardClaims({ check_in: { every: 2, grace: 5 } })
    const states = [0, 1, 2, 6, 7, 8].map(second => stateOf(holding(claims), INSTANCE, (IAT + second) * 1000))
    expect(states).toEqual(['active', 'active', 'grace', 'grace', 'paused', 'paused'])
  })

  it('is active before the lease was signed, as a wrong clock may have it', () => {
    expect(stateOf(holding(standard), INSTANCE, 0)).toBe('active')
  })
})

describe('the first that matches wins', () => {
  const late = standard.exp * 1000
  it.each([
    ['nothing stored', { kind: 'none' }, 'unlicensed'],
    ['a lease that does not verify', { kind: 'invalid', code: 'TOKEN_SIGNATURE_INVALID', lease: null }, 'invalid'],
    ['bound to another installation, revoked and over', holding(standardClaims({ instance_id: OTHER_INSTANCE }), { verdict: 'revoked' }), 'mismatch'],
    ['verdict bound_elsewhere, and over', holding(standard, { verdict: 'bound_elsewhere' }), 'mismatch'],
    ['revoked, and over', holding(standard, { verdict: 'revoked' }), 'revoked'],
    ['suspended, and over', holding(standard, { verdict: 'suspended' }), 'suspended'],
    ['over, and grace as well', holding(standard), 'expired'],
  ] as const)('%s', (_, held, expected) => {
    expect(stateOf(held, INSTANCE, late)).toBe(expected)
  })

  it('a verdict takes effect before anything is over', () => {
    expect(stateOf(holding(standard, { verdict: 'suspended' }), INSTANCE, START)).toBe('suspended')
    expect(stateOf(holding(airgappedClaims(), { verdict: 'bound_elsewhere' }), INSTANCE, START)).toBe('mismatch')
  })
})

describe('what follows from a state', () => {
  it('features are on while active and in grace only', () => {
    expect(STATES.filter(isEntitled)).toEqual(['grace', 'active'])
  })

  it('time alone brings about paused and expired', () => {
    expect(STATES.filter(isByTime)).toEqual(['expired', 'paused'])
  })
})

describe('the moments of a lease', () => {
  it('are signed for a standard license', () => {
    expect([checkInDueAt(standard), pausesAt(standard), expiryOf(standard)])
      .toEqual([(IAT + EVERY) * 1000, (IAT + EVERY + GRACE) * 1000, standard.exp * 1000])
  })

  it.each([offlineClaims(), airgappedClaims()])('are the end of the term alone for $method', (claims) => {
    expect([checkInDueAt(claims), pausesAt(claims)]).toEqual([Infinity, Infinity])
    expect(bordersOf(claims)).toEqual([claims.exp * 1000])
  })

  it('come in order, also when the term ends first', () => {
    expect(bordersOf(standard)).toEqual([(IAT + EVERY) * 1000, (IAT + EVERY + GRACE) * 1000, standard.exp * 1000])
    expect(bordersOf(standardClaims({ exp: IAT + 9 }))[0]).toBe((IAT + 9) * 1000)
  })
})
