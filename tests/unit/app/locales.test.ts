import { readdirSync, readFileSync } from 'node:fs'
import { createI18n } from 'vue-i18n'
import { describe, expect, it, test } from 'vitest'
import plurals from '../../../app/words/plurals.ts'
import { FEATURE_TITLES, LIMIT_CATALOGUE } from '../../../shared/contracts.ts'
import { isPasteCause, PASTE_CAUSES } from '../../../shared/paste/cause-of-text.ts'

const ROOT = new URL('../../../app/', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8')
const files = (extension: string, folder = '') =>
  readdirSync(new URL(folder, ROOT), { recursive: true, encoding: 'utf8' }).filter(path => path.endsWith(extension))

function* flatten(tree: object, prefix = ''): Generator<[string, string]> {
  for (const [name, value] of Object.entries(tree)) {
    if (typeof value === 'string') yield [prefix + name, value]
    else yield* flatten(value, `${prefix}${name}.`)
  }
}
const messagesOf = (locale: string) => new Map(flatten(JSON.parse(read(`locales/${locale}.json`))))
const english = messagesOf('en')
const others = files('.json', 'locales/').map(file => file.replace('.json', '')).filter(locale => locale !== 'en')

const sources = [...files('.vue'), ...files('.ts').filter(file => !file.startsWith('locales/'))].map(read).join('\n')
const literals = new Set([...sources.matchAll(/'([\w.-]+)'/g)].map(([, text = '']) => text))
/* `errors.${code}.title` stands for every key of that form. */
const patterns = [...sources.matchAll(/`([a-z]\w*\.[\w.${}\s?:'!=>()-]*\$\{[^`]*)`/g)].map(([, text = '']) => text)
  .map(text => ({ text, form: new RegExp(`^${text.replaceAll('.', '\\.').replaceAll(/\$\{[^}]*\}/g, '[\\w-]*')}$`) }))

describe('the words of the screen', () => {
  test('every one is used', () => {
    const unused = [...english.keys()].filter(key => !literals.has(key) && !patterns.some(({ form }) => form.test(key)))
    expect(unused).toEqual([])
  })

  test('every one that is asked for exists', () => {
    const asked = [...sources.matchAll(/\bt\(\s*'([^']+)'/g)].map(([, key = '']) => key)
    expect(asked.length).toBeGreaterThan(150)
    expect(asked.filter(key => !english.has(key))).toEqual([])
    const namespaces = new Set([...english.keys()].map(key => key.split('.')[0]))
    const dangling = patterns.filter(({ text, form }) => namespaces.has(text.split('.')[0])
      && ![...english.keys()].some(key => form.test(key)))
    expect(dangling).toEqual([])
  })
})

describe('whoever asks for a message', () => {
  const valuesOf = (text: string) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name))].toSorted()
  /* `t('key', { a, b: … }, n)`: what stands in braces of its own inside is a value, not a name. */
  const calls = [...sources.matchAll(/\bt\(\s*(?:'([^']+)'|`([^`]+)`)\s*(?:\)|,\s*\{((?:[^{}]|\{[^{}]*\})*)\}|,\s*([^)\s]))/g)]
    .map(([all, literal, pattern, object, other]) => ({ all, literal, pattern, object, other }))
  const given = (object: string) => [...object.replaceAll(/\{[^{}]*\}|\([^()]*\)/g, '').matchAll(/(?:^|,)\s*(\w+)/g)].map(([, name = '']) => name)

  test('gives it each value that it shows, and no other', () => {
    const wrong = calls.flatMap(({ all, literal, pattern, object, other }) => {
      // A number alone is `n`; how many values a message has that is chosen at run time, only its kin can say.
      if (other !== undefined) return []
      const form = patterns.find(({ text }) => text === `\`${pattern}\``)?.form
      const keys = literal === undefined ? [...english.keys()].filter(key => form?.test(key)) : [literal]
      const names = new Set(object === undefined ? [] : given(object))
      return keys.flatMap((key) => {
        const shown = valuesOf(english.get(key) ?? '')
        const missing = shown.filter(name => !names.has(name))
        const unused = literal === undefined ? [] : [...names].filter(name => !shown.includes(name))
        return missing.length + unused.length > 0 ? [`${all}: ${key} shows ${shown.join(', ') || 'no value'}`] : []
      })
    })
    expect(calls.length).toBeGreaterThan(200)
    expect(wrong).toEqual([])
  })
})

test('what the API calls the features is what the screen calls them in English', () => {
  expect(Object.fromEntries([...english].flatMap(([key, text]) => key.startsWith('features.') ? [[key.slice(9), text]] : []))).toEqual(FEATURE_TITLES)
  expect([...english.keys()].filter(key => key.startsWith('limits.')).map(key => key.slice(7))).toEqual([...LIMIT_CATALOGUE])
  const told = [...english.keys()].flatMap(key => /^finding\.(\w+)\.seen$/.exec(key)?.[1] ?? [])
  expect(told.filter(cause => isPasteCause(cause))).toEqual([...PASTE_CAUSES])
})

test('the languages are those that were promised', () => {
  expect(others.toSorted()).toEqual(['ar', 'de', 'es', 'fr', 'ja', 'pt-BR', 'zh-CN'])
})

const PLURAL_FORMS: Record<string, number> = { 'de': 2, 'fr': 2, 'es': 2, 'pt-BR': 2, 'ja': 1, 'zh-CN': 1, 'ar': 6 }
const names = (text: string) => new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))

describe.each(others)('the words in %s', (locale) => {
  const messages = messagesOf(locale)

  it('are complete, with none to spare', () => {
    expect([...messages.keys()]).toEqual([...english.keys()])
  })
  it('have the plural forms of the language, each with what is to be filled in', () => {
    for (const [key, text] of english) {
      const forms = messages.get(key)?.split('|') ?? []
      expect([key, forms.length]).toEqual([key, text.includes('|') ? PLURAL_FORMS[locale] : 1])
      for (const form of forms) {
        const expected = names(text)
        // A form for one or two may say the number in words.
        if (forms.length > 1 && !names(form).has('n')) expected.delete('n')
        expect([key, names(form)]).toEqual([key, expected])
      }
    }
  })
  it('are translated', () => {
    // Names and abbreviations are the same everywhere; sentences are not.
    const same = [...messages].filter(([key, text]) => text === english.get(key) && text.split(' ').length > 4).map(([key]) => key)
    expect(same).toEqual([])
  })
  it('are all understood by the library that shows them', () => {
    const warnings: string[] = []
    const i18n = createI18n({
      legacy: false, locale, messages: { [locale]: JSON.parse(read(`locales/${locale}.json`)) }, ...plurals,
      missing: (_locale, key) => { warnings.push(key) },
    })
    for (const [key, text] of messages) {
      const values = Object.fromEntries([...names(text)].map(name => [String(name), 'x']))
      const shown = i18n.global.t(key, { ...values, n: 3 }, 3)
      if (shown === '' || shown === key || /[{}|]/.test(shown)) warnings.push(`${key}: ${shown}`)
    }
    expect(warnings).toEqual([])
  })
})

test('the plural form follows the language', () => {
  const shown = (locale: string, count: number) => {
    const forms = plurals.pluralRules[locale]
    return forms?.(count, PLURAL_FORMS[locale] ?? 2)
  }
  expect([0, 1, 2, 5].map(count => shown('en', count))).toEqual([1, 0, 1, 1])
  expect([0, 1, 2, 1_000_000].map(count => shown('fr', count))).toEqual([0, 0, 1, 1])
  expect([0, 1, 2].map(count => shown('ja', count))).toEqual([0, 0, 0])
  expect([0, 1, 2, 3, 11, 100].map(count => shown('ar', count))).toEqual([0, 1, 2, 3, 4, 5])
})
