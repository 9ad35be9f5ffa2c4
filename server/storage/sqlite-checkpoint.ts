/** Soon enough that all that was acknowledged is in the main file within a second, late enough for a burst to share one. */
const DELAY_MS = 300
const LONGEST_DELAY_MS = 10_000

/** Brings what has been written from the write-ahead log into the main file, so that a copy of that alone is whole. */
export interface Checkpointer {
  /** Something has been committed. */
  written(): void
  stop(): void
}

/** `checkpoint` resolves to whether nothing is left in the log; another process may keep it from that for a while. */
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
      // A long wait is for whoever was in the way; what is new gets a try of its own. Never put off, or a steady writer would.
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
