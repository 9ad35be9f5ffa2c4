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

export interface Use {
  /** How long to wait (ms), or null when it was allowed. */
  wait: number | null
  /** Takes the use out of the window it was counted in, once; one that was not allowed counts nowhere. */
  giveBack: () => void
}

export interface WindowCounter {
  /** Counts one use, if it is allowed. */
  use(key: string): Use
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
      const present = windows.get(key)
      if (present && present.used >= points) return { wait: windows.getRemainingTTL(key), giveBack: () => undefined }
      const window = present ?? { used: 0 }
      if (!present) windows.set(key, window)
      window.used++
      let counted = true
      return {
        wait: null,
        giveBack() {
          if (counted) window.used--
          counted = false
        },
      }
    },
    get size() { return windows.size },
  }
}
