import { describe, expect, it } from 'vitest'
import { isInForce, lossesOf } from '../../../../app/license/replacement.ts'
import type { LicenseState, Preview } from '../../../../shared/contracts.ts'

type Difference = NonNullable<Preview['difference']>
const END = '2027-06-01T00:00:00.000Z'

describe('a license in force', () => {
  it.each<[LicenseState, boolean, boolean]>([
    ['active', true, true], ['grace', true, true], ['paused', false, true], ['unlicensed', false, false], ['expired', false, false],
    ['revoked', false, false], ['suspended', false, false], ['mismatch', false, false], ['invalid', false, false],
  ])('%s: entitled %s, in force %s', (state, entitled, expected) => {
    expect(isInForce({ state, entitled })).toBe(expected)
  })
})

describe('what gets less', () => {
  it.each<[string, Difference, ReturnType<typeof lossesOf>]>([
    ['an earlier end', [{ field: 'expiresAt', current: END, next: '2027-05-31T00:00:00.000Z' }],
      [{ kind: 'ends', current: END, next: '2027-05-31T00:00:00.000Z' }]],
    ['an end a few hours earlier is none', [{ field: 'expiresAt', current: END, next: '2027-05-31T13:55:00.000Z' }], []],
    ['a later end is none', [{ field: 'expiresAt', current: END, next: '2027-07-01T00:00:00.000Z' }], []],
    ['features that go', [{ field: 'features', current: 'sso, scim, teams', next: 'teams, extensions' }], [{ kind: 'features', names: ['sso', 'scim'] }]],
    ['all features', [{ field: 'features', current: 'sso', next: '' }], [{ kind: 'features', names: ['sso'] }]],
    ['features that come are none', [{ field: 'features', current: '', next: 'sso' }], []],
    ['fewer seats', [{ field: 'seats', current: '50', next: '9' }], [{ kind: 'seats', current: 50, next: 9 }]],
    ['seats no longer unlimited', [{ field: 'seats', current: null, next: '500' }], [{ kind: 'seats', current: null, next: 500 }]],
    ['unlimited seats are none', [{ field: 'seats', current: '50', next: null }], []],
    ['lower limits, and new ones', [{ field: 'limits', current: 'limit_editor 10, limit_workspace unlimited', next: 'limit_base 3, limit_editor 10, limit_workspace 5' }],
      [{ kind: 'limit', name: 'limit_base', current: null, next: 3 }, { kind: 'limit', name: 'limit_workspace', current: null, next: 5 }]],
    ['higher limits, and those that go, are none', [{ field: 'limits', current: 'limit_base 3, limit_editor 10', next: 'limit_editor unlimited' }], []],
    ['another plan is no less', [{ field: 'plan', current: 'enterprise', next: 'business' }], []],
  ])('%s', (_what, difference, losses) => expect(lossesOf(difference)).toEqual(losses))

  it('begins with the end', () => {
    const kinds = lossesOf([{ field: 'seats', current: '50', next: '9' }, { field: 'expiresAt', current: END, next: '2026-01-01T00:00:00.000Z' }])
    expect(kinds.map(({ kind }) => kind)).toEqual(['ends', 'seats'])
  })

  it('is nothing where there was no license', () => {
    expect(lossesOf([{ field: 'method', current: null, next: 'offline' }, { field: 'seats', current: null, next: '9' }])).toEqual([])
  })
})
