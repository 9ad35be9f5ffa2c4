import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ADMIN } from '../../support/product-process.ts'

/* The product, asked through a Unix socket: whatever then shows on the network is its own doing. */

// The product listens on addresses alone. Loaded before it, this leads its one server to a socket.
const TO_SOCKET = `data:text/javascript,${encodeURIComponent(`
  import { Server } from 'node:net'
  const { listen } = Server.prototype
  Server.prototype.listen = function (_address, ...rest) { return listen.call(this, process.env.TEST_SOCKET, ...rest) }
`)}`
const ENTRY = fileURLToPath(new URL('../../../.output-sandbox/server/index.mjs', import.meta.url))

export interface Answer { status: number, body: Record<string, unknown> }

export interface ProductOnSocket {
  ask(method: string, path: string, body?: unknown): Promise<Answer>
  signIn(): Promise<void>
  stop(): Promise<void>
  kill(): Promise<void>
}

export const newDataDir = () => mkdtempSync(join(tmpdir(), 'nc-silence-'))

/** Starts the product on a database in that folder; resolves once it is ready. */
export async function startOnSocket(dataDir: string, env: Record<string, string> = {}): Promise<ProductOnSocket> {
  const socketPath = join(dataDir, `socket-${Math.random().toString(36).slice(2)}`)
  const child = spawn(process.execPath, ['--import', TO_SOCKET, ENTRY], {
    env: {
      PATH: process.env.PATH, TEST_SOCKET: socketPath, DATABASE_URL: `file:${join(dataDir, 'license.db')}`,
      NC_ADMIN_EMAIL: ADMIN.email, NC_ADMIN_PASSWORD: ADMIN.password, NC_LOG_FORMAT: 'json', ...env,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const cookies = new Map<string, string>()
  // Whatever a story ends with: what is left running would hold the output of the tests open.
  const killIt = () => void child.kill('SIGKILL')
  process.once('exit', killIt)
  child.once('exit', () => process.off('exit', killIt))
  async function ask(method: string, path: string, body?: unknown): Promise<Answer> {
    const sent = body === undefined ? undefined : JSON.stringify(body)
    const outgoing = request({
      socketPath, method, path,
      headers: {
        connection: 'close', cookie: [...cookies].map(pair => pair.join('=')).join('; '),
        // Node.js announces no body of a DELETE by itself, and the server would take it for a second request.
        ...(sent === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(sent) }),
      },
    })
    outgoing.end(sent)
    const [response] = await once(outgoing, 'response')
    let text = ''
    for await (const chunk of response) text += String(chunk)
    for (const [, name = '', value = ''] of (response.headers['set-cookie'] ?? []).map((set: string) => /^([^=]+)=([^;]*)/.exec(set) ?? [])) {
      cookies.set(name, value)
    }
    return { status: response.statusCode, body: text.startsWith('{') ? Object(JSON.parse(text)) : {} }
  }
  await waitUntilReady(child, ask)
  return {
    ask,
    async signIn() {
      const { status } = await ask('POST', '/api/auth/login', ADMIN)
      if (status !== 200) throw new Error(`sign-in was answered ${status}`)
    },
    stop: () => end(child, 'SIGTERM'),
    kill: () => end(child, 'SIGKILL'),
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill(signal)
  await gone
}

async function waitUntilReady(child: ChildProcess, ask: ProductOnSocket['ask']): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (child.exitCode !== null) throw new Error(`the product ended at its start with ${child.exitCode}`)
    const status = await ask('GET', '/api/health/ready').then(answer => answer.status, () => 0)
    if (status === 200) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error('the product did not come up')
}
