import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMutex } from '../../../server/storage/mutex.ts'

const PATIENCE = 4000
const waited = (what: string) => ({ code: 'STORAGE_UNAVAILABLE', cause: { message: what, storageCause: 'locked' } })

beforeEach(() => { vi.useFakeTimers() })
afterEach(() => { vi.useRealTimers() })

/** Notes what becomes of a promise, without waiting for it. */
function watch(promise: Promise<void>): { outcome: unknown } {
  const watched: { outcome: unknown } = { outcome: 'waiting' }
  promise.then(() => { watched.outcome = 'served' }, (error: unknown) => { watched.outcome = error })
  return watched
}
const settle = () => vi.advanceTimersByTimeAsync(0)

describe('a mutex', () => {
  it('serves the first at once and the others in their order, one at a time', async () => {
    const mutex = createMutex()
    await mutex.take(PATIENCE)
    const [second, third] = [watch(mutex.take(PATIENCE)), watch(mutex.take(PATIENCE))]
    await settle()
    expect([second.outcome, third.outcome]).toEqual(['waiting', 'waiting'])
    mutex.pass()
    await settle()
    expect([second.outcome, third.outcome]).toEqual(['served', 'waiting'])
    mutex.pass()
    await settle()
    expect(third.outcome).toBe('served')
    mutex.pass()
    await mutex.take(PATIENCE)
  })

  it('refuses whoever has waited as long as they would, no sooner, and not the one behind', async () => {
    const mutex = createMutex()
    await mutex.take(PATIENCE)
    const hasty = watch(mutex.take(PATIENCE))
    await vi.advanceTimersByTimeAsync(1)
    const next = watch(mutex.take(PATIENCE))
    await vi.advanceTimersByTimeAsync(PATIENCE - 2)
    expect(hasty.outcome).toBe('waiting')
    await vi.advanceTimersByTimeAsync(1)
    expect(hasty.outcome).toMatchObject(waited('waited 4000 ms for the database connection'))
    expect(next.outcome).toBe('waiting')
    // Whoever was refused is in nobody's way.
    mutex.pass()
    await settle()
    expect(next.outcome).toBe('served')
  })

  it('leaves no timer of whoever was served, and none of the first', async () => {
    const mutex = createMutex()
    await mutex.take(PATIENCE)
    expect(vi.getTimerCount()).toBe(0)
    const second = watch(mutex.take(PATIENCE))
    expect(vi.getTimerCount()).toBe(1)
    mutex.pass()
    expect(vi.getTimerCount()).toBe(0)
    await vi.advanceTimersByTimeAsync(2 * PATIENCE)
    expect(second.outcome).toBe('served')
  })

  it('passes over those who have gone, however many', async () => {
    const mutex = createMutex()
    await mutex.take(PATIENCE)
    const gone = [watch(mutex.take(10)), watch(mutex.take(10))]
    const last = watch(mutex.take(PATIENCE))
    await vi.advanceTimersByTimeAsync(10)
    for (const { outcome } of gone) expect(outcome).toMatchObject(waited('waited 10 ms for the database connection'))
    mutex.pass()
    await settle()
    expect(last.outcome).toBe('served')
  })

  it('lets 500 wait, refuses the next at once, and takes another when one has gone', async () => {
    const mutex = createMutex()
    await mutex.take(PATIENCE)
    const queue = Array.from({ length: 500 }, () => watch(mutex.take(PATIENCE)))
    await expect(mutex.take(PATIENCE)).rejects.toMatchObject(waited('waited 0 ms for a place to wait'))
    expect(vi.getTimerCount()).toBe(500)
    mutex.pass()
    await settle()
    expect(queue.map(({ outcome }) => outcome).filter(outcome => outcome === 'served')).toHaveLength(1)
    const again = watch(mutex.take(PATIENCE))
    await settle()
    expect(again.outcome).toBe('waiting')
  })
})
