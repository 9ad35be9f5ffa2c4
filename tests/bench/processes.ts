import { readFileSync } from 'node:fs'

/* What the system knows of a process (Linux). */

/** A tick of /proc is a hundredth of a second on every Linux. */
const MS_PER_TICK = 10

/** The processor time of a process so far, all its threads together, ms. */
export function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK
}

/** The resident memory of a process, MB. */
export function memoryOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) / 1024
}
