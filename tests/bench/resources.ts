import { setTimeout as sleep } from 'node:timers/promises'
import { signIn } from '../support/api-client.ts'
import { residentMiB } from '../support/process-figures.ts'
import { SERVICE_TOKEN, startProduct } from '../support/product-process.ts'
import { startLicenseServer } from '../support/vendor/vendor-process.ts'
import { buildEmptyApplication, EMPTY_PAGE } from './empty-application.ts'
import type { Figure } from './figure.ts'
import { medianOf } from './figure.ts'
import { load } from './wrk.ts'

/* B5 and B7: start, memory and pages, beside an empty Nuxt application of the same versions. */

const STARTS = 5
const API_REQUESTS = 100_000
const PAGES = 2_000
const SETTLE = 3_000

interface Server { url: string, pid: number, stop(): Promise<unknown> }
interface Side { start(): Promise<Server>, api: string, page: string, headers(server: Server): Promise<Record<'api' | 'page', Record<string, string>>> }

interface Cost { start: number, idle: number, afterApi: number, afterPages: number, afterMore: number, page: number }

/** Builds the empty application, and measures one side after the other. */
export async function measureResources(): Promise<Figure[]> {
  const licenseServer = await startLicenseServer()
  const empty = buildEmptyApplication(EMPTY_PAGE)
  try {
    const ours = await costOf({
      api: '/api/features/sso', page: '/admin/license',
      async start() {
        // Without the cache of compiled code that tests start with: whoever runs the product has none, and neither has the other side.
        const product = await startProduct({ licenseServerUrl: licenseServer.url, env: { NODE_COMPILE_CACHE: undefined } })
        return { url: product.url, pid: product.process.pid ?? 0, stop: () => product.dispose() }
      },
      async headers({ url }) {
        const admin = await signIn(url)
        await admin.save('nc_demo_standard')
        return { api: { authorization: `Bearer ${SERVICE_TOKEN}` }, page: { cookie: admin.cookie } }
      },
    })
    const reference = await costOf({ api: '/api/hello', page: '/', start: () => empty.start(), headers: async () => ({ api: {}, page: {} }) })
    const figure = (what: string, name: keyof Cost, unit: string, most: number): Figure => ({ id: 'B5', what: `${what}, beside an empty Nuxt application`, ours: ours[name], reference: reference[name], unit, budget: { most } })
    return [
      figure('start until the first answer', 'start', 'ms', 1.3),
      figure('memory when idle', 'idle', 'MiB', 1.4),
      figure(`memory after ${API_REQUESTS.toLocaleString('en')} calls of the API`, 'afterApi', 'MiB', 1.4),
      figure(`memory after ${PAGES.toLocaleString('en')} pages more`, 'afterPages', 'MiB', 1.4),
      { id: 'B5', what: `memory after another ${PAGES.toLocaleString('en')} pages, beside what it was before them`, ours: ours.afterMore, reference: ours.afterPages, unit: 'MiB', budget: { most: 1.1 } },
      { id: 'B7', what: 'processor time of a rendered License page, beside an empty page', ours: ours.page, reference: reference.page, unit: 'ms', budget: { most: 2.5 } },
    ]
  }
  finally {
    await licenseServer.stop()
    empty.remove()
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
    const idle = residentMiB(server.pid)
    const headers = await side.headers(server)
    await ask(server, side.api, headers.api, API_REQUESTS, 64)
    const afterApi = residentMiB(server.pid)
    const perSecond = await ask(server, side.page, headers.page, PAGES, 8)
    const afterPages = residentMiB(server.pid)
    await ask(server, side.page, headers.page, PAGES, 8)
    return { start: medianOf([...starts, took]), idle, afterApi, afterPages, afterMore: residentMiB(server.pid), page: 1000 / perSecond }
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

/** Asks until at least so many requests were answered; resolves to how many that were in a second of processor time. */
async function ask({ url, pid }: Server, path: string, headers: Record<string, string>, times: number, connections: number): Promise<number> {
  const seconds = 2
  const rates: number[] = []
  for (let answered = 0; answered < times;) {
    const { perSecond, perProcessorSecond } = await load({ url: url + path, pid, headers, seconds, connections })
    rates.push(perProcessorSecond)
    answered += perSecond * seconds
  }
  return medianOf(rates)
}
