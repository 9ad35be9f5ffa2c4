import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { sleep } from './stand.ts'

/* What the kernel reports about a process (proc_pid(5)). */

export interface Handles { descriptors: number, sockets: number, threads: number }

/** A process's open files, sockets included, and its threads. */
export function handlesOf(pid: number): Handles {
  const names = readdirSync(`/proc/${pid}/fd`)
  const sockets = names.filter((name) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${name}`).startsWith('socket:')
    }
    catch {
      return false
    }
  })
  return { descriptors: names.length, sockets: sockets.length, threads: readdirSync(`/proc/${pid}/task`).length }
}

/** A process's resident memory, MiB. */
export function residentMiB(pid: number): number {
  return statusMiB(pid, 'VmRSS')
}

/** A process's peak resident memory, MiB. */
export function peakMiB(pid: number): number {
  return statusMiB(pid, 'VmHWM')
}

function statusMiB(pid: number, name: string): number {
  const kib = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  if (kib === undefined) throw new Error(`process ${pid} tells no ${name}`)
  return Number(kib) / 1024
}

/** Waits until a process has about as many handles as before (a few idle ones may remain); resolves to the last count. */
export async function untilHandlesAreBack(pid: number, before: Handles, timeoutMs = 120_000): Promise<Handles> {
  const end = performance.now() + timeoutMs
  for (;;) {
    const now = handlesOf(pid)
    if (now.descriptors <= before.descriptors + 5 && now.sockets <= before.sockets + 5) return now
    if (performance.now() > end) throw new Error(`handles are left over: before ${JSON.stringify(before)}, now ${JSON.stringify(now)}`)
    await sleep(500)
  }
}
