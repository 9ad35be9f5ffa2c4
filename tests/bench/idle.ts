import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { signIn } from '../support/api-client.ts'
import { startProduct } from '../support/product-process.ts'
import { startLicenseServer } from '../support/vendor/vendor-process.ts'
import type { Figure } from './figure.ts'
import { cpuMsOf } from './processes.ts'

/* B10: what an installation costs that nobody asks anything. */

const COUNTER = fileURLToPath(new URL('count-statements.mjs', import.meta.url))
const SETTLE = 15_000
const MINUTE = 60_000

/** Watches an installation on SQLite with a standard license for a minute. */
export async function measureIdle(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  const counts = join(folder, 'statements')
  const licenseServer = await startLicenseServer()
  const product = await startProduct({ licenseServerUrl: licenseServer.url, env: { NODE_OPTIONS: `--import=${COUNTER}`, BENCH_STATEMENTS: counts } })
  const look = async () => {
    product.process.kill('SIGUSR2')
    await sleep(200)
    return { statements: Number(readFileSync(counts, 'utf8')), cpu: cpuMsOf(product.process.pid ?? 0) }
  }
  try {
    await (await signIn(product.url)).save('nc_demo_standard')
    await sleep(SETTLE)
    const before = await look()
    await sleep(MINUTE)
    const after = await look()
    const budgeted = (what: string, ours: number, reference: number, unit: string): Figure => ({ id: 'B10', what: `a minute of an idle installation on SQLite: ${what} (reference: the budget)`, ours, reference, unit, budget: { most: 1 } })
    return [
      budgeted('database statements', after.statements - before.statements, 4, ''),
      budgeted('processor time', after.cpu - before.cpu, 20, 'ms'),
    ]
  }
  finally {
    await product.dispose()
    await licenseServer.stop()
    rmSync(folder, { recursive: true })
  }
}
