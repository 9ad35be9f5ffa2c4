import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createHashingQueue } from '../../../server/accounts/hashing-queue.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Work that lasts until it is told to end. */
function createWork(queue = createHashingQueue()) {
  const running: { address: string, end: () => void }[] = []
  const refused: string[] = []
  const begin = (address: string) => void queue.run(address, () => new Promise<void>((resolve) => {
    running.push({ address, end: resolve })
  })).catch(({ code, details }) => void refused.push(`${address} ${code} ${details?.retryAfterSeconds}`))
  const settle = () => vi.advanceTimersByTimeAsync(0)
  return {
    running, refused, settle, begin,
    async endFirst() {
      running.shift()?.end()
      await settle()
    },
    addresses: () => running.map(({ address }) => address),
  }
}

describe('slots for password hashes', () => {
  it('F82: are eight, two of one address', async () => {
    const work = createWork()
    for (let nth = 0; nth < 20; nth++) work.begin('a')
    await work.settle()
    expect(work.addresses()).toEqual(['a', 'a'])
    for (let nth = 0; nth < 20; nth++) work.begin(`b${nth}`)
    await work.settle()
    expect(work.running).toHaveLength(8)
  })

  it('F82: whoever finds none is refused after two seconds, and told when to come back', async () => {
    const work = createWork()
    for (let nth = 0; nth < 9; nth++) work.begin(`a${nth}`)
    await vi.advanceTimersByTimeAsync(1_999)
    expect(work.refused).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(work.refused).toEqual(['a8 RATE_LIMITED 2'])
    await work.endFirst()
    work.begin('a9')
    await work.settle()
    expect(work.addresses()).toContain('a9')
  })

  it('F82: who comes after a crowd, and who came before it, is let in within two turns, from next door too', async () => {
    const work = createWork()
    for (let nth = 0; nth < 8; nth++) work.begin(`busy${nth}`)
    work.begin('10.0.0.1')
    for (let nth = 0; nth < 400; nth++) work.begin(`10.0.1.${nth}`)
    work.begin('10.0.0.2')
    await work.settle()
    await work.endFirst()
    await work.endFirst()
    expect(work.addresses()).toEqual(expect.arrayContaining(['10.0.0.1', '10.0.0.2']))
  })

  it('F82: who comes in the midst of a crowd from few neighbourhoods is let in within as many turns', async () => {
    const work = createWork()
    const crowd = (from: number) => {
      for (let nth = 0; nth < 200; nth++) work.begin(`198.${51 + nth % 3}.${from}.${nth}`)
    }
    crowd(1)
    work.begin('203.0.113.1')
    work.begin('2001:db8:1:2::/64')
    crowd(2)
    await work.settle()
    for (let turn = 0; turn < 2; turn++) await work.endFirst()
    expect(work.addresses()).toEqual(expect.arrayContaining(['203.0.113.1', '2001:db8:1:2::/64']))
    work.begin('198.51.9.9')
    for (let turn = 0; turn < 8; turn++) await work.endFirst()
    expect(work.addresses().filter(address => address.startsWith('198.52.')).length).toBeGreaterThan(0)
  })

  it('of an address that has its two are kept for others', async () => {
    const work = createWork()
    for (let nth = 0; nth < 7; nth++) work.begin('greedy')
    for (let nth = 0; nth < 6; nth++) work.begin(`a${nth}`)
    await work.settle()
    work.begin('newcomer')
    await work.settle()
    for (let turn = 0; turn < 6; turn++) await work.endFirst()
    expect(work.addresses()).toContain('newcomer')
    expect(work.addresses().filter(address => address === 'greedy').length).toBeLessThanOrEqual(2)
  })

  it('of an address go to those who wait there as soon as one of its own comes free', async () => {
    const work = createWork()
    for (let nth = 0; nth < 5; nth++) work.begin('office')
    await work.settle()
    for (const left of [2, 2, 2, 1, 0]) {
      await work.endFirst()
      expect(work.running).toHaveLength(left)
    }
    expect(work.refused).toEqual([])
  })

  it('F82: two are kept for those who signed in before, once there are any', async () => {
    const queue = createHashingQueue()
    const work = createWork(queue)
    queue.remember('known')
    for (let nth = 0; nth < 20; nth++) work.begin(`a${nth}`)
    await work.settle()
    expect(work.running).toHaveLength(6)
    for (let nth = 0; nth < 3; nth++) work.begin('known')
    await work.settle()
    expect(work.addresses().slice(6)).toEqual(['known', 'known'])
    for (let turn = 0; turn < 8; turn++) await work.endFirst()
    expect(work.running).toHaveLength(7)
  })

  it('F82: among strangers from everywhere, at twice what can be done, who signed in before always gets in, and others soon', async () => {
    let seed = 1
    /** Numbers below `limit` without a pattern, the same in every run. */
    const any = (limit: number) => (seed = seed * 48_271 % 2_147_483_647) % limit
    const queue = createHashingQueue({ pick: any })
    const hashing = () => new Promise<void>(resolve => void setTimeout(resolve, 120 + any(81)))
    const tryFrom = (address: string) => {
      const at = performance.now()
      return queue.run(address, hashing).then(() => performance.now() - at, () => null)
    }
    queue.remember('203.0.113.1')
    const known: Promise<number | null>[] = []
    const others: Promise<number | null>[] = []
    // Six places for strangers are 37 hashes in a second; these come twice as often.
    for (let nth = 0; nth < 6_000; nth++) {
      const from = nth % 600
      const ask = () => void tryFrom(`${1 + (from >> 8)}.${from & 255}.${nth % 250}.1`)
      setTimeout(ask, any(13))
      if (nth > 500 && nth % 250 === 0) {
        known.push(tryFrom('203.0.113.1'))
        others.push(tryFrom('192.0.2.1'))
      }
      await vi.advanceTimersByTimeAsync(13)
    }
    await vi.advanceTimersByTimeAsync(5_000)
    for (const took of await Promise.all(known)) expect(took ?? Infinity).toBeLessThan(2_000)
    const gotIn = (await Promise.all(others)).map(took => took !== null)
    for (let from = 0; from + 6 <= gotIn.length; from++) expect(gotIn.slice(from, from + 6), JSON.stringify(gotIn)).toContain(true)
  })

  it('those who wait are bounded: the one who has waited longest makes room', async () => {
    const work = createWork(createHashingQueue({ slots: 1, capacity: 3 }))
    for (const address of ['at work', 'a', 'b', 'c', 'd']) work.begin(address)
    await work.settle()
    expect(work.refused).toEqual(['a RATE_LIMITED 2'])
  })

  it('come free also when the work fails', async () => {
    const queue = createHashingQueue({ slots: 1 })
    await expect(queue.run('a', () => Promise.reject(new Error('no memory')))).rejects.toThrow('no memory')
    expect(await queue.run('a', async () => 'done')).toBe('done')
  })
})
