import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isoTime } from '../../../server/license/warnings.ts'

const LAST = 8.64e15

describe('a time in ISO 8601', () => {
  it('is written as the language itself does, for every moment, before 1970 and within a millisecond too', () => {
    fc.assert(fc.property(fc.double({ min: -LAST, max: LAST, noNaN: true }), ms => isoTime(ms) === new Date(ms).toISOString()), { numRuns: 2_000 })
    fc.assert(fc.property(fc.integer({ min: -200_000, max: 200_000 }), ms => isoTime(ms) === new Date(ms).toISOString()), { numRuns: 2_000 })
  })

  it.each([NaN, Infinity, -Infinity, 9e15, -9e15])('%s has none', (ms) => {
    expect(() => isoTime(ms)).toThrow(RangeError)
  })
})
