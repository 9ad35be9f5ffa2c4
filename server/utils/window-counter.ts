import { performance } from 'node:perf_hooks'

export interface WindowCounterOptions {
  points: number
  /** Milliseconds. */
  duration: number
  /** Keys kept at most. */
  capacity?: number
  /** Milliseconds that never jump. */
  now?: () => number
}

export interface WindowCounter {
  /** Counts one use; returns how long to wait (ms), or null when it was allowed. */
  use(key: string): number | null
  giveBack(key: string): void
  readonly size: number
}

/**
 * Counts uses per key in windows that begin with the first. All windows are of one length, so that the oldest key is the
 * first to end and no timer is needed: every use drops those that have ended. At capacity the oldest window ends early.
 * That frees nobody who is not free already: whoever can fill the table comes from more addresses than there are password
 * hashes in a window. And it never holds anybody up, as a table that refused newcomers would.
 */
export function createWindowCounter({
  points, duration, capacity = 20_000, now = () => performance.now(),
}: WindowCounterOptions): WindowCounter {
  const windows = new Map<string, { used: number, endsAt: number }>()

  function dropEnded(at: number): void {
    for (const [key, { endsAt }] of windows) {
      if (endsAt > at) return
      windows.delete(key)
    }
  }

  return {
    use(key) {
      const at = now()
      dropEnded(at)
      const window = windows.get(key)
      if (window) return ++window.used > points ? window.endsAt - at : null
      for (const [oldest] of windows) {
        if (windows.size < capacity) break
        windows.delete(oldest)
      }
      windows.set(key, { used: 1, endsAt: at + duration })
      return null
    },
    giveBack(key) {
      const window = windows.get(key)
      if (window) window.used--
    },
    get size() { return windows.size },
  }
}
