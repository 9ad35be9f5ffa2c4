import { setTimeout as sleep } from 'node:timers/promises'

/** What the process does again and again by itself, from its start to its stop. None of it keeps the process alive. */
export interface PeriodicJobs {
  /** Runs `work` every `ms`, first after `ms`. One that fails has its next chance the next time. */
  every(ms: number, work: () => unknown): void
  /** Runs `work` now, then again after as many milliseconds as it resolves to. One that rejects is not run again. */
  repeat(work: () => Promise<number>): void
  /** Begins nothing any more; what is under way goes on to its end. */
  stop(): void
}

export function createPeriodicJobs(): PeriodicJobs {
  const stopped = new AbortController()
  const { signal } = stopped

  async function loop(work: () => Promise<number>): Promise<void> {
    while (!signal.aborted) {
      const wait = await work()
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
