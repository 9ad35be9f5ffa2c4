import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { COMPILED } from './compiled.ts'
import { freePort } from './free-port.ts'
import { lastLines, waitAtMost } from './open-waits.ts'

/* The product under test: the sandbox build as a process, with its own database. */

const ENTRY = fileURLToPath(new URL('../../.output-sandbox/server/index.mjs', import.meta.url))

export const ADMIN = { email: 'admin@example.com', password: 'correct horse battery' }
export const SERVICE_TOKEN = 'service-token-for-tests-0123456789abcdef'
/** For tests that set NC_ADMIN_TOKEN. */
export const ADMIN_TOKEN = 'admin-token-for-tests-0123456789abcdef'

/** From the warning of a start that took longer than five seconds (server/entry.ts), as it can under load. */
export const SLOW_START = 'the database cannot be reached yet'

export interface ProductOptions {
  licenseServerUrl: string
  env?: Record<string, string | undefined>
  /** The database's folder; a new one by default. Pass an earlier one to start on the same database. */
  dataDir?: string
  port?: number
  /** The built server to start; the sandbox build by default. */
  entry?: string
  /** A command to run the product under, such as ['unshare', '-n'] or ['faketime', '-f', '+8d']. */
  wrapper?: string[]
  /** False: resolves once the process responds at all, without waiting for the database. */
  untilReady?: boolean
}

export interface Product {
  url: string
  port: number
  dataDir: string
  databaseFile: string
  process: ChildProcess
  /** Everything printed so far. */
  output(): string
  /** Sends SIGTERM and waits for the end; resolves to the exit code. */
  stop(): Promise<number | null>
  /** Sends SIGKILL and waits for the end. */
  kill(): Promise<void>
  /** Stops and removes the data folder. */
  dispose(): Promise<void>
}

/** Starts the product; resolves once it is running, rejects with its output if it ends instead. */
export async function startProduct(options: ProductOptions): Promise<Product> {
  for (let tries = 1; ; tries++) {
    try {
      return await startOn(options.port ?? await freePort(), options)
    }
    catch (error) {
      // Something that is no test of ours has taken the port between the check and the start.
      if (options.port !== undefined || tries === 3 || !String(error).includes('EADDRINUSE')) throw error
    }
  }
}

async function startOn(port: number, options: ProductOptions): Promise<Product> {
  const dataDir = options.dataDir ?? await mkdtemp(join(tmpdir(), 'nc-license-'))
  const databaseFile = join(dataDir, 'license.db')
  const [command = process.execPath, ...args] = [...options.wrapper ?? [], process.execPath, options.entry ?? ENTRY]
  const child = spawn(command, args, {
    env: {
      ...COMPILED, PATH: process.env.PATH, HOST: '127.0.0.1', PORT: String(port), DATABASE_URL: `file:${databaseFile}`,
      NC_LICENSE_SERVER_URL: options.licenseServerUrl, NC_ADMIN_EMAIL: ADMIN.email, NC_ADMIN_PASSWORD: ADMIN.password,
      NC_SERVICE_TOKEN: SERVICE_TOKEN, NC_LOG_FORMAT: 'json', ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  child.stdout.on('data', (chunk: Buffer) => { printed += chunk.toString() })
  child.stderr.on('data', (chunk: Buffer) => { printed += chunk.toString() })
  const ended = once(child, 'exit')
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null

  const end = async (signal: NodeJS.Signals) => {
    if (!hasEnded()) child.kill(signal)
    if (hasEnded()) return
    try {
      await waitAtMost(END_WITHIN, `the product on port ${port} to end after ${signal}`, ended, () => lastLines(printed))
    }
    catch (error) {
      child.kill('SIGKILL')
      throw error
    }
  }
  const product: Product = {
    url: `http://127.0.0.1:${port}`, port, dataDir, databaseFile, process: child,
    output: () => printed,
    async stop() {
      await end('SIGTERM')
      return child.exitCode
    },
    kill: () => end('SIGKILL'),
    async dispose() {
      await end('SIGTERM')
      await rm(dataDir, { recursive: true, force: true })
    },
  }
  await waitUntilUp(`${product.url}/api/health/${options.untilReady === false ? 'live' : 'ready'}`, hasEnded, () => printed)
  return product
}

const START_WITHIN = 40_000
const END_WITHIN = 30_000
const ASK_AGAIN_AFTER = 50

async function waitUntilUp(url: string, hasEnded: () => boolean, output: () => string): Promise<void> {
  const giveUp = AbortSignal.timeout(START_WITHIN)
  let last = 'no connection'
  while (!giveUp.aborted) {
    if (hasEnded()) throw new Error(`the product ended at its start:\n${output()}`)
    const response = await fetch(url, { signal: giveUp }).catch((error: unknown) => { last = describeFailure(error) })
    const body = await response?.text().catch(describeFailure)
    if (response?.ok) return
    if (response) last = `${response.status} ${body}`
    await new Promise(resolve => setTimeout(resolve, ASK_AGAIN_AFTER))
  }
  throw new Error(`the product did not come up within ${START_WITHIN / 1000} s: ${url} last answered ${last}\n${lastLines(output())}`)
}

function describeFailure(error: unknown): string {
  return error instanceof Error ? String(error.cause ?? error) : String(error)
}
