import { expect, onTestFinished } from 'vitest'
import type { LicenseState, LicenseView } from '../../../shared/contracts.ts'
import { sleep } from '../../support/stand.ts'
import type { LicenseServerProcess } from '../../support/vendor/vendor-process.ts'
import { startLicenseServer } from '../../support/vendor/vendor-process.ts'
import type { ApiClient } from '../../support/api-client.ts'
import { createApiClient, signIn } from '../../support/api-client.ts'
import type { Product } from '../../support/product-process.ts'
import { SERVICE_TOKEN, startProduct } from '../../support/product-process.ts'
import type { FakeClock } from '../../support/faketime.ts'
import { createFakeClock } from '../../support/faketime.ts'

/* A product that lives by a clock which can be set, and the license server it talks to, which lives by the right one. */

export interface Household {
  readonly clock: FakeClock
  readonly licenseServer: LicenseServerProcess
  readonly product: Product
  /** Signed in, again where the clock has ended the session. */
  admin(): Promise<ApiClient>
  view(): Promise<LicenseView>
  /** Ends the product if it runs, and starts it on the same database. */
  restart(env?: Record<string, string>): Promise<void>
  stop(): Promise<void>
  /** Ends the license server, or starts it in its place again. */
  serverAway(): Promise<void>
  serverBack(): Promise<void>
  /** Saves a token of the given term for this installation. */
  saveOffline(seconds: number): Promise<LicenseView>
}

/** Starts both, the product by a clock of faketime's library; `at`: the moment of its first start, if not now. */
export async function startHousehold(library: string, at?: string): Promise<Household> {
  const clock = createFakeClock(library)
  if (at !== undefined) clock.setTo(at)
  let licenseServer = await startLicenseServer()
  let product = await startProduct({ licenseServerUrl: licenseServer.url, env: clock.env })
  let client: ApiClient | undefined
  onTestFinished(async () => {
    await product.dispose()
    await licenseServer.stop()
    clock.remove()
  })
  async function admin(): Promise<ApiClient> {
    const { status } = client ? await client.request('GET', '/api/auth/session') : { status: 401 }
    if (client === undefined || status !== 200) client = await signIn(product.url)
    return client
  }
  const household: Household = {
    clock,
    get licenseServer() { return licenseServer },
    get product() { return product },
    admin,
    view: async () => (await admin()).license(),
    async restart(env = {}) {
      await product.stop()
      client = undefined
      product = await startProduct({
        licenseServerUrl: licenseServer.url, dataDir: product.dataDir, port: product.port, env: { ...clock.env, ...env },
      })
    },
    async stop() { await product.stop() },
    serverAway: () => licenseServer.stop(),
    async serverBack() { licenseServer = await startLicenseServer({ port: licenseServer.port }) },
    async saveOffline(seconds) {
      const { instanceId } = await household.view()
      const exp = Math.floor(Date.now() / 1000) + seconds
      const token = await licenseServer.control.issueToken({ instance_id: instanceId, claims: { exp } })
      return requireSaved(await (await admin()).save(token))
    },
  }
  return household
}

/** The license that was saved; throws with the product's answer if it was not. */
export function requireSaved({ status, text, body }: { status: number, text: string, body: LicenseView }): LicenseView {
  if (status !== 200) throw new Error(`the save was answered ${status}: ${text}`)
  return body
}

export const clockWarningsOf = ({ warnings }: LicenseView) => warnings.map(({ code }) => code).filter(code => code.startsWith('CLOCK_'))

/** Asks as another service does, without a session, for `ms`, all the time; returns the states seen, in order, without repetitions. */
export async function watchStates({ url }: Product, ms: number): Promise<{ states: LicenseState[], entitled: Set<boolean>, looks: number }> {
  const client = createApiClient(url)
  const states: LicenseState[] = []
  const entitled = new Set<boolean>()
  let looks = 0
  for (const end = performance.now() + ms; performance.now() < end; looks++) {
    const { status, body } = await client.request<{ state: LicenseState, entitled: boolean }>(
      'GET', '/api/entitlements', undefined, { authorization: `Bearer ${SERVICE_TOKEN}` })
    if (status !== 200) throw new Error(`entitlements were answered ${status}`)
    if (states.at(-1) !== body.state) states.push(body.state)
    entitled.add(body.entitled)
    await sleep(20)
  }
  return { states, entitled, looks }
}

/** Waits until the license satisfies the condition, whatever becomes of sessions meanwhile; returns it. */
export async function untilView(household: Household, what: string, condition: (view: LicenseView) => boolean): Promise<LicenseView> {
  const end = performance.now() + 45_000
  for (;;) {
    const view = await household.view()
    if (condition(view)) return view
    if (performance.now() > end) throw new Error(`did not happen: ${what}; last seen: ${JSON.stringify(view)}`)
    await sleep(100)
  }
}

/** Repairs the clock, and expects no trace of its having been wrong, neither at once nor after a restart. */
export async function expectRecovery(household: Household): Promise<void> {
  household.clock.setOffset(0)
  const running = await untilView(household, 'active again after the repair', ({ state }) => state === 'active')
  expect(clockWarningsOf(running)).toEqual([])
  await household.restart()
  const restarted = await untilView(household, 'active after the restart', ({ state }) => state === 'active')
  expect(clockWarningsOf(restarted)).toEqual([])
  expect(restarted).toMatchObject({ entitled: true, licenseId: running.licenseId, instanceId: running.instanceId })
}
