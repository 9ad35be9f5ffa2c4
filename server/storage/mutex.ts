import { WaitedError } from './storage-cause.ts'
import { unavailable } from './storage-error.ts'

/** More than ever queue in normal operation; at the end of a longer queue nobody would be served in time. */
const LONGEST_QUEUE = 500

/** A lock that is granted in the order of asking. */
export interface Mutex {
  /** Resolves when it is the caller's turn; rejects with `STORAGE_UNAVAILABLE` after `patience` milliseconds. */
  take(patience: number): Promise<void>
  /** Ends the turn. Call it exactly once for each `take` that resolved. */
  pass(): void
}

export function createMutex(): Mutex {
  const waiting: (() => void)[] = []
  let taken = false
  return {
    take(patience) {
      if (!taken) {
        taken = true
        return Promise.resolve()
      }
      if (waiting.length >= LONGEST_QUEUE) return Promise.reject(unavailable(new WaitedError('a place to wait', 0, 'locked')))
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.splice(waiting.indexOf(enter), 1)
          reject(unavailable(new WaitedError('the database connection', patience, 'locked')))
        }, patience)
        function enter() {
          clearTimeout(timer)
          resolve()
        }
        waiting.push(enter)
      })
    },
    pass() {
      const next = waiting.shift()
      if (next) next()
      else taken = false
    },
  }
}
