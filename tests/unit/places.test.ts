import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createPlaces } from '../../server/accounts/places.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Work that lasts until it is told to end. */
function createWork(places = createPlaces()) {
  const running: { address: string, end: () => void }[] = []
  const refused: string[] = []
  const begin = (address: string) => void places.run(address, () => new Promise<void>((resolve) => {
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

describe('places for password hashes', () => {
  it('F82: are eight, two of one address', async () => {
    const work = createWork()
    for (let nth = 0; nth < 20; nth++) work.begin('a')
    await work.settle()
    expect(work.addresses()).toEqual(['a', 'a'])
    for (let nth = 0; nth < 20; nth++) work.begin(`b${nth}`)
    await work.settle()
    expect(work.running).toHaveLength(8)
  })

  it('F82: a newcomer is refused after two seconds, and told when to come back', async () => {
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

  it('those who wait are bounded: the one who has waited longest makes room', async () => {
    const work = createWork(createPlaces({ places: 1, waiting: 3 }))
    for (const address of ['at work', 'a', 'b', 'c', 'd']) work.begin(address)
    await work.settle()
    expect(work.refused).toEqual(['a RATE_LIMITED 2'])
  })

  it('come free also when the work fails', async () => {
    const places = createPlaces({ places: 1 })
    await expect(places.run('a', () => Promise.reject(new Error('no memory')))).rejects.toThrow('no memory')
    expect(await places.run('a', async () => 'done')).toBe('done')
  })
})
