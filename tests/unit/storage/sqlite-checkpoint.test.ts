import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createCheckpointer } from '../../../server/storage/sqlite-checkpoint.ts'

beforeEach(() => { vi.useFakeTimers() })
afterEach(() => { vi.useRealTimers() })

/** A checkpointer whose checkpoints are ended by the test; `done`: nothing is left in the log. */
function observed() {
  const running: ((done: boolean) => void)[] = []
  let count = 0
  const checkpointer = createCheckpointer(() => {
    count++
    return new Promise<boolean>((resolve) => { running.push(resolve) })
  })
  return {
    checkpointer,
    get count() { return count },
    async end(done: boolean) {
      running.shift()?.(done)
      await vi.advanceTimersByTimeAsync(0)
    },
    /** Ends the checkpoint in vain, and says how long the next one was waited for. */
    async waitAfterFailure(): Promise<number> {
      const before = count
      await this.end(false)
      for (let waited = 0; waited < 60_000; waited += 100) {
        if (count > before) return waited
        await vi.advanceTimersByTimeAsync(100)
      }
      throw new Error('no further checkpoint was made')
    },
  }
}

describe('what was written to the log', () => {
  it('is brought into the main file within a second, a burst at once', async () => {
    const log = observed()
    for (let n = 0; n < 5; n++) log.checkpointer.written()
    await vi.advanceTimersByTimeAsync(1000)
    expect(log.count).toBe(1)
    await log.end(true)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(log.count).toBe(1)
  })

  it('is brought there by a steady writer too', async () => {
    const log = observed()
    for (let n = 0; n < 10; n++) {
      log.checkpointer.written()
      await vi.advanceTimersByTimeAsync(100)
    }
    expect(log.count).toBe(1)
  })

  it('while a checkpoint is made gets one of its own', async () => {
    const log = observed()
    log.checkpointer.written()
    await vi.advanceTimersByTimeAsync(1000)
    log.checkpointer.written()
    await vi.advanceTimersByTimeAsync(1000)
    expect(log.count).toBe(1)
    await log.end(true)
    await vi.advanceTimersByTimeAsync(1000)
    expect(log.count).toBe(2)
  })
})

describe('while somebody is in the way', () => {
  it('it is tried again less and less often, up to every ten seconds, and promptly once somebody has written', async () => {
    const log = observed()
    log.checkpointer.written()
    await vi.advanceTimersByTimeAsync(299)
    expect(log.count).toBe(0)
    await vi.advanceTimersByTimeAsync(1)
    expect(log.count).toBe(1)
    const waits: number[] = []
    for (let n = 0; n < 7; n++) waits.push(await log.waitAfterFailure())
    expect(waits).toEqual([600, 1_200, 2_400, 4_800, 9_600, 10_000, 10_000])
    log.checkpointer.written()
    expect(await log.waitAfterFailure()).toBe(300)
  })

  it('what is written after one that came through waits no longer than ever', async () => {
    const log = observed()
    log.checkpointer.written()
    await vi.advanceTimersByTimeAsync(300)
    for (let n = 0; n < 3; n++) await log.waitAfterFailure()
    await log.end(true)
    await vi.advanceTimersByTimeAsync(60_000)
    const before = log.count
    log.checkpointer.written()
    await vi.advanceTimersByTimeAsync(300)
    expect(log.count).toBe(before + 1)
    expect(await log.waitAfterFailure()).toBe(600)
  })

  it('something new does not wait for that', async () => {
    const log = observed()
    log.checkpointer.written()
    await vi.advanceTimersByTimeAsync(1000)
    for (let n = 0; n < 8; n++) await log.waitAfterFailure()
    await log.end(false)
    const before = log.count
    log.checkpointer.written()
    await vi.advanceTimersByTimeAsync(1000)
    expect(log.count).toBe(before + 1)
  })

  it('a checkpoint that fails is one in vain', async () => {
    let count = 0
    const checkpointer = createCheckpointer(async () => {
      count++
      throw new Error('the disk is full')
    })
    checkpointer.written()
    await vi.advanceTimersByTimeAsync(3000)
    expect(count).toBeGreaterThan(1)
    checkpointer.stop()
  })
})

it.each([
  ['before the first', 0], ['while one is made', 1000],
])('nothing is begun any more once it was stopped %s', async (_when, ms) => {
  const log = observed()
  log.checkpointer.written()
  await vi.advanceTimersByTimeAsync(ms)
  const before = log.count
  log.checkpointer.stop()
  log.checkpointer.written()
  await log.end(false)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(log.count).toBe(before)
})
