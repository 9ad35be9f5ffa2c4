import { describe, expect, it, onTestFinished } from 'vitest'
import type { EventView, LicenseState, LicenseView } from '../../shared/contracts.ts'
import { createFakeClock, findFaketime } from '../support/faketime.ts'
import type { ApiClient } from '../support/api-client.ts'
import { signIn } from '../support/api-client.ts'
import { signInSoon, startOwnLicenseServer, startOwnProduct, until } from '../support/stand.ts'
import { startProduct } from '../support/product-process.ts'
import { startSandbox } from '../testing-kit/index.ts'

/* A week that a test lets pass in a moment, beside the same week by a clock that is really set. */

const DAY = 86_400
const AWAY = { call: 'checkIn', fault: { type: 'status', status: 503 } } as const
/** After how many days, and what is so then; the license server is back for the last. */
const WEEK: readonly (readonly [number, LicenseState])[] = [[1, 'grace'], [8, 'paused'], [9, 'active']]
const library = findFaketime() ?? ''

interface Told { states: object[], changes: unknown[] }

function tell({ state, entitled, finding, warnings, features, expiresAt, issuedAt }: LicenseView) {
  const term = (Date.parse(expiresAt ?? '') - Date.parse(issuedAt ?? '')) / 1000 / DAY
  // A clock that is set shows another time while none has passed, which the product says. Here time has passed.
  const told = warnings.map(({ code }) => code).filter(code => code !== 'CLOCK_AHEAD')
  return { state, entitled, cause: finding?.cause ?? null, warnings: told, features: features.length, term: Math.round(term / 30) }
}

async function changesTold(admin: ApiClient) {
  const { body: { events } } = await admin.request<{ events: EventView[] }>('GET', '/api/license/events?limit=200')
  return events.filter(({ kind }) => kind === 'state_changed').map(({ details }) => details).toReversed()
}

async function moved(): Promise<Told> {
  const { panel, vendor, stop } = await startSandbox()
  onTestFinished(stop)
  const admin = await signIn(panel.url, panel.account)
  expect((await admin.save('nc_demo_standard')).status).toBe(200)
  await vendor.addFault(AWAY)
  const states: object[] = []
  let day = 0
  for (const [at, state] of WEEK) {
    if (state === 'active') await vendor.clearFaults()
    const { license } = await panel.advance((at - day) * DAY)
    day = at
    states.push(tell(license))
  }
  return { states, changes: await changesTold(admin) }
}

async function reallyShifted(): Promise<Told> {
  const clock = createFakeClock(library)
  onTestFinished(clock.remove)
  const licenseServer = await startOwnLicenseServer()
  let product = await startProduct({ licenseServerUrl: licenseServer.url, env: clock.env })
  const first = await signInSoon(product)
  expect((await first.save('nc_demo_standard')).status).toBe(200)
  await licenseServer.control.addFault(AWAY)
  const states: object[] = []
  for (const [at, state] of WEEK) {
    if (state === 'active') await licenseServer.control.clearFaults()
    await licenseServer.control.setClock(at * DAY)
    await product.stop()
    clock.setOffset(at * DAY)
    product = await startOwnProduct({ licenseServerUrl: licenseServer.url, dataDir: product.dataDir, env: clock.env })
    const admin = await signInSoon(product)
    states.push(tell(await admin.waitFor(view => view.state === state && (state === 'active' || view.finding !== null), 30_000)))
    await until('the change is in the activity', async () => (await changesTold(admin)).at(-1)?.to === state)
  }
  const admin = await signInSoon(product)
  return { states, changes: await changesTold(admin) }
}

describe('time that a test lets pass', () => {
  it.skipIf(library === '')('is the time that a clock really shows: the same states, causes, warnings and changes', async () => {
    const [sandbox, real] = [await moved(), await reallyShifted()]
    expect(sandbox.states.map(each => Object(each).state)).toEqual(WEEK.map(([, state]) => state))
    expect(sandbox).toEqual(real)
  }, 120_000)

  it('brings every check-in that is due on the way', async () => {
    const { panel, vendor, stop } = await startSandbox()
    onTestFinished(stop)
    const admin = await signIn(panel.url, panel.account)
    await admin.save('nc_demo_standard')
    const { license: { checkIn } } = await panel.advance(7 * DAY)
    const calls = (await vendor.requests({ call: 'checkIn' })).length
    // Every six hours, and up to a tenth of that early.
    expect(calls).toBeGreaterThanOrEqual(28)
    expect(calls).toBeLessThanOrEqual(31)
    expect(checkIn?.consecutiveFailures).toBe(0)
  }, 60_000)

  it('lets sessions grow old only if asked to', async () => {
    const { panel, stop } = await startSandbox()
    onTestFinished(stop)
    const admin = await signIn(panel.url, panel.account)
    await panel.advance(30 * DAY)
    expect((await admin.request('GET', '/api/auth/session')).status).toBe(200)
    await panel.advance(8 * DAY, { sessions: true })
    expect((await admin.request('GET', '/api/auth/session')).status).toBe(401)
  }, 60_000)
})
