import { readFileSync } from 'node:fs'
import { describe, expect, it, test } from 'vitest'
import { LANGUAGES } from '../../../../app/words/languages.ts'
import { flattenMessages, readLocale } from '../../../support/app/locales.ts'

/* docs/words.md says which word each language has for a thing, and which it has not: the texts keep to it. */

const page = readFileSync(new URL('../../../../docs/words.md', import.meta.url), 'utf8')
const cellsOf = (line: string) => line.split('|').slice(1, -1).map(cell => cell.trim())
const tables = [...page.matchAll(/(?:^\|.*\n)+/gm)].map(([table]) => table.trim().split('\n').map(cellsOf).filter((_, at) => at !== 1))
const [[head = [], ...things] = [], [, ...avoided] = []] = tables
const textsOf = (locale: string) => [...flattenMessages(readLocale(locale))]

test('every language has a column, and no thing stands there twice', () => {
  expect(head.toSorted()).toEqual(LANGUAGES.map(({ code }) => code).toSorted())
  expect(things.length).toBeGreaterThan(20)
  expect(things.filter(row => row.length !== head.length || row.includes(''))).toEqual([])
  expect(new Set(things.map(([thing]) => thing)).size).toBe(things.length)
  expect(new Set(avoided.map(([locale = '']) => locale)).difference(new Set(head))).toEqual(new Set())
})

describe.each(head)('in %s', (locale) => {
  const texts = textsOf(locale).map(([, text]) => text.toLowerCase()).join('\n')

  it.each(things)('%s has the word that the page names', (...row) => {
    expect(texts).toContain(row[head.indexOf(locale)]?.toLowerCase())
  })
})

test.each(avoided)('in %s no text says %s, but %s', (locale = '', word = '', instead = '') => {
  // Chinese and Japanese have no spaces to tell where a word begins.
  const begins = ['ja', 'zh-CN'].includes(locale) ? '' : String.raw`(?<!\p{L})`
  const found = textsOf(locale).filter(([, text]) => new RegExp(begins + word, 'iu').test(text))
  expect(found).toEqual([])
  expect(textsOf(locale).some(([, text]) => text.toLowerCase().includes(instead.toLowerCase()))).toBe(true)
})
