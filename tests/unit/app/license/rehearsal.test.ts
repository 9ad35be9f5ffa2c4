import { describe, expect, it } from 'vitest'
import type { Asked } from '../../../../app/license/rehearsal.ts'
import { askedIn, firstOf, queryOf, suppositionOf } from '../../../../app/license/rehearsal.ts'
import type { LicenseState, RehearsedState } from '../../../../shared/contracts.ts'

const FROM = '2026-03-01T12:00:00.000Z'
const TO = '2026-03-11T12:00:00.000Z'
const OUTAGE: Asked = { what: 'internet', from: FROM, to: TO }
const FOR_GOOD: Asked = { what: 'internet', from: FROM, to: null }
const AHEAD: Asked = { what: 'clock', seconds: 86_400 }

describe('what is asked', () => {
  it.each<[Asked, object, string]>([
    [OUTAGE, { offlineFrom: FROM, offlineUntil: TO }, 'what-if=internet&from=2026-03-01T12%3A00%3A00.000Z&to=2026-03-11T12%3A00%3A00.000Z'],
    [FOR_GOOD, { offlineFrom: FROM }, 'what-if=internet&from=2026-03-01T12%3A00%3A00.000Z'],
    [AHEAD, { clockOffsetSeconds: 86_400 }, 'what-if=clock&offset=86400'],
    [{ what: 'clock', seconds: -1 }, { clockOffsetSeconds: -1 }, 'what-if=clock&offset=-1'],
  ])('%j is a call and an address, and is read from that address again', (asked, supposition, address) => {
    expect(suppositionOf(asked)).toEqual(supposition)
    expect(new URLSearchParams(queryOf(asked)).toString()).toBe(address)
    expect(askedIn(Object.fromEntries(new URLSearchParams(address)))).toEqual(asked)
  })

  it('may be an address that somebody has typed', () => {
    expect(askedIn({ 'what-if': 'internet', 'from': '2026-03-01T13:00+01:00', 'to': '2026-03-11T12:00Z' })).toEqual(OUTAGE)
  })

  it.each([
    [{}, null], [{ 'what-if': 'flood' }, null], [{ 'what-if': ['clock', 'internet'] }, null],
    [{ 'what-if': 'internet' }, 'internet'], [{ 'what-if': 'internet', 'from': 'now' }, 'internet'],
    [{ 'what-if': 'internet', 'from': FROM, 'to': 'later' }, 'internet'], [{ 'what-if': 'internet', 'from': TO, 'to': FROM }, 'internet'],
    [{ 'what-if': 'internet', 'from': '2026-13-01T12:00Z' }, 'internet'], [{ 'what-if': 'internet', 'to': TO }, 'internet'],
    [{ 'what-if': 'clock' }, 'clock'], [{ 'what-if': 'clock', 'offset': '0' }, 'clock'], [{ 'what-if': 'clock', 'offset': '1e3' }, 'clock'],
    [{ 'what-if': 'clock', 'offset': '315576001' }, 'clock'], [{ 'what-if': 'clock', 'offset': ['1', '2'] }, 'clock'],
  ])('is no more than %j says: %j', (query, asked) => {
    expect(askedIn(query)).toBe(asked)
  })
})

describe('the sentence that matters first', () => {
  const seen = (state: LicenseState, because: RehearsedState['because'], day: number): RehearsedState => ({
    at: `2026-03-${day}T12:00:00.000Z`, state, because, entitled: state === 'active' || state === 'grace', clock: '', sentence: '',
  })
  const ACTIVE = seen('active', 'now', 10)
  const GRACE = seen('grace', 'check_in_missed', 11)
  const PAUSED = seen('paused', 'grace_over', 18)
  const BACK = seen('active', 'checked_in', 20)
  const ENDED = seen('expired', 'term_over', 28)

  it.each<[string, RehearsedState[], Asked]>([
    ['on', [ACTIVE], OUTAGE],
    ['on', [ACTIVE, GRACE, BACK], OUTAGE],
    ['onUntilEnd', [ACTIVE, ENDED], FOR_GOOD],
    ['onUntilEnd', [ACTIVE, GRACE, BACK, ENDED], OUTAGE],
    ['offThenOn', [ACTIVE, GRACE, PAUSED, BACK], OUTAGE],
    ['offThenOn', [ACTIVE, GRACE, PAUSED, BACK, ENDED], OUTAGE],
    ['offThenOn', [ACTIVE, seen('paused', 'clock', 10), BACK], AHEAD],
    ['offUntilInternet', [ACTIVE, GRACE, PAUSED], FOR_GOOD],
    ['offUntilInternet', [ACTIVE, GRACE, PAUSED, ENDED], FOR_GOOD],
    ['offForGood', [ACTIVE, GRACE, PAUSED, ENDED], OUTAGE],
    ['offUntilClock', [ACTIVE, seen('expired', 'clock', 10)], AHEAD],
    ['off', [seen('revoked', 'now', 10)], OUTAGE],
    ['off', [seen('paused', 'now', 10), ENDED], FOR_GOOD],
    ['offNow', [seen('paused', 'now', 10), BACK], OUTAGE],
  ])('is %s', (name, states, asked) => {
    expect(firstOf(states, asked).name).toBe(name)
  })

  it('says when features stop, when they start again, and when the term ends', () => {
    expect(firstOf([ACTIVE, GRACE, PAUSED, BACK, ENDED], OUTAGE)).toMatchObject({ stops: PAUSED.at, starts: BACK.at, ends: ENDED.at })
    expect(firstOf([seen('paused', 'now', 10), BACK], OUTAGE)).toMatchObject({ stops: '', starts: BACK.at, ends: '' })
  })
})
