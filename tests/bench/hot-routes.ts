import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createApiClient, signIn } from '../support/api-client.ts'
import { SERVICE_TOKEN, startProduct } from '../support/product-process.ts'
import { startLicenseServer } from '../support/vendor/vendor-process.ts'
import type { Figure } from './figure.ts'
import { medianOf } from './figure.ts'
import { keepOn, processorsOf } from './processes.ts'
import type { Measured } from './wrk.ts'
import { limitOf, load } from './wrk.ts'

/* B2: what hosts ask with every request of theirs, beside a bare h3 server that sends the same. */

const BARE = fileURLToPath(new URL('bare-server.ts', import.meta.url))
const ROUNDS = 5
const ROUNDS_APART = 3
const SECONDS = 3
const CALM_SECONDS = 2
/** The processor that is shared, where one is. */
const ONE = 0
const CONNECTIONS = 64
/** At half the rate, each connection pauses, so it takes more of them. */
const CALM = 100

interface Route { what: string, path: string, headers: Record<string, string>, least: number }
interface Server { url: string, pid: number }

/** Starts the product with a license and measures each route. */
export async function measureHotRoutes(): Promise<Figure[]> {
  const licenseServer = await startLicenseServer()
  const product = await startProduct({ licenseServerUrl: licenseServer.url })
  try {
    const admin = await signIn(product.url)
    await admin.save('nc_demo_standard')
    const service = { authorization: `Bearer ${SERVICE_TOKEN}` }
    const first = await createApiClient(product.url).request('GET', '/api/entitlements', undefined, service)
    const routes: Route[] = [
      { what: 'GET /api/features/sso', path: '/api/features/sso', headers: service, least: 0.6 },
      { what: 'GET /api/entitlements', path: '/api/entitlements', headers: service, least: 0.6 },
      { what: 'GET /api/entitlements, unchanged', path: '/api/entitlements', headers: { ...service, 'if-none-match': first.headers.get('etag') ?? '' }, least: 0.6 },
      { what: 'GET /api/license, with a session', path: '/api/license', headers: { cookie: admin.cookie }, least: 0.4 },
    ]
    const figures: Figure[] = []
    for (const route of routes) figures.push(...await measureRoute({ url: product.url, pid: product.process.pid ?? 0 }, route))
    return figures
  }
  finally {
    await product.dispose()
    await licenseServer.stop()
  }
}

async function measureRoute(product: Server, { what, path, headers, least }: Route): Promise<Figure[]> {
  const answer = await createApiClient(product.url).request('GET', path, undefined, headers)
  const bare = await startBare(answer.status, answer.text)
  try {
    const sides = { ours: { ...product, url: product.url + path }, bare }
    const byTurns = async (rounds: number, measure: (server: Server) => Promise<Measured>) => {
      const measured: Record<keyof typeof sides, Measured[]> = { ours: [], bare: [] }
      for (let round = 0; round < rounds; round++) {
        for (const side of ['ours', 'bare'] as const) measured[side].push(await measure(sides[side]))
      }
      return measured
    }
    const costs = await byTurns(ROUNDS, server => sharingOne(server, () => (
      load({ ...server, headers, seconds: SECONDS, connections: CONNECTIONS, processor: ONE })
    )))
    const rates = await byTurns(ROUNDS_APART, server => load({ ...server, headers, seconds: SECONDS, connections: CONNECTIONS }))
    const [ours, reference] = [rateOf(costs.ours), rateOf(costs.bare)]
    const pause = CALM / (medianOf(rates.ours.map(({ perSecond }) => perSecond)) / 2) * 1000
    const calm = await byTurns(ROUNDS, server => load({ ...server, headers, seconds: CALM_SECONDS, connections: CALM, pause }))
    const p99 = (side: keyof typeof sides) => medianOf(calm[side].map(each => each.p99))
    const note = `${answer.status}; apart, ours: ${limitOf(middleOf(rates.ours))}; reference: ${limitOf(middleOf(rates.bare))}`
    return [
      { id: 'B2', what, ours, reference, unit: '/s', budget: { least }, note },
      { id: 'B2', what: `${what}: p99 at half its rate`, ours: p99('ours'), reference: p99('bare'), unit: 'ms', budget: { most: 3 } },
    ]
  }
  finally {
    bare.stop()
  }
}

/** By processor time: beside other programs, a server gets more or less of a processor from one moment to the next. */
const rateOf = (rounds: readonly Measured[]) => medianOf(rounds.map(({ perProcessorSecond }) => perProcessorSecond))

/**
 * Measures a server that shares one processor with the generator. On a processor of its own the generator falls asleep beside the slower
 * server and not beside the faster, and waking it up would be counted for one of them alone.
 */
async function sharingOne({ pid }: Server, measure: () => Promise<Measured>): Promise<Measured> {
  const before = processorsOf(pid)
  keepOn(pid, String(ONE))
  try {
    return await measure()
  }
  finally {
    keepOn(pid, before)
  }
}

/** The round with the median rate. */
function middleOf(rounds: readonly Measured[]): Measured {
  const middle = rounds.toSorted((a, b) => a.perSecond - b.perSecond)[Math.floor(rounds.length / 2)]
  if (!middle) throw new Error('nothing was measured')
  return middle
}

async function startBare(status: number, body: string): Promise<Server & { stop(): void }> {
  const child = spawn(process.execPath, [BARE, String(status), body], { env: { NODE_ENV: 'production' }, stdio: ['ignore', 'pipe', 'inherit'] })
  const [port] = await once(child.stdout, 'data')
  return { url: `http://127.0.0.1:${String(port).trim()}/`, pid: child.pid ?? 0, stop: () => child.kill() }
}
