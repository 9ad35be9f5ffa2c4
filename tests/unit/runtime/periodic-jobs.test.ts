import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createPeriodicJobs } from '../../../server/runtime/periodic-jobs.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }))
afterEach(() => void vi.useRealTimers())

describe('periodic jobs', () => {
  it('run as often as told, first after that time', async () => {
    const jobs = createPeriodicJobs(() => undefined)
    const work = vi.fn()
    jobs.every(60_000, work)
    await vi.advanceTimersByTimeAsync(59_999)
    expect(work).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    expect(work).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(120_000)
    expect(work).toHaveBeenCalledTimes(3)
  })

  it.each<[string, () => Promise<unknown>]>([
    ['throws', () => { throw new Error('no database') }], ['rejects', () => Promise.reject(new Error('no database'))],
  ])('go on after one that %s, and nobody has to catch it', async (_how, fail) => {
    const jobs = createPeriodicJobs(() => undefined)
    const work = vi.fn(fail)
    jobs.every(1_000, work)
    await vi.advanceTimersByTimeAsync(3_000)
    expect(work).toHaveBeenCalledTimes(3)
  })

  it('end at the stop, also what would begin after it', async () => {
    const jobs = createPeriodicJobs(() => undefined)
    const work = vi.fn()
    jobs.every(1_000, work)
    jobs.stop()
    jobs.every(1_000, work)
    jobs.repeat(async () => {
      work()
      return 0
    })
    await vi.advanceTimersByTimeAsync(10_000)
    expect(work).not.toHaveBeenCalled()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('that say when they are next run at once, then after as long as they said, until the stop', async () => {
    const jobs = createPeriodicJobs(() => undefined)
    const waits = [1, 0, 2]
    const enough = Promise.withResolvers<void>()
    const work = vi.fn(async () => {
      const wait = waits.shift()
      // The last wait is cut short by the stop: nothing keeps this test that long.
      if (wait === undefined) enough.resolve()
      return wait ?? 3_600_000
    })
    jobs.repeat(work)
    expect(work).toHaveBeenCalledTimes(1)
    await enough.promise
    expect(work).toHaveBeenCalledTimes(4)
    jobs.stop()
    await new Promise(resolve => setTimeout(resolve))
    expect(work).toHaveBeenCalledTimes(4)
  })

  it.each<[string, () => Promise<number>]>([
    ['throws', () => { throw new Error('defect') }], ['rejects', () => Promise.reject(new Error('defect'))],
  ])('that say when they are next are reported and run again if one %s', async (_how, fail) => {
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    const reported: unknown[] = []
    const jobs = createPeriodicJobs(error => void reported.push(error))
    const again = Promise.withResolvers<void>()
    const work = vi.fn(fail).mockImplementationOnce(fail).mockImplementation(async () => {
      again.resolve()
      return 3_600_000
    })
    jobs.repeat(work)
    await vi.waitFor(() => expect(reported).toEqual([new Error('defect')]))
    await again.promise
    expect(work).toHaveBeenCalledTimes(2)
    jobs.stop()
  })
})
