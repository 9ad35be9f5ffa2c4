import { readFileSync } from 'node:fs'
import { describe, expect, it, test } from 'vitest'
import { LANGUAGES } from '../../../../app/words/languages.ts'
import { flattenMessages, readLocale } from '../../../support/app/locales.ts'

/* docs/words.md says which word each language has for a thing: the texts have those. */

const page = readFileSync(new URL('../../../../docs/words.md', import.meta.url), 'utf8')
const [head = [], , ...rows] = page.split('\n').filter(line => line.startsWith('|')).map(line => line.split('|').slice(1, -1).map(cell => cell.trim()))

test('every language has a column, and no thing stands there twice', () => {
  expect(head.toSorted()).toEqual(LANGUAGES.map(({ code }) => code).toSorted())
  expect(rows.length).toBeGreaterThan(20)
  expect(rows.filter(row => row.length !== head.length || row.includes(''))).toEqual([])
  expect(new Set(rows.map(([thing]) => thing)).size).toBe(rows.length)
})

describe.each(head)('in %s', (locale) => {
  const texts = [...flattenMessages(readLocale(locale))].map(([, text]) => text.toLowerCase()).join('\n')

  it.each(rows)('%s has the word that the page names', (...row) => {
    expect(texts).toContain(row[head.indexOf(locale)]?.toLowerCase())
  })
})
