import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

/* The two processes of a sandbox. In the package their files stand beside this one; in the project they are the builds. */

const pathOf = (file: string) => fileURLToPath(new URL(file, import.meta.url))
const isPackaged = existsSync(pathOf('./panel/server/index.mjs'))
const PANEL = pathOf(isPackaged ? './panel/server/index.mjs' : '../../.output-sandbox/server/index.mjs')
const LICENSE_SERVER = pathOf(isPackaged ? './license-server.mjs' : '../license-server/main.ts')
/** Compiled code, kept beside the files it comes from: a start takes three quarters of the time then. */
const COMPILED = pathOf(isPackaged ? './compiled' : '../../.output-sandbox/compiled')

const START_WITHIN = 30_000
const STOP_WITHIN = 10_000

export interface Running {
  url: string
  /** Everything it has printed. */
  output(): string
  /** Asks it to end, and makes it after ten seconds. */
  stop(): Promise<void>
}

type Environment = Record<string, string | undefined>

export const startLicenseServer = (port = 0): Promise<Running> =>
  start(LICENSE_SERVER, { PORT: String(port), HOST: '127.0.0.1' }, /listening on (http:\S+)/)

/** Starts a panel on a port that is free, unless one is given. */
export async function startPanel(env: Environment, port?: number): Promise<Running> {
  for (let tries = 1; ; tries++) {
    try {
      return await start(PANEL, { ...env, HOST: '127.0.0.1', PORT: String(port ?? await freePort()) }, /Listening on (http:[^"\s]+)/)
    }
    catch (error) {
      // Somebody else took the port between the question and the start.
      if (port !== undefined || tries === 3 || !String(error).includes('EADDRINUSE')) throw error
    }
  }
}

/** Resolves with the address as soon as the process prints it; rejects with what it printed if it ends instead. */
async function start(file: string, env: Environment, ready: RegExp): Promise<Running> {
  const child = spawn(process.execPath, [file], { env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: COMPILED, ...env }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  let printed = ''
  const ended = once(child, 'exit')
  const url = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${file} did not start within ${START_WITHIN / 1000} s:\n${printed}`)), START_WITHIN)
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        printed += chunk.toString()
        const address = ready.exec(printed)?.[1]
        if (address) resolve(address)
      })
    }
    void ended.then(([code]) => reject(new Error(`${file} ended with ${code} at its start:\n${printed}`)), reject).finally(() => clearTimeout(timer))
  }).catch((error: unknown) => {
    child.kill('SIGKILL')
    throw error
  })
  return {
    url,
    output: () => printed,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN)
      await ended
      clearTimeout(timer)
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : 0
}
