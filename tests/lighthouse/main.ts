import { mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { findBrowser } from '../support/browser/launch.ts'
import { measureWaits } from '../support/browser/slow-waits.ts'
import { startLicenseServer } from '../support/vendor/vendor-process.ts'
import { signIn } from '../support/api-client.ts'
import { startProduct } from '../support/product-process.ts'
import type { Preset, Run, Target } from './audit.ts'
import { auditMedian, DESKTOP, MOBILE, THROTTLED } from './audit.ts'
import { figuresOf, lostIn, opportunitiesIn } from './figures.ts'
import type { Row } from './table.ts'
import { auditList, figuresTable, table } from './table.ts'
import { missedBy } from './thresholds.ts'

/*
 * `npm run lighthouse`: audits the License page of a signed-in administrator. `RUNS=3` sets how often, `--throttled` adds
 * the same on a browser that really is slow. Ends with 1 when a threshold of thresholds.ts is missed.
 */

const REPORTS = fileURLToPath(new URL('./report/', import.meta.url))
const runs = Number(process.env.RUNS ?? 5)
const resources = new AsyncDisposableStack()

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void resources.disposeAsync().finally(() => process.exit(130)))
}
process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  return 1
}).finally(() => resources.disposeAsync())

async function main(): Promise<number> {
  if (!Number.isInteger(runs) || runs < 1) throw new Error('RUNS must be a whole number from 1.')
  const target = await startTarget()
  const rows: Row[] = []
  for (const preset of [MOBILE, DESKTOP]) rows.push(await report(target, preset))
  process.stdout.write(`${figuresTable(rows)}\n`)
  if (process.argv.includes('--throttled')) {
    await printWaits(target)
    process.stdout.write(`${figuresTable([await report(target, THROTTLED)])}\n`)
  }
  const missed = rows.flatMap(({ name, figures }) => missedBy(name, figures))
  process.stdout.write(missed.length === 0 ? 'Every threshold is met.\n' : `${missed.join('\n')}\n`)
  return missed.length === 0 ? 0 : 1
}

async function report(target: Target, preset: Preset): Promise<Row> {
  process.stderr.write(`Auditing, ${preset.name}, ${runs} × …\n`)
  const { median, scores } = await auditMedian(target, preset, runs, resources)
  await explain(preset, median)
  return { name: preset.name, figures: figuresOf(median.result), scores }
}

async function startTarget(): Promise<Target> {
  const browser = findBrowser()
  if (!browser) throw new Error('There is no Chromium to audit with; set CHROMIUM_PATH or run node tests/e2e/install-browser.ts.')
  const licenseServer = await startLicenseServer()
  resources.defer(() => licenseServer.stop())
  const product = await startProduct({ licenseServerUrl: licenseServer.url })
  resources.defer(() => product.dispose())
  const admin = await signIn(product.url)
  const { status, text } = await admin.save('nc_demo_standard')
  if (status !== 200) throw new Error(`the activation answered ${status}: ${text}`)
  await admin.waitFor(({ state }) => state === 'active')
  const [name = '', value = ''] = admin.cookie.split('=')
  return { browser, url: `${product.url}/admin/license`, session: { name, value }, sign: 'data-testid="license-state"' }
}

async function explain(preset: Preset, { result, html }: Run): Promise<void> {
  const file = `${REPORTS}${preset.name.replaceAll(/\W+/g, '-')}.html`
  await mkdir(REPORTS, { recursive: true })
  await writeFile(file, html)
  process.stdout.write([
    auditList(`Lost in accessibility, ${preset.name}`, lostIn(result, 'accessibility')),
    auditList(`Lost in best practices, ${preset.name}`, lostIn(result, 'best-practices')),
    auditList(`To gain in performance, ${preset.name}`, opportunitiesIn(result)),
    `Report: ${file}\n\n`,
  ].join(''))
}

async function printWaits(target: Target): Promise<void> {
  const waits = await measureWaits(target, runs, resources)
  const cell = (value: number) => `${Math.round(value)} ms`
  process.stdout.write(`${table(
    ['on a really slow phone', 'status visible', 'first tap answered', 'hydrated', 'longest task'],
    [[`median of ${runs}`, cell(waits.statusVisible), cell(waits.tapAnswered), cell(waits.hydrated), cell(waits.longestTask)]],
  )}\n`)
}
