import { describe, expect, it } from 'vitest'
import { daysOf, entriesOf, nearnessOf, replacementIn } from '../../../../app/license/activity-days.ts'
import { dayIn } from '../../../../app/words/formatters.ts'
import { EVENT_GROUPS, EVENT_KINDS, kindsOf } from '../../../../shared/contracts.ts'
import type { EventView } from '../../../../shared/contracts.ts'

const AT = '2026-11-26T14:03:00.000Z'
const MINUTE = 60_000
const eventAt = (id: number, at: string, changes: Partial<EventView> = {}): EventView => ({
  id, kind: 'removed', at, firstAt: at, count: 1, actor: 'system', actorEmail: null, address: null, details: {}, finding: null, ...changes,
})
const later = (ms: number) => new Date(Date.parse(AT) + ms).toISOString()

const OLD = { replacedId: 'lic_old', replacedMethod: 'standard', replacedPlan: 'Business', replacedExpiresAt: '2027-01-01T00:00:00.000Z' }
const NEW = { licenseId: 'lic_new', method: 'offline', plan: 'Enterprise', expiresAt: '2028-01-01T00:00:00.000Z' }
const saved = (id: number, details: EventView['details'] = { ...OLD, ...NEW }) => eventAt(id, AT, { kind: 'activated', actor: 'user', details })
const told = (id: number, ms: number, details: EventView['details'] = { result: 'ok', licenseId: 'lic_old' }) => eventAt(id, later(ms), { kind: 'vendor_told', details })
const shapeOf = (events: EventView[]) => entriesOf(events).map(({ event, told: word }) => [event.id, word?.id ?? null])

it('every kind of event is in exactly one group', () => {
  expect(EVENT_GROUPS.flatMap(group => kindsOf(group)).toSorted()).toEqual(EVENT_KINDS.toSorted())
  for (const kind of EVENT_KINDS) expect(kindsOf(kind)).toEqual([kind])
})

describe('a license that was replaced', () => {
  it('is told with what was before and what came after', () => {
    expect(replacementIn(saved(1))).toEqual({
      before: { plan: 'Business', method: 'standard', expiresAt: OLD.replacedExpiresAt },
      after: { plan: 'Enterprise', method: 'offline', expiresAt: NEW.expiresAt }, another: true,
    })
  })

  it('by one that was put back is told like one that was saved, word of its seat included', () => {
    const back = { ...saved(1), kind: 'put_back' as const }
    expect(replacementIn(back)).toEqual(replacementIn(saved(1)))
    expect(shapeOf([told(2, 1000), back])).toEqual([[1, 2]])
  })

  it('and did not verify is told by its method', () => {
    expect(replacementIn(saved(1, { ...NEW, replacedMethod: 'standard' }))).toMatchObject({
      before: { plan: null, method: 'standard', expiresAt: null }, another: true,
    })
  })

  it('by the same license is another only in its terms, and none if they are the same', () => {
    const same = { replacedId: 'lic_new', replacedMethod: 'offline', replacedPlan: 'Enterprise' }
    expect(replacementIn(saved(1, { ...NEW, ...same, replacedExpiresAt: OLD.replacedExpiresAt })))
      .toMatchObject({ another: false, before: { expiresAt: OLD.replacedExpiresAt } })
    expect(replacementIn(saved(1, { ...NEW, ...same, replacedExpiresAt: NEW.expiresAt }))).toBeNull()
  })

  it.each([['the first license', saved(1, NEW)], ['a removal', eventAt(1, AT, { details: { ...OLD, ...NEW } })]])('is not %s', (_what, event) => {
    expect(replacementIn(event)).toBeNull()
  })

  it('and its seat given back are one entry, whatever lies between', () => {
    expect(shapeOf([eventAt(4, later(3000)), told(3, 2000), eventAt(2, later(1000)), saved(1)])).toEqual([[4, null], [2, null], [1, 3]])
  })

  it.each([
    ['of another license', told(3, 1000, { result: 'ok', licenseId: 'lic_other' })], ['that was given up', told(3, 1000, { result: 'given_up', licenseId: 'lic_old' })],
    ['that came much later', told(3, 11 * MINUTE)], ['of an earlier version, which names no license', told(3, 1000, { result: 'ok' })],
  ])('stays apart from word %s', (_what, word) => {
    expect(shapeOf([word, saved(1)])).toEqual([[3, null], [1, null]])
  })

  it('and removed later again: word of the removal is not word of the replacement', () => {
    const removed = eventAt(3, later(60_000), { kind: 'removed', actor: 'user', details: { licenseId: 'lic_old', method: 'standard' } })
    const back = saved(2, { ...OLD, ...NEW, replacedId: 'lic_new', licenseId: 'lic_old' })
    expect(shapeOf([told(4, 61_000), removed, back, saved(1)])).toEqual([[4, null], [3, null], [2, null], [1, null]])
  })
  it('twice within minutes has each its own word', () => {
    expect(shapeOf([told(4, 2000), saved(3), told(2, 1000), saved(1)])).toEqual([[3, 4], [1, 2]])
  })
})

describe('the days of the activity', () => {
  const entries = entriesOf([eventAt(3, '2026-11-26T08:30:00.000Z'), eventAt(2, '2026-11-25T23:30:00.000Z'), eventAt(1, '2026-11-25T12:00:00.000Z')])
  const shapeIn = (zone: string) => daysOf(entries, zone).map(({ day, entries: found }) => [day, ...found.map(({ event }) => event.id)])

  it.each([
    ['UTC', [['2026-11-26', 3], ['2026-11-25', 2, 1]]], ['Europe/Berlin', [['2026-11-26', 3, 2], ['2026-11-25', 1]]],
    ['America/Los_Angeles', [['2026-11-26', 3], ['2026-11-25', 2, 1]]], ['Pacific/Auckland', [['2026-11-26', 3, 2, 1]]],
  ])('are those of the zone: %s', (zone, days) => {
    expect(shapeIn(zone)).toEqual(days)
  })

  it('lie next to each other where the clocks change', () => {
    expect(dayIn('Europe/Berlin', Date.parse('2026-10-25T22:30:00.000Z'))).toBe('2026-10-25')
    expect(nearnessOf('2026-10-25', dayIn('Europe/Berlin', Date.parse('2026-10-25T23:30:00.000Z')))).toBe('yesterday')
  })

  it.each([['2027-01-01', 'today'], ['2026-12-31', 'yesterday'], ['2026-12-30', null], ['2027-01-02', null]])('%s is called %s on 1 January 2027', (day, nearness) => {
    expect(nearnessOf(day, '2027-01-01')).toBe(nearness)
  })

  it('come up again where the clock was set back', () => {
    const days = daysOf(entriesOf([eventAt(3, '2026-11-25T12:00:00.000Z'), eventAt(2, '2026-11-26T12:00:00.000Z'), eventAt(1, '2026-11-25T11:00:00.000Z')]), 'UTC')
    expect(days.map(({ day }) => day)).toEqual(['2026-11-25', '2026-11-26', '2026-11-25'])
  })
})
