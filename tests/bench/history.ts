import { once } from 'node:events'
import { get } from 'node:http'
import { DatabaseSync } from 'node:sqlite'
import type { ApiClient } from '../support/api-client.ts'
import { signIn } from '../support/api-client.ts'
import { residentMiB } from '../support/process-figures.ts'
import type { Product } from '../support/product-process.ts'
import { startProduct } from '../support/product-process.ts'
import { startLicenseServer } from '../support/vendor/vendor-process.ts'
import type { Figure } from './figure.ts'
import { medianOf } from './figure.ts'

/* B8: what an activity log of a million entries costs beside one of a hundred. */

const MANY = 1_000_000
const FEW = 100
const PAGE = 50
const ROUNDS = 60
const STARTS = 5

interface Side { product: Product, admin: ApiClient, events: number }
type Measure = (side: Side) => Promise<number>

/** Fills two databases and measures both sides alternately. */
export async function measureHistory(): Promise<Figure[]> {
  const licenseServer = await startLicenseServer()
  const sides = { ours: await open(licenseServer.url, MANY), reference: await open(licenseServer.url, FEW) }
  try {
    const compare = async (what: string, measure: Measure, rounds = ROUNDS): Promise<Figure> => {
      const took = { ours: [] as number[], reference: [] as number[] }
      for (let round = -3; round < rounds; round++) {
        for (const side of ['ours', 'reference'] as const) {
          const ms = await measure(sides[side])
          if (round >= 0) took[side].push(ms)
        }
      }
      return { id: 'B8', what: `${what}, with ${MANY.toLocaleString('en')} events beside ${FEW}`, ours: medianOf(took.ours), reference: medianOf(took.reference), unit: 'ms', budget: { most: 1.5 } }
    }
    return [
      await compare('the license view', ({ admin }) => timed(() => admin.license())),
      await compare('the first page of events', page(0)),
      await compare('the 1000th page (reference: the last)', page(999)),
      await compare('the first byte of an export', firstByteOfExport),
      ...await measureExport(sides.ours),
      await compareStarts(sides, licenseServer.url),
    ]
  }
  finally {
    for (const { product } of Object.values(sides)) await product.dispose()
    await licenseServer.stop()
  }
}

const page = (number: number): Measure => ({ admin, events }) => {
  const before = Math.max(PAGE + 1, events + 1 - number * PAGE)
  return timed(async () => {
    const { status, text } = await admin.request('GET', `/api/license/events?limit=${PAGE}&before=${before}`)
    if (status !== 200) throw new Error(text)
  })
}

const firstByteOfExport: Measure = ({ admin, product }) => timed(async () => {
  const asked = get(`${product.url}/api/license/events/export?format=json`, { headers: { cookie: admin.cookie }, agent: false })
  const [response] = await once(asked, 'response')
  await once(response, 'data')
  asked.destroy()
})

/** A whole export: its last tenth beside its first, and whether the server's memory rises for it, and goes on rising. */
async function measureExport({ admin, product }: Side): Promise<Figure[]> {
  const pid = product.process.pid ?? 0
  const memory: { at: number, mib: number }[] = []
  const before = residentMiB(pid)
  const looking = setInterval(() => memory.push({ at: performance.now(), mib: residentMiB(pid) }), 100)
  const marks = [{ at: performance.now(), bytes: 0 }]
  try {
    const asked = get(`${product.url}/api/license/events/export?format=csv`, { headers: { cookie: admin.cookie }, agent: false })
    const [response] = await once(asked, 'response')
    let bytes = 0
    for await (const chunk of response) marks.push({ at: performance.now(), bytes: bytes += chunk.length })
  }
  finally {
    clearInterval(looking)
  }
  const all = marks.at(-1)?.bytes ?? 0
  const when = (share: number) => marks.find(({ bytes }) => bytes >= share * all)?.at ?? NaN
  const most = (from: number, to: number) => {
    const [begin, end] = [when(from), when(to)]
    return Math.max(...memory.filter(({ at }) => at >= begin && at <= end).map(({ mib }) => mib))
  }
  const what = `an export of ${MANY.toLocaleString('en')} events`
  return [
    { id: 'B8', what: `${what}: its last tenth, beside the first`, ours: when(1) - when(0.9), reference: when(0.1) - when(0), unit: 'ms', budget: { most: 1.5 } },
    { id: 'B8', what: `${what}: most memory meanwhile, beside that before`, ours: most(0, 1), reference: before, unit: 'MiB', budget: { most: 1.5 } },
    { id: 'B8', what: `${what}: most memory in its second half, beside the first`, ours: most(0.5, 1), reference: most(0, 0.5), unit: 'MiB', budget: { most: 1.5 } },
  ]
}

async function open(licenseServerUrl: string, events: number): Promise<Side> {
  const first = await startProduct({ licenseServerUrl })
  await (await signIn(first.url)).save('nc_demo_standard')
  await first.stop()
  fill(first.databaseFile, events)
  const product = await startProduct({ licenseServerUrl, dataDir: first.dataDir })
  return { product, admin: await signIn(product.url), events }
}

function fill(file: string, events: number): void {
  const database = new DatabaseSync(file)
  database.exec(`delete from events; insert into events (id, kind, at, first_at, count, actor, actor_email, address, details)
    with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${events})
    select n, case when n % 2 then 'check_in_succeeded' else 'check_in_failed' end, n + 1767225600000, n + 1767225600000, 1, 'system', null, null, '{}' from numbers;
    update installation set version = max(version, ${events})`)
  database.close()
}

async function compareStarts(sides: Record<'ours' | 'reference', Side>, licenseServerUrl: string): Promise<Figure> {
  const took = { ours: [] as number[], reference: [] as number[] }
  for (let nth = 0; nth < STARTS; nth++) {
    for (const side of ['ours', 'reference'] as const) {
      const { product } = sides[side]
      await product.stop()
      took[side].push(await timed(async () => {
        sides[side] = { ...sides[side], product: await startProduct({ licenseServerUrl, dataDir: product.dataDir }) }
      }))
    }
  }
  return { id: 'B8', what: `a start until ready, with ${MANY.toLocaleString('en')} events beside ${FEW}`, ours: medianOf(took.ours), reference: medianOf(took.reference), unit: 'ms', budget: { most: 1.5 } }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}
