import { performance } from 'node:perf_hooks'

/** What tells, without asking the database, that somebody has written. */
export interface ChangeHint {
  /** Stays the same for as long as nobody has written, as far as can be told; undefined where it cannot be told now. */
  mark(): string | number | undefined
  /** How long (ms) it is believed that nobody has, before the database is asked all the same. */
  readonly believedFor: number
  /** Somebody had written, and the mark stayed the same: it is not to be relied on. */
  missed(): void
}

/** How late (ms) a hint may come before it counts as missed. */
const LATE = 3_000

/**
 * Makes a function that resolves to whether the stored version is another than the given one. It asks the database only where the hint
 * does not rule that out; without a hint, always.
 */
export function createVersionLook(
  readVersion: () => Promise<number>, hint?: ChangeHint, elapsed = () => performance.now(),
): (version: number) => Promise<boolean> {
  let last: { mark: string | number, version: number, at: number } | null = null
  let doubt: { mark: string | number, at: number } | null = null

  function judgeHint(now: number): void {
    if (!doubt || now - doubt.at < LATE) return
    if (hint?.mark() === doubt.mark) hint.missed()
    doubt = null
  }

  return async (version) => {
    const now = elapsed()
    judgeHint(now)
    const mark = hint?.mark()
    const quiet = hint && last && mark === last.mark && now - last.at < hint.believedFor
    if (quiet && last?.version === version) return false
    const read = await readVersion()
    if (last && mark === last.mark && read !== last.version) doubt ??= { mark: last.mark, at: now }
    last = mark === undefined ? null : { mark, version: read, at: now }
    return read !== version
  }
}
