import { describe, expect, it } from 'vitest'
import { createWindowCounter } from '../../server/utils/window-counter.ts'

function createCounter(options: { points?: number, capacity?: number } = {}) {
  let at = 1
  const counter = createWindowCounter({ points: 2, duration: 1_000, now: () => at, ...options })
  return { counter, pass: (ms: number) => void (at += ms) }
}

describe('counting uses', () => {
  it('allows so many in a window that begins with the first, and says how long the rest lasts', () => {
    const { counter, pass } = createCounter()
    expect(counter.use('a')).toBeNull()
    pass(300)
    expect(counter.use('a')).toBeNull()
    expect(counter.use('a')).toBe(700)
    expect(counter.use('b')).toBeNull()
    pass(701)
    expect(counter.use('a')).toBeNull()
  })

  it('knows no difference between names', () => {
    const { counter } = createCounter({ points: 1 })
    for (const key of ['__proto__', 'constructor', '']) expect([counter.use(key), counter.use(key)]).toEqual([null, 1_000])
  })

  it('what was given back may be used again', () => {
    const { counter } = createCounter()
    for (let nth = 0; nth < 9; nth++) {
      expect(counter.use('a')).toBeNull()
      counter.giveBack('a')
    }
    counter.giveBack('nobody')
    expect(counter.size).toBe(1)
  })

  it('F80: a million visitors with an address each leave no more than was meant to be kept', () => {
    const { counter, pass } = createCounter({ capacity: 20_000 })
    let largest = 0
    for (let nth = 0; nth < 1_000_000; nth++) {
      counter.use(`visitor ${nth}`)
      largest = Math.max(largest, counter.size)
    }
    expect(largest).toBe(20_000)
    pass(1_001)
    expect(counter.use('visitor 999999')).toBeNull()
  })

  it('a full table holds nobody up, and keeps whoever goes on trying', () => {
    const { counter } = createCounter({ points: 1, capacity: 3 })
    for (const key of ['a', 'b', 'c']) expect(counter.use(key)).toBeNull()
    expect(counter.use('a')).toBe(1_000)
    expect(counter.use('newcomer')).toBeNull()
    expect(counter.use('a')).toBe(1_000)
    expect(counter.use('b')).toBeNull()
  })
})
