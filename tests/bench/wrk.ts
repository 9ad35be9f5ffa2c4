import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cpuMsOf } from './processes.ts'

/* Load by wrk: a generator written in JavaScript would measure itself. */

export interface Load {
  url: string
  headers: Record<string, string>
  /** Of the server under load. */
  pid: number
  seconds: number
  connections: number
  /** Ms that each connection waits on average before it asks again; none by default, so that the server is the limit. */
  pause?: number
  /** Keeps the generator on this processor. */
  processor?: number
}

export interface Measured {
  perSecond: number
  /** Per second of the server's processor time: what it would answer with a processor to itself. */
  perProcessorSecond: number
  /** Milliseconds. */
  p99: number
  /** How much of one processor the server and wrk used, 1 being all of it. */
  server: number
  wrk: number
}

/** Puts a server under load. Rejects if anything but 2xx and 3xx was answered, or a connection failed. */
export async function load({ url, headers, pid, seconds, connections, pause = 0, processor }: Load): Promise<Measured> {
  const given = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
  const script = pause > 0 ? ['-s', pausing(pause)] : []
  const where = processor === undefined ? [] : ['taskset', '-c', String(processor)]
  const [command = '', ...args] = [...where, 'wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--latency', ...script, ...given, url]
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => { text += chunk.toString() })
  const before = { at: performance.now(), server: cpuMsOf(pid) }
  const own = watchCpu(child.pid ?? 0)
  const [code] = await once(child, 'close')
  const took = performance.now() - before.at
  const wrk = own()
  if (code !== 0 || /Socket errors|Non-2xx/.test(text)) throw new Error(`wrk ${url}: ${text}`)
  const used = cpuMsOf(pid) - before.server
  const perProcessorSecond = Number(/(\d+) requests in/.exec(text)?.[1]) * 1000 / used
  return { perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]), perProcessorSecond, p99: p99In(text), server: used / took, wrk: wrk / took }
}

/** Looks at a process while it runs, because afterwards it is gone. */
function watchCpu(pid: number): () => number {
  let last = 0
  const timer = setInterval(() => {
    try {
      last = cpuMsOf(pid)
    }
    catch { /* It has ended. */ }
  }, 50)
  return () => {
    clearInterval(timer)
    return last
  }
}

function p99In(text: string): number {
  const [, value, unit = ''] = /^\s+99%\s+([\d.]+)(us|ms|s)/m.exec(text) ?? []
  return Number(value) * ({ us: 0.001, ms: 1, s: 1000 }[unit] ?? NaN)
}

function pausing(ms: number): string {
  const file = join(mkdtempSync(join(tmpdir(), 'bench-')), 'pause.lua')
  writeFileSync(file, `function delay() return math.random(0, ${Math.round(2 * ms)}) end\n`)
  return file
}

/** Which side was the limit, for the table. */
export function limitOf({ perSecond, server, wrk }: Measured): string {
  const share = (part: number) => `${Math.round(part * 100)} %`
  return `${Math.round(perSecond).toLocaleString('en')} /s, ${server > wrk ? 'server' : 'wrk'} the limit (server ${share(server)}, wrk ${share(wrk)} of a core)`
}
