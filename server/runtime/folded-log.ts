import type { Log } from '../license/ports.ts'

const EVERY = 60_000

/** A log for what a stranger can cause at will: it grows by two lines a minute for each message, however often that is said. */
export interface FoldedLog {
  /** Writes the first of a minute at once and counts the others. `message` is one of ours, never a visitor's text. */
  warn(message: string, fields: Record<string, unknown>): void
  /** The same, at `error`. */
  error(message: string, fields: Record<string, unknown>): void
  /** Says how many were left out since the last time. */
  flush(): void
}

export function createFoldedLog(log: Log, every = EVERY): FoldedLog {
  const repeats = { warn: new Map<string, number>(), error: new Map<string, number>() }
  const fold = (level: keyof typeof repeats) => (message: string, fields: Record<string, unknown>) => {
    const repeated = repeats[level].get(message)
    repeats[level].set(message, repeated === undefined ? 0 : repeated + 1)
    if (repeated === undefined) log[level](message, fields)
  }
  function flush(): void {
    for (const level of ['warn', 'error'] as const) {
      for (const [message, repeated] of repeats[level]) if (repeated > 0) log[level](message, { repeated })
      repeats[level].clear()
    }
  }
  setInterval(flush, every).unref()
  return { warn: fold('warn'), error: fold('error'), flush }
}
