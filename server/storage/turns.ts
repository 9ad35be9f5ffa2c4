import { unavailable } from './storage-error.ts'

/** Hands one thing round, first come, first served. */
export interface Turns {
  /** Resolves when it is the caller's turn; rejects with `STORAGE_UNAVAILABLE` after `patience` milliseconds. */
  take(patience: number): Promise<void>
  /** Ends the turn; whoever took it calls this exactly once. */
  pass(): void
}

export function createTurns(): Turns {
  const waiting: (() => void)[] = []
  let taken = false
  return {
    take(patience) {
      if (!taken) {
        taken = true
        return Promise.resolve()
      }
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.splice(waiting.indexOf(enter), 1)
          reject(unavailable(new Error(`waited ${patience} ms for the database connection`)))
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
