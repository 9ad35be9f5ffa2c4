import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { useTimeText, useZone } from '../../../../app/composables/useTimeText.ts'
import { useNow } from '../../../../app/stores/now.ts'
import { LANGUAGES } from '../../../../app/words/languages.ts'
import { openFreshPage } from '../../../support/app/nuxt-imports.ts'

const CODES = LANGUAGES.map(({ code }) => code)
const AT = '2026-12-31T22:30:00.000Z'

function timeIn(locale: string, zone = 'UTC', now = '2026-12-17T22:30:00.000Z') {
  openFreshPage(locale)
  useNow().value = Date.parse(now)
  useZone().value = zone
  return useTimeText()
}

beforeEach(() => openFreshPage())
afterEach(() => vi.restoreAllMocks())

describe.each(CODES)('times in %s', (locale) => {
  it('are of the Gregorian calendar, in Latin digits, and without letters that nobody sees', () => {
    const time = timeIn(locale)
    for (const text of [time.date(AT), time.absolute(AT), time.exact(AT)]) {
      expect(text).toMatch(/2026/)
      expect(text).toMatch(/31/)
    }
    for (const text of [time.date(AT), time.day(AT), time.clock(AT), time.absolute(AT), time.exact(AT), time.relative(AT), time.both(AT), time.count(1234)]) {
      expect(text).not.toMatch(/[٠-٩۰-۹０-９]|هـ|undefined|NaN|Invalid/)
    }
    expect([time.clock(AT), time.absolute(AT)].every(text => text.includes('22:30'))).toBe(true)
  })

  it('name their zone, which stays on the line of the time, and are of that zone', () => {
    const time = timeIn(locale, 'Asia/Tokyo')
    expect(time.absolute(AT)).toMatch(/2027/)
    expect(time.absolute(AT)).toMatch(/07:30/)
    // However the language writes it, the zone hangs on the time with a space that does not break.
    expect(time.absolute(AT)).toMatch(/\u00A0\S+$/)
  })

  it('days of the calendar are the same in every zone', () => {
    const [west, east] = ['America/Los_Angeles', 'Pacific/Auckland'].map(zone => timeIn(locale, zone).day('2026-03-01T00:00:00.000Z'))
    expect(west).toBe(east)
    expect(west).toMatch(/1/)
  })

  it.each([
    ['2026-12-31T22:30:00.000Z', 14, 'day'], ['2026-12-18T22:30:00.000Z', 1, 'day'], ['2026-12-16T22:30:00.000Z', -1, 'day'],
    ['2026-12-17T22:30:05.000Z', 5, 'second'], ['2026-12-17T19:30:00.000Z', -3, 'hour'], ['2026-12-17T22:31:00.000Z', 1, 'minute'],
    ['2027-12-17T22:30:00.000Z', 1, 'year'], ['2027-03-17T22:30:00.000Z', 3, 'month'], ['2027-02-10T22:30:00.000Z', 55, 'day'],
  ] as const)('%s is said to be %i %s(s) away', (iso, amount, unit) => {
    const tag = locale === 'ar' ? 'ar-u-nu-latn' : locale === 'en' ? 'en-GB' : locale
    const numeric = unit === 'year' || unit === 'month' ? 'always' : 'auto'
    expect(timeIn(locale).relative(iso)).toBe(new Intl.RelativeTimeFormat(tag, { numeric }).format(amount, unit))
  })
})

it('in Arabic calendar and digits are asked for, as browsers of some countries have others', () => {
  const tags: unknown[] = []
  for (const name of ['DateTimeFormat', 'RelativeTimeFormat', 'NumberFormat'] as const) {
    const original = Intl[name]
    vi.spyOn(Intl, name).mockImplementation(function (...[tag, options]: unknown[]) {
      tags.push(tag)
      return Reflect.construct(original, [tag, options])
    })
  }
  const time = timeIn('ar', 'Africa/Cairo')
  for (const make of [time.date, time.day, time.clock, time.absolute, time.exact, time.relative]) make(AT)
  time.count(1234)
  expect(tags.length).toBeGreaterThan(3)
  expect(tags.filter(tag => !/^\w+-u-(.*nu-latn.*ca-gregory|.*ca-gregory.*nu-latn)/.test(String(tag)))).toEqual([])
})

describe('words for a day', () => {
  it.each([
    ['en', '2026-06-03T20:00', '2026-06-04T21:00', 'tomorrow'], ['en', '2026-06-03T20:00', '2026-06-05T06:00', 'in 1 day'],
    ['en', '2026-06-03T20:00', '2026-06-02T19:00', 'yesterday'], ['en', '2026-06-03T08:00', '2026-06-01T22:00', '1 day ago'],
    ['de', '2026-06-03T08:00', '2026-06-05T08:00', 'übermorgen'], ['de', '2026-06-03T08:00', '2026-06-04T21:00', 'in 2 Tagen'],
    ['ja', '2026-06-03T08:00', '2026-06-05T08:00', '明後日'], ['ja', '2026-06-03T08:00', '2026-06-04T21:00', '2 日後'],
    ['fr', '2026-06-03T08:00', '2026-06-01T08:00', 'avant-hier'], ['fr', '2026-06-03T20:00', '2026-06-02T06:00', 'il y a 2 jours'],
  ])('are of the calendar: in %s, at %s, %s is %s', (locale, now, moment, said) => {
    expect(timeIn(locale, 'UTC', `${now}:00.000Z`).relative(`${moment}:00.000Z`)).toBe(said)
  })

  it('go by the calendar of the zone in use', () => {
    const [now, moment] = ['2026-06-03T20:00:00.000Z', '2026-06-05T00:30:00.000Z']
    expect(timeIn('en', 'UTC', now).relative(moment)).toBe('in 1 day')
    expect(timeIn('en', 'America/New_York', now).relative(moment)).toBe('tomorrow')
  })
})

it('what is relative to another moment goes by no clock of this page', () => {
  const time = timeIn('en')
  expect(time.relativeTo('2020-01-01T00:00:00.000Z', '2020-01-01T00:00:03.000Z')).toBe('3 seconds ago')
  expect(time.relativeTo('2020-01-01T00:00:00.400Z', '2020-01-01T00:00:00.000Z')).toBe('now')
})

it('what is relative goes by the server\'s clock, not by the browser\'s', () => {
  const time = timeIn('en', 'UTC', '2031-01-01T00:00:00.000Z')
  expect(time.relative('2031-01-15T00:00:00.000Z')).toBe('in 14 days')
  useNow().value += 86_400_000
  expect(time.relative('2031-01-15T00:00:00.000Z')).toBe('in 13 days')
})
