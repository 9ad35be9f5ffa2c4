import type { Log } from '../license/ports.ts'

/** Reports the first occurrence of a key at once, and counts the rest. */
export interface Repeats<Key> {
  /** Calls `tell` unless `key` has been noted since the last flush. */
  note(key: Key, tell: () => void): void
  /** Reports the counts, and starts over. */
  flush(): void
}

export interface RepeatsOptions<Key> {
  /** Reports how often a key was repeated; never called with 0. */
  tellRest: (key: Key, repeated: number) => void
  /** How many keys are reported by name between two flushes. */
  named?: number
  /** Reports how often all other keys came; never called with 0. */
  tellOthers?: (count: number) => void
}

/** Memory grows with the number of keys up to `named`, which must be set wherever a stranger can choose the keys. */
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

/** A log for messages that a stranger can trigger at will: between two flushes each takes two lines at most. */
export interface FoldedLog {
  /** Writes the first since the last flush at once, and counts the rest. `message` is a fixed text, never a visitor's. */
  warn(message: string, fields: Record<string, unknown>): void
  /** The same, at `error`. */
  error(message: string, fields: Record<string, unknown>): void
  /** Writes how many were left out since the last flush. */
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
