import { afterAll, beforeAll, onTestFinished } from 'vitest'
import { waitAtMost } from './open-waits.ts'
import type { LicenseServerProcess } from './vendor/vendor-process.ts'
import { startLicenseServer } from './vendor/vendor-process.ts'
import type { ApiClient } from './api-client.ts'
import { createApiClient, signIn } from './api-client.ts'
import type { Product, ProductOptions } from './product-process.ts'
import { ADMIN, startProduct } from './product-process.ts'

/* What a test file runs against: a license server and a product, each a separate process. */

export interface Stand {
  readonly licenseServer: LicenseServerProcess
  readonly product: Product
  /** Signed in as the administrator. */
  readonly admin: ApiClient
}

export const VIEWER = { email: 'viewer@example.com', password: 'viewer password 1', role: 'viewer' }

/** Starts both processes before this file's tests, the product with `env`, and ends them afterwards. */
export function useStand(env: Record<string, string | undefined> = {}): Stand {
  let started: Stand | undefined
  const requireStarted = (): Stand => {
    if (!started) throw new Error('the processes are not running yet')
    return started
  }
  beforeAll(async () => {
    const licenseServer = await startLicenseServer()
    const product = await startProduct({ licenseServerUrl: licenseServer.url, env })
    started = { licenseServer, product, admin: await signInSoon(product) }
  })
  afterAll(async () => {
    await started?.product.dispose()
    await started?.licenseServer.stop()
  })
  return {
    get licenseServer() { return requireStarted().licenseServer },
    get product() { return requireStarted().product },
    get admin() { return requireStarted().admin },
  }
}

/** Starts a product that ends with the current test. */
export async function startOwnProduct(options: ProductOptions): Promise<Product> {
  const product = await startProduct(options)
  onTestFinished(() => product.dispose())
  return product
}

/** Starts a license server that ends with the current test. */
export async function startOwnLicenseServer(port?: number): Promise<LicenseServerProcess> {
  const licenseServer = await startLicenseServer({ port })
  onTestFinished(() => licenseServer.stop())
  return licenseServer
}

export interface OwnStand { licenseServer: LicenseServerProcess, product: Product, client: ApiClient }

/**
 * Runs a story with its own processes and ends them, including a license server that the story restarted. For stories that run
 * side by side, where "the current test" isn't just one.
 */
export async function withOwnStand(story: (stand: OwnStand, startAgain: () => Promise<LicenseServerProcess>) => Promise<void>): Promise<void> {
  const licenseServer = await startLicenseServer()
  const product = await startProduct({ licenseServerUrl: licenseServer.url })
  const servers = [licenseServer]
  try {
    await story({ licenseServer, product, client: await signInSoon(product) }, async () => {
      const again = await startLicenseServer({ port: licenseServer.port })
      servers.push(again)
      return again
    })
  }
  finally {
    await product.dispose()
    for (const server of servers) await server.stop()
  }
}

/** Ends a product and starts it again on the same database and port. */
export async function restart(product: Product, options: ProductOptions): Promise<Product> {
  await product.stop()
  return startOwnProduct({ ...options, dataDir: product.dataDir, port: product.port })
}

/** Signs in, retrying: right after a first start, the account from the environment may not exist yet. */
export async function signInSoon({ url }: Product, account: { email: string, password: string } = ADMIN): Promise<ApiClient> {
  for (let tries = 0; tries < 4; tries++) {
    const client = createApiClient(url)
    const { status } = await client.request('POST', '/api/auth/login', account)
    if (status === 200) return client
    await sleep(250)
  }
  return signIn(url, account)
}

/** Creates another administrator, who has separate rate limits, and signs in. */
export async function addAdmin(admin: ApiClient, { url }: Product, email: string): Promise<ApiClient> {
  const account = { email, password: 'another admin 123' }
  const { status, text } = await admin.request('POST', '/api/users', { ...account, role: 'admin' })
  if (status !== 201) throw new Error(`creating an administrator answered ${status}: ${text}`)
  return signIn(url, account)
}

/** Creates the viewer account and signs in. */
export async function addViewer(admin: ApiClient, { url }: Product): Promise<ApiClient> {
  const { status, text } = await admin.request('POST', '/api/users', VIEWER)
  if (status !== 201) throw new Error(`creating a viewer answered ${status}: ${text}`)
  return signIn(url, VIEWER)
}

/** Waits until `look` returns anything but undefined or false; rejects after `timeoutMs` with `what` and what was seen last. */
export async function until<T>(what: string, look: () => Promise<T | undefined | false> | T | undefined | false, timeoutMs = 30_000): Promise<T> {
  let giveUp = false
  let last = 'no answer'
  const seen = () => last
  async function lookAgain(): Promise<T> {
    for (;;) {
      const found = await look()
      last = String(found)
      if (found !== undefined && found !== false) return found
      if (giveUp) throw new Error(`did not happen: ${what}`)
      await sleep(50)
    }
  }
  try {
    return await waitAtMost(timeoutMs, what, lookAgain(), seen)
  }
  finally {
    giveUp = true
  }
}

/** How long the work took, ms. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

/** How long the quickest of several tries took, ms: load can only add time. */
export async function quickestOf(tries: number, work: () => Promise<unknown>): Promise<number> {
  let least = Infinity
  for (let tried = 0; tried < tries; tried++) least = Math.min(least, await timed(work))
  return least
}

export function sleep(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
