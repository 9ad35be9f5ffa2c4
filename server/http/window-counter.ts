import { LRUCache } from 'lru-cache'

export interface WindowCounterOptions {
  points: number
  /** Milliseconds. */
  duration: number
  /** Maximum number of keys. */
  capacity?: number
  /** A monotonic clock, in milliseconds. */
  now?: () => number
}

export interface Use {
  /** Milliseconds until the next use is allowed; null if this one was. */
  wait: number | null
  /** Takes the use back from the window it was counted in. Works once, and does nothing for a refused use. */
  giveBack: () => void
}

export interface WindowCounter {
  /** Counts one use if it is allowed. */
  use(key: string): Use
  readonly size: number
}

/**
 * Counts uses per key in windows that begin with a key's first use. Needs no timers, and memory is bounded: at capacity, the key
 * that has been quiet the longest is forgotten. Attackers gain nothing by that, since filling the table takes more addresses
 * than passwords can be hashed in a window; and unlike a table that refuses new keys, it never locks anybody out.
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
