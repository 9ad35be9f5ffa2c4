import { onTestFinished } from 'vitest'
import type { ApiClient } from '../../support/api-client.ts'
import { startRelay } from '../../support/network/relay.ts'
import type { Relay } from '../../support/network/relay.ts'
import type { PostgresServer } from '../../support/postgres-server.ts'
import type { Product } from '../../support/product-process.ts'
import { SERVICE_TOKEN, startProduct } from '../../support/product-process.ts'
import { signInSoon, sleep, until } from '../../support/stand.ts'
import type { LicenseServerProcess } from '../../support/vendor/vendor-process.ts'
import { openStorage } from '../../../server/storage/open.ts'

export interface Household {
  relay: Relay
  first: Product
  admin: ApiClient
  /** Leases for which a second call is due: their first caller died or froze in the middle. */
  excused: ReadonlySet<string>
  /** What a replica has answered that it must not, whatever happened to it. */
  wrongAnswers: readonly string[]
  /** Waits until that many more due times have been served. */
  serve(dues: number): Promise<void>
  /** Waits until a check-in has been sent, and not been answered; resolves to who sent it. */
  untilCalling(): Promise<Product>
  /** Strikes whoever is calling, between sending and storing. One that is killed is started again. */
  strikeDuringCall(signal: 'SIGKILL' | 'SIGSTOP'): Promise<Product>
  /** Strikes one of them at any moment. */
  strike(signal: 'SIGKILL'): Promise<void>
  changeEvery(seconds: number): Promise<void>
  callsPerLease(): Promise<{ lease: string, count: number }[]>
  forks(): Promise<unknown[]>
  leaseOf(product: Product): Promise<string | null>
  leases(): Promise<(string | null)[]>
}

const KEY = 'nc_household_0123456789'
/** How long the vendor takes to answer: long enough to be struck in between. */
const TAKES = 400
const ASK = { authorization: `Bearer ${SERVICE_TOKEN}` }

interface Options { server: PostgresServer, licenseServer: LicenseServerProcess, replicas: number }

/** Starts the replicas, activates a license that is due every two seconds, and asks every replica all the time whether it is entitled. */
export async function createHousehold({ server, licenseServer, replicas }: Options): Promise<Household> {
  const { control } = licenseServer
  const direct = await server.createDatabase()
  const relay = await startRelay(server.port)
  const url = new URL(direct)
  url.port = String(relay.port)
  const start = (port?: number) => startProduct({
    licenseServerUrl: licenseServer.url, env: { DATABASE_URL: url.href }, ...(port === undefined ? {} : { port }),
  })
  const first = await start()
  const products = [first, ...await Promise.all(Array.from({ length: replicas - 1 }, () => start()))]
  const storage = await openStorage({ url: direct, baseDir: '/' })
  const excused = new Set<string>()
  const wrongAnswers: string[] = []
  let watching = true

  async function ask({ url: address }: Product): Promise<{ entitled: boolean, state: string, lease: string | null } | null> {
    const response = await fetch(`${address}/api/entitlements`, { headers: ASK, signal: AbortSignal.timeout(1500) }).catch(() => null)
    return response?.status === 200 ? await response.json().catch(() => null) : null
  }
  async function watch(): Promise<void> {
    while (watching) {
      const answers = await Promise.all(products.map(ask))
      for (const answer of answers) if (answer && !answer.entitled) wrongAnswers.push(JSON.stringify({ ...answer, lease: null }))
      await sleep(300)
    }
  }
  async function callsPerLease() {
    const requests = await control.requests()
    const leases = requests.filter(({ path }) => path.endsWith('/check-in')).map(({ body }) => String(Object(body).lease))
    return [...Map.groupBy(leases, lease => lease)].map(([lease, all]) => ({ lease, count: all.length }))
  }
  const jtiStored = async () => (await storage.licenses.read()).license?.jti

  async function untilCalling(): Promise<Product> {
    const before = (await callsPerLease()).length
    await until('a check-in is sent', async () => (await callsPerLease()).length > before, 60_000)
    const holder = (await storage.licenses.claims?.readClaim())?.holder
    const caller = products.find(product => holder && product.output().includes(`"replica":"${holder}"`))
    if (!caller) return untilCalling()
    return caller
  }

  onTestFinished(async () => {
    watching = false
    await storage.close()
    for (const product of products) {
      product.process.kill('SIGCONT')
      await product.kill()
    }
    relay.close()
  })
  await control.createLicense({ key: KEY, method: 'standard', every: 2, grace: 86_400 })
  await control.addFault({ call: 'checkIn', fault: { type: 'delay', ms: TAKES } })
  const admin = await signInSoon(first)
  const saved = await admin.save(KEY)
  if (saved.status !== 200) throw new Error(`the activation answered ${saved.status}: ${saved.text}`)
  for (const product of products) await until('it is active everywhere', async () => (await ask(product))?.entitled)
  void watch()

  async function startAgain(product: Product): Promise<void> {
    await product.kill()
    products.splice(products.indexOf(product), 1, await start(product.port))
  }

  return {
    relay, first, admin, excused, wrongAnswers, callsPerLease, untilCalling,
    async serve(dues) {
      for (let served = 0; served < dues; served++) {
        const before = await jtiStored()
        await until('a due time is served', async () => await jtiStored() !== before, 60_000)
      }
    },
    async strikeDuringCall(signal) {
      const caller = await untilCalling()
      caller.process.kill(signal)
      const last = (await callsPerLease()).at(-1)
      if (last) excused.add(last.lease)
      if (signal === 'SIGKILL') void startAgain(caller)
      return caller
    },
    async strike() {
      const [, struck] = products
      if (struck) await startAgain(struck)
    },
    changeEvery: async (every) => { await control.changeLicense(KEY, { every }) },
    forks: () => control.forks(),
    leaseOf: async product => (await ask(product))?.lease ?? null,
    leases: async () => (await Promise.all(products.map(ask))).map(answer => answer?.lease ?? null),
  }
}
