import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { COMPILED } from '../compiled.ts'
import { freePort } from '../free-port.ts'
import { waitAtMost } from '../open-waits.ts'
import { createSandboxControl } from './control-client.ts'
import type { SandboxControl } from './control-client.ts'

export interface LicenseServerProcess {
  url: string
  port: number
  control: SandboxControl
  /** Sends SIGTERM; resolves once the process is gone. */
  stop(): Promise<void>
  /** Sends SIGKILL; resolves once the process is gone. */
  kill(): Promise<void>
}

export interface LicenseServerOptions {
  /** Any free one by default; pass an earlier server's port to replace it. */
  port?: number
  env?: Record<string, string>
}

const START_WITHIN = 30_000
const END_WITHIN = 20_000

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill(signal)
  await waitAtMost(END_WITHIN, `the sandbox license server to end after ${signal}`, gone)
}

async function listeningUrl(child: ChildProcess): Promise<string> {
  const { stdout, stderr } = child
  if (!stdout || !stderr) throw new Error('the sandbox license server has no output to read')
  let complaint = ''
  stderr.on('data', (chunk: Buffer) => { complaint += chunk.toString() })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', code => reject(new Error(`sandbox license server ended with ${code}: ${complaint.trim()}`)))
    createInterface({ input: stdout }).on('line', (line) => {
      const url = /^sandbox license server listening on (\S+)$/.exec(line)?.[1]
      if (url) resolve(url)
    })
  })
}

/** Starts the sandbox license server as a separate process, which ends when this process does. */
export async function startLicenseServer(options: LicenseServerOptions = {}): Promise<LicenseServerProcess> {
  const { port = await freePort(), env = {} } = options
  const main = fileURLToPath(new URL('../../license-server/main.ts', import.meta.url))
  const child = spawn(process.execPath, [main], {
    env: { ...process.env, ...COMPILED, HOST: '127.0.0.1', ...env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const url = await waitAtMost(START_WITHIN, 'the sandbox license server to listen', listeningUrl(child))
  // Show the server's errors in the output of the test that caused them.
  child.stderr?.pipe(process.stderr)
  return {
    url,
    port: Number(new URL(url).port),
    control: createSandboxControl(url),
    stop: () => end(child, 'SIGTERM'),
    kill: () => end(child, 'SIGKILL'),
  }
}
