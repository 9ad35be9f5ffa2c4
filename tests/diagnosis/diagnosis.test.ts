import { join } from 'node:path'
import type { Browser } from '@playwright/test'
import { chromium } from '@playwright/test'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { FINDING_CAUSES, isFindingCause } from '../../shared/findings.ts'
import type { ApiClient } from '../support/api-client.ts'
import { BROWSER_ARGS, findBrowser } from '../support/browser/launch.ts'
import { createFakeClock } from '../support/faketime.ts'
import type { Product } from '../support/product-process.ts'
import { restart, signInSoon, startOwnProduct } from '../support/stand.ts'
import type { LicenseServerProcess } from '../support/vendor/vendor-process.ts'
import { startLicenseServer } from '../support/vendor/vendor-process.ts'
import type { Case } from './chosen.ts'
import { cases, chosen, faketime, INJECTIONS, isolated, isTen, isWhole, leftOut, NOT_INJECTED, titleOf } from './chosen.ts'
import type { Lab, Pasted } from './injection.ts'
import { KEY } from './injection.ts'
import { removePostgres } from './injections/databases.ts'
import { judge } from './judge.ts'
import type { NameAnswer } from './name-server.ts'
import { startNameServer } from './name-server.ts'
import { openPanel, readPage } from './places.ts'
import type { Row } from './score.ts'
import { COLUMNS, LEAST, shareOf, writeTable } from './score.ts'

const NAMES = new Map<string, NameAnswer>([
  ['here.test', '127.0.0.1'], ['away.test', '203.0.113.7'], ['silent.test', 'silent'], ['failing.test', 'failing'],
])

const rows: Row[] = []
let browser: Browser
let licenseServer: LicenseServerProcess

beforeAll(async () => {
  const executablePath = findBrowser()
  browser = await chromium.launch({ ...(executablePath ? { executablePath } : {}), args: BROWSER_ARGS })
  licenseServer = await startLicenseServer()
  if (isolated) {
    const names = await startNameServer(NAMES)
    return () => names.close()
  }
})
afterAll(async () => {
  await browser?.close()
  await licenseServer?.stop()
  await removePostgres()
  if (isWhole && rows.length === cases.length) writeTable(rows, leftOut)
})

describe('the injections', () => {
  it('that are asked for exist', () => {
    expect(cases).not.toEqual([])
    if (isTen) expect(chosen).toHaveLength(10)
    if (isTen && isolated) expect(leftOut).toEqual([])
  })

  it('have names of their own', () => {
    expect(new Set(INJECTIONS.map(({ name }) => name)).size).toBe(INJECTIONS.length)
  })

  it('bring about every cause', () => {
    const injected = new Set(INJECTIONS.map(({ cause }) => cause))
    const missing = Object.keys(FINDING_CAUSES).filter(isFindingCause).filter(cause => !injected.has(cause))
    expect(missing).toEqual(Object.keys(NOT_INJECTED))
  })
})

describe('every cause, really injected', () => {
  it.each(cases.map(each => ({ ...each, title: titleOf(each) })))('$title', async ({ injection, deed }) => {
    onTestFinished(() => licenseServer.control.clearFaults())
    const product = await startBroken({ injection, deed })
    const client = await signInSoon(product)
    const credential = await pastedOn(client, injection.credential ?? KEY)
    const printed = product.output().length
    const [onWide, onPhone] = await Promise.all([openPanel(browser, product, 'wide'), openPanel(browser, product, 'phone')])
    await injection.meddle?.(product)
    if (injection.meddle) await untilNotReady(product)
    const [wide, phone] = await Promise.all([readPage(onWide, deed, credential), readPage(onPhone, deed, credential)])
    const row = await judge({ injection, deed, client, credential, wide, phone, log: product.output().slice(printed) })
    rows.push(row)
    expect(row.contradicts, row.words).toBeNull()
  })
})

describe('of all that was injected', () => {
  it.each(COLUMNS)('%s says enough', (column) => {
    expect(rows).toHaveLength(cases.length)
    const failing = rows.filter(row => row[column] === false).map(({ name, deed }) => `${name} (${deed})`)
    expect(shareOf(rows, column), failing.join(', ')).toBeGreaterThanOrEqual(isWhole ? LEAST[column] : 100)
  })
})

/**
 * Asks again and again whether the product is ready, as whoever runs it does, until it has noticed what is wrong with its database. It
 * counts on a write of the last ten seconds, so it may take that long.
 */
async function untilNotReady({ url }: Product): Promise<void> {
  await expect.poll(async () => (await fetch(`${url}/api/health/ready`)).ok, { timeout: 30_000, interval: 500 }).toBe(false)
}

/** Starts the product with the cause in place, and with the license that has to be active beforehand. */
async function startBroken({ injection, deed }: Case): Promise<Product> {
  const { dataDir, env } = await injection.house?.() ?? {}
  const sound = { licenseServerUrl: licenseServer.url, ...(env ? { env } : {}), ...(dataDir ? { dataDir } : {}) }
  const lab: Lab = { licenseServer, wrongClock }
  const arrange = async () => {
    const broken = await injection.arrange(lab)
    return { ...sound, ...broken, env: { ...env, ...broken.env } }
  }
  const before = injection.before ?? (deed === 'save' ? undefined : KEY)
  if (before === undefined) return startOwnProduct(await arrange())

  const product = await startOwnProduct(sound)
  const client = await signInSoon(product)
  const { status, text } = await client.save(await pastedOn(client, before))
  expect(status, text).toBe(200)
  await product.stop()
  injection.edit?.(join(product.dataDir, 'license.db'))
  return restart(product, await arrange())
}

async function pastedOn(client: ApiClient, pasted: Pasted): Promise<string> {
  if (typeof pasted === 'string') return pasted
  const { instanceId } = await client.license()
  return pasted({ instanceId, issue: order => licenseServer.control.issueToken({ instance_id: instanceId, ...order }) })
}

function wrongClock(seconds: number): Record<string, string> {
  if (faketime === undefined) throw new Error('a clock that can be set is needed (apt-get install faketime)')
  const clock = createFakeClock(faketime)
  onTestFinished(() => clock.remove())
  clock.setOffset(seconds)
  return clock.env
}
