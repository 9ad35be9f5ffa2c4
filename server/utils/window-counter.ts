import { LRUCache } from 'lru-cache'

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
 * Counts uses per key in windows that begin with the first. Without timers, and with an upper bound: at capacity the key that
 * has been quiet for longest is forgotten. That frees nobody who is not free already, since whoever can fill the table comes
 * from more addresses than passwords can be hashed in a window; and it never holds anybody up, as a table that refused
 * newcomers would.
 */
export function createWindowCounter({ points, duration, capacity = 20_000, now }: WindowCounterOptions): WindowCounter {
  const windows = new LRUCache<string, { used: number }>({
    max: capacity, ttl: duration, ttlResolution: 0, ...(now ? { perf: { now } } : {}),
  })
  return {
    use(key) {
      const window = windows.get(key)
      if (window) return ++window.used > points ? windows.getRemainingTTL(key) : null
      windows.set(key, { used: 1 })
      return null
    },
    giveBack(key) {
      const window = windows.peek(key)
      if (window) window.used--
    },
    get size() { return windows.size },
  }
}
