import { describe, expect, it } from 'vitest'
import { remedyOf, sentenceOf, withSentences } from '../../../server/runtime/sentences.ts'
import type { FindingCause, FindingFacts } from '../../../shared/findings.ts'
import { REHEARSED_BECAUSE, STATES } from '../../../shared/contracts.ts'
import { FACTS, FINDING_CAUSES, seen } from '../../../shared/findings.ts'

const sentence = (cause: FindingCause, facts: FindingFacts = {}) => sentenceOf(seen('INTERNAL', cause, facts))
const remedy = (cause: FindingCause, facts: FindingFacts = {}) => remedyOf(seen('INTERNAL', cause, facts))

describe('a finding in English', () => {
  it('says what was seen, with its facts', () => {
    const told = sentence('dropped', { host: 'license.example', port: 443, seconds: 5 })
    for (const fact of ['license.example', '443', '5']) expect(told).toContain(fact)
    expect(sentence('ended', { expiresAt: '2026-03-01T12:00:00.000Z' })).toContain('2026-03-01T12:00:00.000Z')
  })

  it('says what to do, which is something else', () => {
    expect(remedy('disk_full', { location: '/data/license.db' })).not.toBe(sentence('disk_full', { location: '/data/license.db' }))
    expect(remedy('clock_ahead', { difference: 86_400 * 8 })).toContain('NTP')
  })

  it('is told by the variant that fits its facts', () => {
    expect(sentence('web_page', { host: 'license.example', title: 'Guest Wi-Fi' })).toContain('Guest Wi-Fi')
    expect(sentence('web_page', { host: 'license.example' })).not.toContain('Guest Wi-Fi')
    expect(remedy('clock_behind', { difference: 7200 })).toContain('time zone')
    expect(remedy('clock_behind', { difference: 700 })).not.toContain('time zone')
  })

  it.each([
    [9, '9 seconds'], [3600, '1 hour'], [6299, '105 minutes'], [7200, '2 hours'], [86_400, '1 day'], [8 * 86_400, '8 days'],
  ])('has a difference of %i s in words: %s', (difference, words) => {
    expect(sentence('clock_behind', { difference })).toContain(` ${words} `)
  })

  it('names what is not known as a question, and never a name in braces', () => {
    expect(sentence('refused', { host: 'license.example' })).toContain('?')
    expect(sentence('refused', { host: 'license.example' })).not.toMatch(/[{}]/)
  })

  it('writes an address in full, whose @ the texts have to escape', () => {
    expect(remedy('bound_elsewhere', { instanceId: 'a1'.repeat(16) })).toContain('cs@nocodb.com')
    expect(remedy('bound_elsewhere', { instanceId: 'a1'.repeat(16) })).toContain('a1'.repeat(16))
  })

  it('takes a fact as it is, whatever stands in it', () => {
    expect(sentence('web_page', { host: '{title} $& {\'x\'}', status: 200, title: 'T' })).toContain('{title} $& {\'x\'}')
  })

  const everyFact = Object.fromEntries(FACTS.map(name => [name, `<${name}>`]))
  it.each(Object.keys(FINDING_CAUSES) as FindingCause[])('%s is told in two sentences without a gap, where its facts are known', (cause) => {
    const { variants = [] } = FINDING_CAUSES[cause]
    for (const facts of [everyFact, Object.fromEntries(FINDING_CAUSES[cause].facts.map(name => [name, `<${name}>`]))]) {
      for (const told of [sentence(cause, facts), remedy(cause, facts)]) {
        expect(told).toMatch(/[.?)]$/)
        expect(told).not.toMatch(/[{}]/)
        // A variant may be told by facts that the cause itself need not have.
        if (facts === everyFact || variants.length === 0) expect(told.replace(/https?:\S+/g, '')).not.toMatch(/(?<!\w)\?/)
      }
    }
  })
})

describe('what a rehearsal foresees', () => {
  it('is told in two sentences, of every state and for every reason', () => {
    const seen = STATES.flatMap(state => REHEARSED_BECAUSE.map(because => ({ at: '', clock: '', entitled: false, state, because })))
    const told = (byClock: boolean) => withSentences({ from: '', until: '', states: seen }, byClock).states
    const states = told(false)
    expect(new Set(states.map(({ sentence: said }) => said)).size).toBe(STATES.length * REHEARSED_BECAUSE.length)
    for (const { sentence: said } of states) expect(said).toMatch(/^[A-Z][^{}]+\. [A-Z][^{}]+\.$/)
    const endedByClock = (all: typeof states) => all.filter(({ sentence: said }) => said.startsWith('By this server\'s clock, the license has expired.'))
      .map(({ state, because }) => [state, because])
    expect(endedByClock(states)).toEqual([['expired', 'clock']])
    expect(endedByClock(told(true))).toEqual([['expired', 'now'], ['expired', 'clock']])
  })
})
