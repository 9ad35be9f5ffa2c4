import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { signIn } from '../support/api-client.ts'
import { freePort, SERVICE_TOKEN, startProduct } from '../support/product-process.ts'
import { startLicenseServer } from '../support/vendor/vendor-process.ts'
import type { Figure } from './figure.ts'
import { medianOf } from './figure.ts'
import { memoryOf } from './processes.ts'
import { load } from './wrk.ts'

/* B5 and B11: start, memory and pages, beside an empty Nuxt application of the same versions. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const STARTS = 5
const API_REQUESTS = 100_000
const PAGES = 2_000
const SETTLE = 3_000

interface Server { url: string, pid: number, stop(): Promise<unknown> }
interface Side { start(): Promise<Server>, api: string, page: string, headers(server: Server): Promise<Record<'api' | 'page', Record<string, string>>> }

interface Cost { start: number, idle: number, afterApi: number, afterPages: number, pages: number }

/** Builds the empty application, and measures one side after the other. */
export async function measureResources(): Promise<Figure[]> {
  const licenseServer = await startLicenseServer()
  const empty = buildEmptyApplication()
  try {
    const ours = await costOf({
      api: '/api/features/sso', page: '/admin/license',
      async start() {
        const product = await startProduct({ licenseServerUrl: licenseServer.url })
        return { url: product.url, pid: product.process.pid ?? 0, stop: () => product.dispose() }
      },
      async headers({ url }) {
        const admin = await signIn(url)
        await admin.save('nc_demo_standard')
        return { api: { authorization: `Bearer ${SERVICE_TOKEN}` }, page: { cookie: admin.cookie } }
      },
    })
    const reference = await costOf({ api: '/api/hello', page: '/', start: () => startEmpty(empty), headers: async () => ({ api: {}, page: {} }) })
    const figure = (what: string, name: keyof Cost, unit: string, most: number): Figure => ({ id: 'B5', what: `${what}, beside an empty Nuxt application`, ours: ours[name], reference: reference[name], unit, budget: { most } })
    return [
      figure('start until the first answer', 'start', 'ms', 1.3),
      figure('memory when idle', 'idle', 'MB', 1.4),
      figure(`memory after ${API_REQUESTS.toLocaleString('en')} calls of the API`, 'afterApi', 'MB', 1.4),
      figure(`memory after ${PAGES.toLocaleString('en')} pages more`, 'afterPages', 'MB', 1.4),
      { id: 'B11', what: 'License pages rendered, beside an empty page', ours: ours.pages, reference: reference.pages, unit: '/s', budget: null },
    ]
  }
  finally {
    await licenseServer.stop()
    rmSync(dirname(dirname(dirname(empty))), { recursive: true })
  }
}

async function costOf(side: Side): Promise<Cost> {
  const starts: number[] = []
  for (let nth = 1; nth < STARTS; nth++) {
    const { took, server } = await timedStart(side)
    starts.push(took)
    await server.stop()
  }
  const { took, server } = await timedStart(side)
  try {
    await sleep(SETTLE)
    const idle = memoryOf(server.pid)
    const headers = await side.headers(server)
    await ask(server, side.api, headers.api, API_REQUESTS, 64)
    const afterApi = memoryOf(server.pid)
    const pages = await ask(server, side.page, headers.page, PAGES, 8)
    return { start: medianOf([...starts, took]), idle, afterApi, afterPages: memoryOf(server.pid), pages }
  }
  finally {
    await server.stop()
  }
}

async function timedStart({ start }: Side): Promise<{ took: number, server: Server }> {
  const startedAt = performance.now()
  const server = await start()
  return { took: performance.now() - startedAt, server }
}

/** Asks until at least so many requests were answered; resolves to how many that were a second. */
async function ask({ url, pid }: Server, path: string, headers: Record<string, string>, times: number, connections: number): Promise<number> {
  const seconds = 2
  const rates: number[] = []
  for (let answered = 0; answered < times;) {
    const { perSecond } = await load({ url: url + path, pid, headers, seconds, connections })
    rates.push(perSecond)
    answered += perSecond * seconds
  }
  return medianOf(rates)
}

/** Builds a page and a route in a folder of their own; returns the server's file. */
function buildEmptyApplication(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bench-empty-'))
  mkdirSync(join(folder, 'server/api'), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  const files = {
    'package.json': '{ "private": true, "type": "module" }',
    'nuxt.config.ts': 'export default defineNuxtConfig({ compatibilityDate: \'2026-11-01\', telemetry: false })\n',
    'app.vue': '<template><p>Hello</p></template>\n',
    'server/api/hello.get.ts': 'export default defineEventHandler(() => ({ hello: true }))\n',
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const env = { ...process.env, NUXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' }
  execFileSync(process.execPath, [join(ROOT, 'node_modules/nuxt/bin/nuxt.mjs'), 'build'], { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit'] })
  return join(folder, '.output/server/index.mjs')
}

async function startEmpty(file: string): Promise<Server> {
  const port = await freePort()
  const child = spawn(process.execPath, [file], { env: { NODE_ENV: 'production', PORT: String(port), HOST: '127.0.0.1' }, stdio: 'ignore' })
  const url = `http://127.0.0.1:${port}`
  while (!await fetch(`${url}/api/hello`).then(({ ok }) => ok, () => false)) await sleep(50)
  return {
    url, pid: child.pid ?? 0,
    stop: () => {
      const ended = once(child, 'exit')
      child.kill()
      return ended
    },
  }
}
