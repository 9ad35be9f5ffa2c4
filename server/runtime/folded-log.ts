import type { Log } from '../license/ports.ts'

/** What happens again and again, told the first time and then counted. */
export interface Repeats<Key> {
  /** Calls `tell` unless `key` has been noted since the last flush. */
  note(key: Key, tell: () => void): void
  /** Says what came after the first of each key, and begins anew. */
  flush(): void
}

export interface RepeatsOptions<Key> {
  /** Says how often a key came after its first time; never 0. */
  tellRest: (key: Key, repeated: number) => void
  /** Keys that are told one by one between two flushes. */
  named?: number
  /** Says how often any further key came; never 0. */
  tellOthers?: (count: number) => void
}

/** Counts in memory bounded by `named`, so that `named` must be set where a stranger chooses the keys. */
export function createRepeats<Key>({ tellRest, named = Infinity, tellOthers }: RepeatsOptions<Key>): Repeats<Key> {
  const repeats = new Map<Key, number>()
  let others = 0
  return {
    note(key, tell) {
      const repeated = repeats.get(key)
      if (repeated !== undefined) repeats.set(key, repeated + 1)
      else if (repeats.size >= named) others++
      else {
        repeats.set(key, 0)
        tell()
      }
    },
    flush() {
      for (const [key, repeated] of repeats) if (repeated > 0) tellRest(key, repeated)
      if (others > 0) tellOthers?.(others)
      repeats.clear()
      others = 0
    },
  }
}

/** A log for what a stranger can cause at will: each message is two lines between two flushes, however often it is written. */
export interface FoldedLog {
  /** Writes the first since the last flush at once and counts the others. `message` is one of ours, never a visitor's text. */
  warn(message: string, fields: Record<string, unknown>): void
  /** The same, at `error`. */
  error(message: string, fields: Record<string, unknown>): void
  /** Writes how many were left out since the last time. */
  flush(): void
}

export function createFoldedLog(log: Log): FoldedLog {
  const at = (level: 'warn' | 'error') => {
    const repeats = createRepeats<string>({ tellRest: (message, repeated) => log[level](message, { repeated }) })
    const write = (message: string, fields: Record<string, unknown>) => repeats.note(message, () => log[level](message, fields))
    return { write, flush: repeats.flush }
  }
  const [warn, error] = [at('warn'), at('error')]
  return {
    warn: warn.write,
    error: error.write,
    flush() {
      warn.flush()
      error.flush()
    },
  }
}
