import { spawnSync } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser } from '@playwright/test'
import { chromium } from '@playwright/test'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { Diagnostics, LicenseView } from '../../shared/contracts.ts'
import { BROWSER_ARGS, findBrowser } from '../support/browser/launch.ts'
import type { ApiClient } from '../support/api-client.ts'
import { signInSoon } from '../support/stand.ts'
import type { Product, ProductOptions } from '../support/product-process.ts'
import { startProduct } from '../support/product-process.ts'
import type { LicenseServerProcess } from '../support/vendor/vendor-process.ts'
import { startLicenseServer } from '../support/vendor/vendor-process.ts'
import type { Deed, Injection } from './injection.ts'
import { ANSWERS } from './injections/answers.ts'
import { DATABASE } from './injections/databases.ts'
import { CLOCK, PASTED } from './injections/here.ts'
import { NETWORK } from './injections/network.ts'
import type { NameAnswer } from './name-server.ts'
import { startNameServer } from './name-server.ts'
import type { Seen } from './places.ts'
import { openPanel, readBundle, readPage } from './places.ts'
import type { Row } from './score.ts'
import { LEAST, shareOf, writeTable } from './score.ts'

const isolated = process.env.DIAGNOSIS_ISOLATED === '1'
const only = process.env.DIAGNOSIS_ONLY ?? ''
const KEY = 'nc_demo_standard'
const ALL = [...NETWORK, ...ANSWERS, ...PASTED, ...CLOCK, ...DATABASE].flatMap(injection => injection.deeds.map(deed => ({ injection, deed })))
const TEN = [
  'a name that does not exist', 'a firewall that drops', 'an expired certificate', 'a proxy that wants a login', 'a block page with 403', 'a gateway\'s 502',
  'a check-in refused: expired', 'pasted: words around a key', 'clock: 2 hours behind', 'database: locked by another process',
]
const isWanted = ({ injection: { name } }: (typeof ALL)[number]) => only === 'ten' ? TEN.includes(name) : name.includes(only)
/** Of the ten, each by its first deed. */
const isFirst = (each: (typeof ALL)[number]) => only !== 'ten' || each.deed === each.injection.deeds[0]
const wanted = ALL.filter(isWanted).filter(isFirst)
const canFakeTime = spawnSync('faketime', ['--version']).status === 0
const isPossible = ({ injection }: (typeof ALL)[number]) => (isolated || !injection.isolated) && (canFakeTime || !injection.needs)
const cases = wanted.filter(isPossible)
const leftOut = wanted.filter(each => !isPossible(each)).map(({ injection, deed }) => `${injection.name}, ${deed}`)

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
  if (only === '') writeTable(rows, leftOut)
})

describe('every cause, really injected', () => {
  it.each(cases.map(each => ({ ...each, title: `${each.injection.name}, ${each.deed}` })))('$title', async ({ injection, deed }) => {
    onTestFinished(() => licenseServer.control.clearFaults())
    const product = await startBroken(injection, deed)
    const client = await signInSoon(product)
    const { instanceId } = await client.license()
    const given = injection.credential ?? KEY
    const credential = typeof given === 'string' ? given : given(instanceId)
    const before = product.output().length
    const pages = await Promise.all((['wide', 'phone'] as const).map(size => openPanel(browser, product, size)))
    await injection.meddle?.(product)
    // Proves whether the database can be written, so that what is wrong with it is known at once.
    if (injection.meddle) await fetch(`${product.url}/api/health/ready`)
    const [wide, phone] = await Promise.all(pages.map(page => readPage(page, deed, credential)))
    if (!wide || !phone) throw new Error('no page was read')
    rows.push(await judge({ injection, deed, product, client, credential, wide, phone, log: product.output().slice(before) }))
    expect(rows.at(-1)?.contradicts, rows.at(-1)?.words).toBeNull()
  })

  it.skipIf(only !== '')('enough places say enough', () => {
    for (const column of ['reference', 'diagnostics', 'bundle', 'log'] as const) {
      expect(shareOf(rows, column), `${column}: ${rows.filter(row => row[column] === false).map(({ name, deed }) => `${name} (${deed})`).join(', ')}`)
        .toBeGreaterThanOrEqual(LEAST)
    }
  })
})

/** Starts the product with the cause in place; for a check-in or a look, with a license that was activated before. */
async function startBroken(injection: Injection, deed: Deed): Promise<Product> {
  const { dataDir: home, env = {} } = await injection.house?.() ?? {}
  const sound = { licenseServerUrl: licenseServer.url, env, ...(home ? { dataDir: home } : {}) }
  const before = injection.before ?? (deed === 'save' ? 'none' : 'standard')
  const dataDir = before === 'none' ? home : await activateBefore(sound, before)
  if (dataDir) injection.edit?.(join(dataDir, 'license.db'))
  const broken = await injection.arrange({ licenseServer, isolated })
  const product = await startProduct({ ...sound, ...broken, env: { ...env, ...broken.env }, ...(dataDir ? { dataDir } : {}) })
  onTestFinished(async () => {
    await product.kill()
    await rm(product.dataDir, { recursive: true, force: true }).catch(() => undefined)
  })
  return product
}

/** Activates a license on a start where all is well. Resolves to the folder it is in. */
async function activateBefore(sound: ProductOptions, before: Exclude<Injection['before'], 'none' | undefined>): Promise<string> {
  const product = await startProduct(sound)
  const client = await signInSoon(product)
  const { instanceId } = await client.license()
  const { status, text } = await client.save(before === 'standard' ? KEY : before(instanceId))
  expect(status, text).toBe(200)
  await product.stop()
  return product.dataDir
}

interface Met { injection: Injection, deed: Deed, product: Product, client: ApiClient, credential: string, wide: Seen, phone: Seen, log: string }

async function judge({ injection, deed, client, credential, wide, phone, log }: Met): Promise<Row> {
  const { cause, named, adminOnly = [], helps, never } = injection
  const says = (text: string, more = adminOnly) => [...named, ...more].every(each => each.test(text)) && helps.test(text) && !never?.test(text)
  const network = deed !== 'look' && !injection.name.startsWith('pasted') && !injection.name.startsWith('a key refused')
  const [found, diagnosed] = await Promise.all([
    causesOf(injection, deed, client, credential), network || injection.cause.startsWith('clock') ? diagnose(client) : null,
  ])
  const isPing = !/^(?:refused_|answer_|signer_)/.test(cause) && !isOnlyInCalls(injection)
  const bundle = await readBundle(client)
  const causes = { ...found, diagnostics: diagnosed && isPing ? diagnosed : null, page: [...wide.causes, ...phone.causes] }
  const others = [causes.api, causes.view, causes.diagnostics, ...causes.page].filter(each => each !== null && each !== undefined && each !== cause)
  return {
    name: injection.name, cause, deed,
    1440: says(wide.visible), 390: says(phone.visible),
    reference: wide.reference === null ? false : named.every(each => each.test(wide.entry)) || helps.test(wide.entry),
    diagnostics: diagnosed && isPing ? diagnosed === cause : null,
    // Without the database nobody can be recognised, so there is no bundle to be had.
    bundle: bundle === null ? null : says(bundle.split('\nConfiguration:')[0] ?? '', []),
    log: isLogged(log, injection, deed),
    words: wide.visible.slice(0, 400),
    contradicts: others.length > 0 ? `expected ${cause}, and met ${others.join(', ')}` : null,
  }
}

/** Faults of the license server that only its calls about licenses have, and no ping. */
function isOnlyInCalls({ name }: Injection): boolean {
  return ['a 429 without a time', 'an empty answer'].includes(name)
}

async function causesOf(injection: Injection, deed: Deed, client: ApiClient, credential: string) {
  const { error, body } = deed === 'save' ? await client.save(credential) : deed === 'check in' ? await client.checkIn() : { error: undefined, body: undefined }
  const view = await client.request<LicenseView>('GET', '/api/license')
  const known = view.status === 200 ? view.body.finding?.cause ?? null : view.error?.finding?.cause ?? null
  return { api: error?.finding?.cause ?? null, view: deed === 'save' ? null : known, body }
}

async function diagnose(client: ApiClient): Promise<string | null> {
  const { body } = await client.request<Diagnostics>('POST', '/api/license/diagnostics', {})
  return body.stages?.find(({ finding }) => finding)?.finding?.cause ?? null
}

function isLogged(log: string, { cause }: Injection, deed: Deed): boolean | null {
  if (deed === 'look') return /^clock|^row/.test(cause) ? null : log.includes(`"cause":"${cause}"`)
  return log.split('\n').some(line => line.includes(`"cause":"${cause}"`) && /"reference":"NCL-\d{3}"/.test(line))
}
