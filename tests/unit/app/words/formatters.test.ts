import { expect, it } from 'vitest'
import { formatterOf } from '../../../../app/words/formatters.ts'

it('F80: formatters are kept, but not one for every spelling of a zone that a visitor thinks of', () => {
  const zoned = (timeZone: string) => formatterOf('en', { timeZone, dateStyle: 'short' })
  const first = zoned('Europe/Berlin')
  expect(zoned('Europe/Berlin')).toBe(first)
  const spellings = Array.from({ length: 1_000 }, (_, number) => [...'europe/berlin'].map((letter, at) => number >> at & 1 ? letter.toUpperCase() : letter).join(''))
  for (const spelling of spellings) zoned(spelling)
  expect(zoned('Europe/Berlin')).not.toBe(first)
  expect(zoned('Europe/Berlin').format(0)).toBe(first.format(0))
})
