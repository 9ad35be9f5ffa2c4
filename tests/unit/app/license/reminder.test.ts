import { describe, expect, it } from 'vitest'
import { createReminder } from '../../../../app/license/reminder.ts'
import { LANGUAGES } from '../../../../app/words/languages.ts'
import { flattenMessages, readLocale } from '../../../support/app/locales.ts'

const REMINDER = { id: 'abc-1', at: new Date('2026-12-17T08:30:00.250Z'), made: new Date('2026-03-01T12:00:00Z') }
const octets = (line: string) => new TextEncoder().encode(line).length
/** As RFC 5545 §3.1 has a calendar read it: a line break and a space are nothing. */
const unfold = (file: string) => file.replaceAll('\r\n ', '').split('\r\n')
const unescape = (text: string) => text.replaceAll(/\\([\\;,n])/g, (_all, letter: string) => letter === 'n' ? '\n' : letter)
const valueOf = (file: string, name: string) => unfold(file).find(line => line.startsWith(`${name}:`))?.slice(name.length + 1)

describe.each(LANGUAGES.map(({ code }) => code))('the reminder in %s', (locale) => {
  const messages = new Map(flattenMessages(readLocale(locale)))
  const title = messages.get('renewal.icsTitle') ?? ''
  const text = (messages.get('renewal.icsText') ?? '').replace('{do}', messages.get('renewal.offline') ?? '').repeat(3)
  const file = createReminder({ ...REMINDER, title, text })

  it('has lines of 75 octets at most, none of which ends within a character', () => {
    const lines = file.split('\r\n')
    expect(lines.filter(line => octets(line) > 75)).toEqual([])
    expect(lines.length).toBeGreaterThan(15)
    expect(file.isWellFormed()).toBe(true)
    expect(file).not.toMatch(/[^\r]\n/)
  })
  it('says, once unfolded, exactly what it was given', () => {
    expect(unescape(valueOf(file, 'SUMMARY') ?? '')).toBe(title)
    expect(unescape(valueOf(file, 'DESCRIPTION') ?? '')).toBe(text)
  })
})

describe('a reminder', () => {
  it.each([
    ['letters of one, two, three and four octets', 'aäア💩'.repeat(40)], ['what has a meaning in a calendar', 'a;b,c\\d\ne'.repeat(20)],
    ['a line that is exactly full', 'x'.repeat(75 - 'SUMMARY:'.length)], ['one letter more than that', 'x'.repeat(76 - 'SUMMARY:'.length)],
  ])('holds %s', (_what, title) => {
    const file = createReminder({ ...REMINDER, title, text: title })
    expect(unescape(valueOf(file, 'SUMMARY') ?? '')).toBe(title)
    expect(file.split('\r\n').filter(line => octets(line) > 75)).toEqual([])
    expect(file).not.toMatch(/[^\r]\n/)
  })

  it('is one event of half an hour, in UTC, that rings when it begins', () => {
    expect(unfold(createReminder({ ...REMINDER, title: 'Renew', text: 'Now' }))).toEqual([
      'BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//NocoDB//License//EN', 'BEGIN:VEVENT', 'UID:abc-1@nocodb-license', 'DTSTAMP:20260301T120000Z',
      'DTSTART:20261217T083000Z', 'DURATION:PT30M', 'SUMMARY:Renew', 'DESCRIPTION:Now', 'BEGIN:VALARM', 'ACTION:DISPLAY', 'DESCRIPTION:Renew',
      'TRIGGER:PT0S', 'END:VALARM', 'END:VEVENT', 'END:VCALENDAR', '',
    ])
  })
})
