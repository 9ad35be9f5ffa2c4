import { describe, expect, it } from 'vitest'
import { createWindowCounter } from '../../../server/http/window-counter.ts'

function createCounter(options: { points?: number, capacity?: number } = {}) {
  let at = 1
  const counter = createWindowCounter({ points: 2, duration: 1_000, now: () => at, ...options })
  return { counter, use: (key: string) => counter.use(key).wait, pass: (ms: number) => void (at += ms) }
}

describe('counting uses', () => {
  it('allows so many in a window that begins with the first, and says how long the rest lasts', () => {
    const { use, pass } = createCounter()
    expect(use('a')).toBeNull()
    pass(300)
    expect(use('a')).toBeNull()
    expect(use('a')).toBe(700)
    expect(use('b')).toBeNull()
    pass(701)
    expect(use('a')).toBeNull()
  })

  it('knows no difference between names', () => {
    const { use } = createCounter({ points: 1 })
    for (const key of ['__proto__', 'constructor', '']) expect([use(key), use(key)]).toEqual([null, 1_000])
  })

  it('what was given back may be used again, and is given back once', () => {
    const { counter, use } = createCounter()
    for (let nth = 0; nth < 9; nth++) {
      const { wait, giveBack } = counter.use('a')
      expect(wait).toBeNull()
      giveBack()
      giveBack()
    }
    expect([use('a'), use('a'), use('a')]).toEqual([null, null, 1_000])
  })

  it('what was not allowed is not counted: once all others are given back, nothing is left of it', () => {
    const { counter, use } = createCounter()
    const uses = Array.from({ length: 25 }, () => counter.use('a'))
    expect(uses.filter(({ wait }) => wait === null)).toHaveLength(2)
    for (const { giveBack } of uses) giveBack()
    expect([use('a'), use('a'), use('a')]).toEqual([null, null, 1_000])
  })

  it('what is given back late is not taken from the next window', () => {
    const { counter, use, pass } = createCounter()
    const early = [counter.use('a'), counter.use('a')]
    pass(1_001)
    expect(use('a')).toBeNull()
    for (const { giveBack } of early) giveBack()
    expect([use('a'), use('a')]).toEqual([null, 1_000])
  })

  it('F80: a million visitors with an address each leave no more than was meant to be kept', () => {
    const { counter, use, pass } = createCounter({ capacity: 20_000 })
    let largest = 0
    for (let nth = 0; nth < 1_000_000; nth++) {
      use(`visitor ${nth}`)
      largest = Math.max(largest, counter.size)
    }
    expect(largest).toBe(20_000)
    pass(1_001)
    expect(use('visitor 999999')).toBeNull()
  })

  it('a full table holds nobody up, and keeps whoever goes on trying', () => {
    const { use } = createCounter({ points: 1, capacity: 3 })
    for (const key of ['a', 'b', 'c']) expect(use(key)).toBeNull()
    expect(use('a')).toBe(1_000)
    expect(use('newcomer')).toBeNull()
    expect(use('a')).toBe(1_000)
    expect(use('b')).toBeNull()
  })
})
