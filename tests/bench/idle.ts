import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { signIn } from '../support/api-client.ts'
import { startPostgres } from '../support/postgres-server.ts'
import type { Product } from '../support/product-process.ts'
import { startProduct } from '../support/product-process.ts'
import { startLicenseServer } from '../support/vendor/vendor-process.ts'
import type { Figure } from './figure.ts'
import { cpuMsOf } from './processes.ts'

/* B10: what an installation costs that nobody asks anything. */

const COUNTER = fileURLToPath(new URL('count-statements.mjs', import.meta.url))
const SETTLE = 15_000
const MINUTE = 60_000
const CHANGES = 20

const budgeted = (what: string, ours: number, reference: number, unit: string, note = ''): Figure => (
  { id: 'B10', what: `${what} (reference: the budget)`, ours, reference, unit, budget: { most: 1 }, note }
)

/** Watches an installation with a standard license for a minute on either database, and how soon two processes agree. */
export async function measureIdle(): Promise<Figure[]> {
  const licenseServer = await startLicenseServer()
  let log = ''
  const postgres = await startPostgres({ settings: ['log_statement=all'], onLog: (text) => { log += text } })
  try {
    return [
      ...await measureSqlite(licenseServer.url),
      await measurePostgres(licenseServer.url, await postgres.createDatabase(), () => statementsIn(log)),
      await measureNotice('SQLite', licenseServer.url),
      await measureNotice('PostgreSQL', licenseServer.url, { DATABASE_URL: await postgres.createDatabase() }),
    ]
  }
  finally {
    await postgres.remove()
    await licenseServer.stop()
  }
}

async function measureSqlite(licenseServerUrl: string): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'))
  const counts = join(folder, 'statements')
  const product = await startProduct({ licenseServerUrl, env: { NODE_OPTIONS: `--import=${COUNTER}`, BENCH_STATEMENTS: counts } })
  try {
    const { statements, cpu, timer } = await watchMinute(product, async () => {
      product.process.kill('SIGUSR2')
      await sleep(200)
      return Number(readFileSync(counts, 'utf8'))
    })
    const minute = 'a minute of an idle installation on SQLite'
    return [budgeted(`${minute}: database statements`, statements, 4, ''), budgeted(`${minute}: processor time`, cpu, 20, 'ms', `meanwhile a bare timer that ticks once a second: ${timer.toFixed(1)} ms`)]
  }
  finally {
    await product.dispose()
    await rm(folder, { recursive: true })
  }
}

async function measurePostgres(licenseServerUrl: string, url: string, count: () => number): Promise<Figure> {
  const product = await startProduct({ licenseServerUrl, env: { DATABASE_URL: url } })
  try {
    const { statements } = await watchMinute(product, async () => count())
    return budgeted('a minute of an idle installation on PostgreSQL: database statements', statements, 12, '')
  }
  finally {
    await product.dispose()
  }
}

interface Minute {
  statements: number
  /** Ms of processor time, of the product and of a process that does nothing but wake up once a second. */
  cpu: number
  timer: number
}

/** What a minute adds. */
async function watchMinute(product: Product, count: () => Promise<number>): Promise<Minute> {
  const ticking = spawn(process.execPath, ['--eval', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' })
  const look = async (): Promise<Minute> => ({ statements: await count(), cpu: cpuMsOf(product.process.pid ?? 0), timer: cpuMsOf(ticking.pid ?? 0) })
  try {
    await (await signIn(product.url)).save('nc_demo_standard')
    await sleep(SETTLE)
    const before = await look()
    await sleep(MINUTE)
    const after = await look()
    return { statements: after.statements - before.statements, cpu: after.cpu - before.cpu, timer: after.timer - before.timer }
  }
  finally {
    ticking.kill()
  }
}

/** How many statements are in a log of PostgreSQL, without the bounds of transactions. */
function statementsIn(log: string): number {
  const statements = log.split('\n').flatMap(line => /LOG: {2}(?:statement|execute [^:]*): (.*)/.exec(line)?.[1] ?? [])
  return statements.filter(text => !/^(?:begin|start transaction|commit|rollback)\b/i.test(text)).length
}

/** Until one process answers what another has changed. */
async function measureNotice(database: string, licenseServerUrl: string, env: Record<string, string> = {}): Promise<Figure> {
  const one = await startProduct({ licenseServerUrl, env })
  const other = await startProduct({ licenseServerUrl, env, dataDir: one.dataDir })
  const took: number[] = []
  try {
    const [changing, looking] = [await signIn(one.url), await signIn(other.url)]
    for (let nth = 0; nth < CHANGES; nth++) {
      const { body: { revision } } = await (nth % 2 === 0 ? changing.save('nc_demo_standard') : changing.remove())
      const changedAt = performance.now()
      while ((await looking.license()).revision < revision) await sleep(5)
      took.push(performance.now() - changedAt)
    }
    return budgeted(`until another process on ${database} answers a change, the longest of ${CHANGES}`, Math.max(...took), 2_000, 'ms')
  }
  finally {
    await other.stop()
    await one.dispose()
  }
}
