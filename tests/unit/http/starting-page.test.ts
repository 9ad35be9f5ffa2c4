import { describe, expect, it } from 'vitest'
import { startingPage } from '../../../server/http/starting-page.ts'

function languageOf(accepted?: string, chosen?: string): string | undefined {
  return /<html lang="([^"]+)" dir="([^"]+)">/.exec(startingPage({ chosen, accepted }, 2))?.slice(1).join(' ')
}

describe('the page until the database answers', () => {
  it.each([
    ['de', 'de ltr'], ['de,en;q=0.5', 'de ltr'], ['fr-CA, fr;q=0.9, en;q=0.8', 'fr ltr'],
    ['en-GB,de;q=0.7', 'en ltr'], ['ja;q=0.9', 'ja ltr'], ['ar-EG,en;q=0.5', 'ar rtl'],
  ])('is in the first language that a browser asks for: %s', (accepted, language) => {
    expect(languageOf(accepted)).toBe(language)
  })

  it.each([
    ['pt', 'pt-BR ltr'], ['pt-PT,en;q=0.5', 'pt-BR ltr'], ['PT-br,en;q=0.5', 'pt-BR ltr'],
    ['zh-Hans-CN,en;q=0.5', 'zh-CN ltr'], ['de-AT,en;q=0.5', 'de ltr'],
  ])('is in the same language as spoken elsewhere, rather than in another: %s', (accepted, language) => {
    expect(languageOf(accepted)).toBe(language)
  })

  it.each([['nl,sv;q=0.9,es;q=0.8,en;q=0.7', 'es ltr'], ['*,ja;q=0.5', 'ja ltr'], [', ,fr', 'fr ltr']])(
    'passes over what it does not speak: %s', (accepted, language) => {
      expect(languageOf(accepted)).toBe(language)
    })

  it.each([[undefined], [''], ['nl'], ['*'], ['-'], ['constructor']])(
    'is in English where a browser asks for none that it speaks: %j', (accepted) => {
      expect(languageOf(accepted)).toBe('en ltr')
    })

  it('is in the language that was chosen, whatever the browser asks for, unless there is no such language', () => {
    expect(languageOf('de', 'ja')).toBe('ja ltr')
    for (const chosen of ['nl', '', '__proto__']) expect(languageOf('de', chosen), chosen).toBe('de ltr')
  })
})
