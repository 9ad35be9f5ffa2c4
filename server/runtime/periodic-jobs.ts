import { setTimeout as sleep } from 'node:timers/promises'

/** Recurring work of the process. Its timers do not keep the process alive. */
export interface PeriodicJobs {
  /** Runs `work` every `ms` milliseconds, the first time after `ms`. A run that fails is ignored; the next one comes as usual. */
  every(ms: number, work: () => void | Promise<unknown>): void
  /**
   * Runs `work` now, and again after the number of milliseconds it resolves to. A run that fails is reported; the next follows
   * after a second.
   */
  repeat(work: () => Promise<number>): void
  /** Starts no further run; a run under way goes on to its end. */
  stop(): void
}

/** Milliseconds until the next run of `repeat` after one that failed. */
const AFTER_FAILURE = 1_000

/** `report` is told of every run of `repeat` that fails. */
export function createPeriodicJobs(report: (error: unknown) => void): PeriodicJobs {
  const stopped = new AbortController()
  const { signal } = stopped

  async function loop(work: () => Promise<number>): Promise<void> {
    while (!signal.aborted) {
      const wait = await Promise.try(work).catch((error: unknown) => {
        report(error)
        return AFTER_FAILURE
      })
      await sleep(wait, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }

  return {
    every(ms, work) {
      if (signal.aborted) return
      const timer = setInterval(() => void Promise.try(work).catch(() => undefined), ms).unref()
      signal.addEventListener('abort', () => clearInterval(timer))
    },
    repeat: work => void loop(work),
    stop: () => stopped.abort(),
  }
}
