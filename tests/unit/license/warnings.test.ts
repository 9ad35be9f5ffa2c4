import { describe, expect, it } from 'vitest'
import type { WarningsInput } from '../../../server/license/warnings.ts'
import { isoTime, warningsOf } from '../../../server/license/warnings.ts'
import type { LeaseClaims } from '../../../server/license/claims.ts'
import { airgappedClaims, DAY, leaseOf, offlineClaims, standardClaims } from '../../support/claims.ts'
import { START } from '../../support/simulated-clock.ts'
import { storedOf } from '../../support/holding.ts'

const MINUTE = 60_000
const moment: WarningsInput['moment'] = {
  effective: START, trusted: START, wall: START, reading: { wall: START, uptime: 0, boot: 'a' },
  record: { at: START, uptime: 0, boot: 'a', continuous: true }, continuous: true, state: 'active', entitled: true,
  inDoubt: false,
}

function inputOf(claims: LeaseClaims, changes: Partial<WarningsInput> = {}, failures = 0): WarningsInput {
  const lease = leaseOf(claims)
  return {
    holding: { kind: 'lease', lease, verdict: null }, license: storedOf(lease, { consecutiveFailures: failures }), moment, seatsUsed: null,
    provisioning: null, sandbox: false, ...changes,
  }
}
const endingIn = (ms: number) => ({ exp: (START + ms) / 1000 })
const codes = (input: WarningsInput) => warningsOf(input).map(({ code }) => code)

describe('EXPIRES_SOON', () => {
  it.each([[30 * DAY + 1000, null], [30 * DAY, 30], [30 * DAY - 1000, 29], [DAY, 1], [DAY - 1000, 0], [1000, 0]])('%i ms before the end: %j days', (left, days) => {
    const warnings = warningsOf(inputOf(offlineClaims(endingIn(left))))
    expect(warnings).toEqual(days === null ? [] : [{ code: 'EXPIRES_SOON', expiresAt: isoTime(START + left), days }])
  })

  it('never counts days below none', () => {
    const expired = inputOf(offlineClaims(endingIn(1000)), { moment: { ...moment, effective: START + 2 * DAY } })
    expect(warningsOf(expired)).toEqual([{ code: 'EXPIRES_SOON', expiresAt: isoTime(START + 1000), days: 0 }])
  })

  it.each([
    ['a subscription that renews by itself', standardClaims({ ...endingIn(DAY), renews: true }), 0, []],
    ['one that renews, but the last check-in failed', standardClaims({ ...endingIn(DAY), renews: true }), 1, ['EXPIRES_SOON']],
    ['one that does not renew', standardClaims({ ...endingIn(DAY), renews: false }), 0, ['EXPIRES_SOON']],
    ['an airgapped license', airgappedClaims(endingIn(DAY)), 0, ['EXPIRES_SOON']],
  ] as const)('for %s', (_, claims, failures, expected) => {
    expect(codes(inputOf(claims, {}, failures))).toEqual(expected)
  })

  it.each([
    ['active', true], ['grace', true], ['paused', true], ['expired', false], ['revoked', false], ['suspended', false], ['mismatch', false], ['invalid', false],
  ] as const)('in state %s: %s', (state, told) => {
    expect(codes(inputOf(offlineClaims(endingIn(DAY)), { moment: { ...moment, state } }))).toEqual(told ? ['EXPIRES_SOON'] : [])
  })
})

describe('CHECK_IN_FAILING', () => {
  const lease = leaseOf(standardClaims())
  const failing = { consecutiveFailures: 3, failingSince: START - MINUTE, lastError: 'NET_DNS', lastAttemptAt: START } as const

  it('tells since when, how often and why', () => {
    expect(warningsOf(inputOf(lease.claims, { license: storedOf(lease, failing) }))).toEqual([{
      code: 'CHECK_IN_FAILING', since: isoTime(START - MINUTE), failures: 3, lastError: { code: 'NET_DNS', reference: 'NCL-201', at: isoTime(START) },
    }])
  })

  it.each([
    ['an unknown error', { lastError: null }, null],
    ['an unknown time of the last attempt', { lastAttemptAt: null }, { code: 'NET_DNS', reference: 'NCL-201', at: isoTime(START - MINUTE) }],
  ])('copes with %s', (_, changes, lastError) => {
    expect(warningsOf(inputOf(lease.claims, { license: storedOf(lease, { ...failing, ...changes }) }))).toMatchObject([{ lastError }])
  })

  it.each([
    ['no failure', { ...failing, consecutiveFailures: 0 }], ['no beginning', { ...failing, failingSince: null }],
    ['an airgapped license', { ...failing, method: 'airgapped' as const }],
  ])('is silent with %s', (_, changes) => {
    expect(codes(inputOf(lease.claims, { license: storedOf(lease, changes) }))).toEqual([])
  })
})

describe('CLOCK_BEHIND and CLOCK_AHEAD', () => {
  it.each([
    [-5 * MINUTE - 1, true, ['CLOCK_BEHIND']], [-5 * MINUTE, true, []], [0, true, []], [5 * MINUTE, true, []], [5 * MINUTE + 1, true, ['CLOCK_AHEAD']],
    [5 * MINUTE + 1, false, []], [-5 * MINUTE - 1, false, ['CLOCK_BEHIND']],
  ])('wall clock off by %i ms, continuous %s: %j', (off, continuous, expected) => {
    expect(codes(inputOf(standardClaims(), { moment: { ...moment, wall: START + off, continuous } }))).toEqual(expected)
  })

  it('tell both times and the seconds between them', () => {
    const times = { seconds: 601, wallTime: isoTime(START + 600_600), trustedTime: isoTime(START) }
    expect(warningsOf(inputOf(standardClaims(), { moment: { ...moment, wall: START + 600_600 } }))).toEqual([{ code: 'CLOCK_AHEAD', ...times }])
    expect(warningsOf(inputOf(standardClaims(), { moment: { ...moment, wall: START - 600_600 } })))
      .toEqual([{ code: 'CLOCK_BEHIND', ...times, wallTime: isoTime(START - 600_600) }])
  })

  it('say nothing as long as there is no trusted time', () => {
    expect(codes(inputOf(standardClaims(), { moment: { ...moment, trusted: null, wall: 0 } }))).toEqual([])
  })
})

describe('SEATS_EXCEEDED', () => {
  it.each([
    [25, 26, [{ code: 'SEATS_EXCEEDED', seats: 25, used: 26 }]], [25, 25, []], [0, 1, [{ code: 'SEATS_EXCEEDED', seats: 0, used: 1 }]], [0, 0, []],
    [null, 10_000, []], [25, null, []],
  ])('%j seats, %j used', (seats, seatsUsed, expected) => {
    expect(warningsOf(inputOf(offlineClaims({ seats }), { seatsUsed }))).toEqual(expected)
  })
})

describe('ENV_DIFFERS and SANDBOX_BUILD', () => {
  it('tell why the operator\'s credential could not be applied', () => {
    expect(warningsOf(inputOf(offlineClaims(), { provisioning: { error: 'KEY_UNKNOWN' } }))).toEqual([{ code: 'ENV_DIFFERS', error: 'KEY_UNKNOWN', reference: 'NCL-102' }])
    expect(warningsOf(inputOf(offlineClaims(), { provisioning: { error: null } }))).toEqual([{ code: 'ENV_DIFFERS', error: null, reference: null }])
  })

  it('stand beside any state, also without a license', () => {
    const none = { holding: { kind: 'none' }, license: null, moment: { ...moment, trusted: null }, provisioning: { error: 'NET_DNS' }, sandbox: true, seatsUsed: 9 } as const
    expect(codes(inputOf(offlineClaims(), none))).toEqual(['ENV_DIFFERS', 'SANDBOX_BUILD'])
  })

  it('come after all others', () => {
    const all = inputOf(standardClaims({ ...endingIn(DAY), renews: false }), {
      seatsUsed: 99, sandbox: true, provisioning: { error: 'NET_DNS' }, moment: { ...moment, wall: 0 },
      license: storedOf(leaseOf(standardClaims()), { consecutiveFailures: 1, failingSince: START, lastError: 'NET_DNS', lastAttemptAt: START }),
    })
    expect(codes(all)).toEqual(['EXPIRES_SOON', 'CHECK_IN_FAILING', 'CLOCK_BEHIND', 'SEATS_EXCEEDED', 'ENV_DIFFERS', 'SANDBOX_BUILD'])
  })
})
