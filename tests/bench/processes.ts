import { execFileSync } from 'node:child_process'
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

/** Keeps a process, with all its threads, on these processors: `0`, or `0-3`. */
export function keepOn(pid: number, processors: string): void {
  execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', processors, String(pid)], { stdio: 'ignore' })
}

/** The processors that a process may run on. */
export function processorsOf(pid: number): string {
  return /^Cpus_allowed_list:\s+(\S+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0'
}
