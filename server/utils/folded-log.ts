import type { Log } from '../license/ports.ts'

const EVERY = 60_000

/** A log for what a stranger can cause at will: it grows by two lines a minute for each message, however often that is said. */
export interface FoldedLog {
  /** Writes the first of a minute at once and counts the others. `message` is one of ours, never a visitor's text. */
  warn(message: string, fields: Record<string, unknown>): void
  /** Says how many were left out since the last time. */
  flush(): void
}

export function createFoldedLog(log: Log, every = EVERY): FoldedLog {
  const repeats = new Map<string, number>()
  function flush(): void {
    for (const [message, repeated] of repeats) if (repeated > 0) log.warn(message, { repeated })
    repeats.clear()
  }
  setInterval(flush, every).unref()
  return {
    warn(message, fields) {
      const repeated = repeats.get(message)
      repeats.set(message, repeated === undefined ? 0 : repeated + 1)
      if (repeated === undefined) log.warn(message, fields)
    },
    flush,
  }
}
