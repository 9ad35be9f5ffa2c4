import { expect, it } from 'vitest'
import { durationPartsOf, durationText } from '../../../shared/duration.ts'

it.each([
  [0, 0, 'second'], [57, 57, 'second'], [58, 1, 'minute'], [62, 1, 'minute'], [104, 2, 'minute'], [105, 2, 'minute'], [700, 12, 'minute'],
  [3479, 58, 'minute'], [3480, 1, 'hour'], [3720, 1, 'hour'], [3721, 62, 'minute'], [6299, 105, 'minute'], [6300, 2, 'hour'], [7200, 2, 'hour'],
  [8099, 2, 'hour'], [8100, 2.5, 'hour'], [12_600, 3.5, 'hour'],
  [83_519, 23, 'hour'], [83_520, 1, 'day'], [89_280, 1, 'day'], [89_281, 25, 'hour'], [151_199, 42, 'hour'], [151_200, 2, 'day'], [8 * 86_400, 8, 'day'],
  [400 * 86_400, 400, 'day'],
] as const)('%i s are %i of the unit %s', (seconds, amount, unit) => {
  expect(durationPartsOf(seconds)).toEqual({ unit, amount })
})

it('is put into the words of a language', () => {
  expect(['en', 'de', 'ja'].map(language => durationText(12_600, language))).toEqual(['3.5 hours', '3,5 Stunden', '3.5 時間'])
})
