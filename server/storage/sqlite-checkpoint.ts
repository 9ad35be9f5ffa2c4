/**
 * Short enough for every acknowledged write to be in the main file within a second, long enough for a burst to share one
 * checkpoint.
 */
const DELAY_MS = 300
const LONGEST_DELAY_MS = 10_000

/** Moves what has been written from the write-ahead log into the main file, so that a copy of that alone is whole. */
export interface Checkpointer {
  /** To be called after every commit. */
  written(): void
  stop(): void
}

/** `checkpoint` resolves to whether the log is empty; another process may keep it from that for a while. */
export function createCheckpointer(checkpoint: () => Promise<boolean>): Checkpointer {
  let timer: NodeJS.Timeout | undefined
  let delay = DELAY_MS
  let running = false
  let writtenMeanwhile = false
  let stopped = false

  function arm(): void {
    if (!running && !stopped) timer ??= setTimeout(() => void run(), delay).unref()
  }

  function disarm(): void {
    clearTimeout(timer)
    timer = undefined
  }

  async function run(): Promise<void> {
    timer = undefined
    running = true
    writtenMeanwhile = false
    const done = await checkpoint().catch(() => false)
    running = false
    delay = done || writtenMeanwhile ? DELAY_MS : Math.min(delay * 2, LONGEST_DELAY_MS)
    if (!done || writtenMeanwhile) arm()
  }

  return {
    written() {
      writtenMeanwhile = true
      // The long delay was for another process in the way, and a new write deserves a prompt try. A short delay is not restarted,
      // or a steady writer would put the checkpoint off for ever.
      if (delay > DELAY_MS) disarm()
      delay = DELAY_MS
      arm()
    },
    stop() {
      stopped = true
      disarm()
    },
  }
}
