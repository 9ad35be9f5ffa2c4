import { describe, expect, it } from 'vitest'
import { LANGUAGES } from '../../../../app/words/languages.ts'
import type { FactName, FindingCause, FindingFacts } from '../../../../shared/findings.ts'
import { FINDING_CAUSES, FINDING_TEXTS, isFindingCause, textOf } from '../../../../shared/findings.ts'
import { PASTE_CAUSES } from '../../../../shared/paste/cause-of-text.ts'
import { flattenMessages, readLocale } from '../../../support/app/locales.ts'

/* What the sentences of findings may say: of each cause what is known of it, in every language the same. */

const PARTS = ['seen', 'do'] as const
const messagesOf = (locale: string) => new Map(flattenMessages(readLocale(locale)))
const namesIn = (text = '') => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name))].toSorted()
const ROWS = Object.keys(FINDING_CAUSES).filter(isFindingCause).map((cause) => {
  const { facts, variants = [] } = FINDING_CAUSES[cause]
  return { cause, facts, texts: [cause, ...variants.map(variant => `${cause}_${variant}`)] }
})
const english = messagesOf('en')

describe.each(LANGUAGES.map(({ code }) => code))('the findings in %s', (locale) => {
  const messages = messagesOf(locale)
  const keys = [...messages.keys()].filter(key => key.startsWith('finding.'))

  it('are those that there are, each with what was seen and what to do, and none is left over', () => {
    expect(keys.toSorted()).toEqual(FINDING_TEXTS.flatMap(text => PARTS.map(part => `finding.${text}.${part}`)).toSorted())
  })

  it.each(ROWS)('$cause name the facts that English names, and none that is not listed for this cause', ({ facts, texts }) => {
    for (const text of texts) {
      for (const part of PARTS) {
        const key = `finding.${text}.${part}`
        expect([key, namesIn(messages.get(key))]).toEqual([key, namesIn(english.get(key))])
        expect([key, namesIn(messages.get(key)).filter(name => !facts.some(fact => fact === name))]).toEqual([key, []])
      }
    }
  })

  it('name nothing that a viewer is not told, and so say the same to everybody', () => {
    const hidden: readonly string[] = ['address', 'user', 'resolvers'] satisfies FactName[]
    expect(keys.filter(key => namesIn(messages.get(key)).some(name => hidden.includes(name)))).toEqual([])
  })

  it('say what was seen and what to do in sentences that end, and no two see the same', () => {
    expect(keys.filter(key => !/[.。]$/.test(messages.get(key) ?? ''))).toEqual([])
    const seen = keys.filter(key => key.endsWith('.seen')).map(key => messages.get(key))
    expect(seen.filter((text, at) => seen.indexOf(text) !== at)).toEqual([])
  })
})

it.each(ROWS)('every fact that is listed for $cause is named by one of its sentences', ({ facts, texts }) => {
  const named = texts.flatMap(text => PARTS.flatMap(part => namesIn(english.get(`finding.${text}.${part}`))))
  expect(facts.filter(fact => !named.includes(fact))).toEqual([])
})

it('every mistake in a paste is a cause of findings, in the order in which they are recognised', () => {
  expect(Object.keys(FINDING_CAUSES).filter(cause => PASTE_CAUSES.some(each => each === cause))).toEqual([...PASTE_CAUSES])
})

/* A text that names a fact which not every finding of its cause has is chosen only where that fact is there. */
it.each<[FindingCause, string, FindingFacts, string]>([
  ['web_page', 'web_page_titled', { title: 'Sign in' }, 'web_page'],
  ['rate_limited', 'rate_limited_until', { retryAt: '2026-11-26T14:03:00.000Z' }, 'rate_limited'],
  ['tls_version', 'tls_version', { version: 'TLS 1.1' }, 'tls_version_unknown'],
  ['reset_while_receiving', 'reset_while_receiving', { bytes: 0 }, 'reset_while_receiving_nothing'],
  ['clock_ahead', 'clock_ahead_ended', { expiresAt: '2026-11-26T14:03:00.000Z' }, 'clock_ahead'],
])('%s is told as %s with %o, and without it as %s', (cause, text, facts, without) => {
  const { stage } = FINDING_CAUSES[cause]
  expect([textOf({ cause, facts, stage }), textOf({ cause, facts: {}, stage })]).toEqual([text, without])
})
