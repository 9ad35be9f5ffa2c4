import { readFileSync } from 'node:fs'
import type { Composer } from 'vue-i18n'
import { createI18n } from 'vue-i18n'
import { describe, expect, it, test } from 'vitest'
import { compileWords } from '../../../../app/words/compile-words.ts'
import plurals from '../../../../app/words/plurals.ts'
import { LANGUAGES } from '../../../../app/words/languages.ts'

/** Translates with compiled messages that went through JSON, as they do in production. */
function i18nOf(locale: string, messages: string): Composer {
  return createI18n({ legacy: false, locale, messages: { [locale]: JSON.parse(messages) }, ...plurals }).global
}

function* namesIn(tree: object, prefix = ''): Generator<[string, string]> {
  for (const [name, value] of Object.entries(tree)) {
    if (typeof value === 'string') yield [prefix + name, value]
    else yield* namesIn(value, `${prefix}${name}.`)
  }
}

describe.each(LANGUAGES.map(({ code }) => code))('the compiled words in %s', (locale) => {
  const source = readFileSync(new URL(`../../../../app/locales/${locale}.json`, import.meta.url), 'utf8')
  const compiled = JSON.stringify(compileWords(JSON.parse(source)))

  it('say the same as their source, for every count', () => {
    const [wanted, shown] = [i18nOf(locale, source), i18nOf(locale, compiled)]
    for (const [name, text] of namesIn(JSON.parse(source))) {
      const values = Object.fromEntries([...text.matchAll(/\{(\w+)\}/g)].map(([, value = '']) => [value, `<${value}>`]))
      for (const count of [0, 1, 2, 3, 11, 100]) expect(shown.t(name, values, count)).toBe(wanted.t(name, values, count))
      expect(shown.te(name)).toBe(true)
    }
  })

  it('need no compiler: what holds more than text is taken apart already', () => {
    const strings = [...namesIn(JSON.parse(compiled))].filter(([name]) => !/\.[bcikstv](\.|$)/.test(name)).map(([, text]) => text)
    expect(strings.length).toBeGreaterThan(100)
    expect(strings.filter(text => /[{}|@\\]/.test(text))).toEqual([])
  })
})

test('plurals, named and listed values, literals and links to other messages are compiled', () => {
  const messages = {
    name: 'NocoDB', plural: 'nothing | one | {n} things', listed: '{0} before {1}', literal: 'cs{\'@\'}nocodb.com', linked: '@:name is here', upper: '@.upper:name',
  }
  const { t } = i18nOf('x', JSON.stringify(compileWords(messages)))
  expect([t('plural', 0), t('plural', 1), t('plural', 7)]).toEqual(['nothing', 'one', '7 things'])
  expect(t('listed', ['a', 'b'])).toBe('a before b')
  expect([t('literal'), t('linked'), t('upper')]).toEqual(['cs@nocodb.com', 'NocoDB is here', 'NOCODB'])
})

test('a message with a mistake ends the build', () => {
  expect(() => compileWords({ broken: 'a { brace' })).toThrow()
})
