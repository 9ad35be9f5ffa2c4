import { readdirSync, readFileSync } from 'node:fs'

/* What the system knows of a process (Linux). */

/** The processor time of a process so far, all its threads together, ms. To the nanosecond: `/proc/…/stat` counts hundredths of a second. */
export function cpuMsOf(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`)
  return threads.reduce((sum, thread) => sum + ranOf(pid, thread), 0) / 1e6
}

/** Nanoseconds; none of a thread that has just ended. */
function ranOf(pid: number, thread: string): number {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ', 1)[0])
  }
  catch {
    return 0
  }
}

/** The resident memory of a process, MB. */
export function memoryOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) / 1024
}
