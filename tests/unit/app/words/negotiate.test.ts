import { describe, expect, it } from 'vitest'
import { negotiateLanguage } from '../../../../app/words/negotiate.ts'

describe('the language of a page', () => {
  it.each([
    [undefined, 'de-AT,de;q=0.9,en;q=0.8', 'de'],
    [undefined, 'nl, fr-CA;q=0.7, en;q=0.3', 'fr'],
    [undefined, 'en;q=0.3, ja;q=0.9', 'ja'],
    [undefined, 'pt-PT', 'pt-BR'],
    [undefined, 'zh-TW, en;q=0.5', 'zh-CN'],
    [undefined, 'PT-br', 'pt-BR'],
    [undefined, 'es;q=0, ar', 'ar'],
    [undefined, 'nl-NL, ko', 'en'],
    [undefined, undefined, 'en'],
    ['fr', 'de', 'fr'],
    ['pt-BR', '', 'pt-BR'],
  ])('chosen %s, asked for %s: %s', (chosen, asked, expected) => {
    expect(negotiateLanguage(chosen, asked)).toBe(expected)
  })

  it.each(['', '*', ';;;,,,', 'de;q=', 'de;q=1e999', 'de;q=2', '__proto__', 'constructor', '-', 'a'.repeat(8000), 'en-'.repeat(2600), ' '.repeat(8000), '\u0000'])(
    'F81: nonsense in the header (%j) counts as absent', (asked) => {
      expect(negotiateLanguage(undefined, asked)).toBe('en')
    })

  it.each(['%E0%A4%A', '__proto__', 'constructor', 'DE', 'de-DE', ' de', 'x'.repeat(8000)])('F81: a chosen language that is none of ours (%j) counts as absent', (chosen) => {
    expect(negotiateLanguage(chosen, 'de')).toBe('de')
    expect(negotiateLanguage(chosen, undefined)).toBe('en')
  })
})
