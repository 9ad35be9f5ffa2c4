import { expect, it, onTestFinished, vi } from 'vitest'
import { lastLines, nameOpenWaits, openWaits, waitAtMost, waitFor } from '../../support/open-waits.ts'

/* What a test that hangs says. */

function useFakeTimers(): void {
  vi.useFakeTimers()
  onTestFinished(() => { vi.useRealTimers() })
}

it('a wait is open until it comes to its end, either way', async () => {
  const { promise, resolve } = Promise.withResolvers<string>()
  const waiting = waitFor('a parcel', promise, () => 'a van')
  const failing = waitFor('a letter', Promise.reject(new Error('lost')))
  expect(openWaits()).toEqual([expect.stringMatching(/^waited 0(\.\d)? s for a parcel; seen so far:\na van$/), expect.stringMatching(/for a letter$/)])
  resolve('here')
  expect(await waiting).toBe('here')
  await expect(failing).rejects.toThrow('lost')
  expect(openWaits()).toEqual([])
})

it('a test that ran out of time names what is open, any other failure does not', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const waiting = waitFor('a parcel', promise)
  const [late, wrong] = [new Error('Test timed out in 5000ms.'), new Error('expected 1 to be 2')]
  for (const error of [late, wrong]) nameOpenWaits(error)
  expect(late.message).toMatch(/^Test timed out in 5000ms\.\nwaited .* s for a parcel$/)
  expect(wrong.message).toBe('expected 1 to be 2')
  resolve()
  await waiting
})

it('a wait with an end says what it was for, how long and what was seen', async () => {
  useFakeTimers()
  const waiting = waitAtMost(3000, 'a parcel', new Promise(() => {}), () => 'a van')
  const outcome = expect(waiting).rejects.toThrow('waited 3 s for a parcel; seen so far:\na van')
  await vi.advanceTimersByTimeAsync(3000)
  await outcome
  expect(openWaits()).toEqual([])
})

it('a wait that is over leaves no timer', async () => {
  useFakeTimers()
  await waitAtMost(3000, 'a parcel', Promise.resolve())
  expect(vi.getTimerCount()).toBe(0)
})

it('of a process only the last lines are told', () => {
  expect(lastLines('one\ntwo\nthree\n', 2)).toBe('two\nthree')
})
