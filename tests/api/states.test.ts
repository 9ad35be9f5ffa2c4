import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Entitlements, Feature, LicenseState, LicenseView, Warning } from '../../shared/contracts.ts'
import type { ApiClient } from '../support/api-client.ts'
import { createApiClient } from '../support/api-client.ts'
import type { Product } from '../support/product-process.ts'
import { SERVICE_TOKEN } from '../support/product-process.ts'
import { addAdmin, addViewer, restart, signInSoon, startOwnProduct, useStand } from '../support/stand.ts'
import type { CreateLicense } from '../support/vendor/control-protocol.ts'

/* Every state and every warning, reached as it is in life, and what the API says of it: to people, to services, in metrics. */

const stand = useStand()
const SERVICE = { authorization: `Bearer ${SERVICE_TOKEN}` }
const iso = expect.stringMatching(/Z$/)
const TERMS = {
  method: 'standard', plan: 'gold', seats: 5, features: ['sso', 'quantum'], limits: { limit_workspace: 3 }, organization: 'Zeta', email: 'zeta@example.com',
} as const satisfies CreateLicense

interface Installation { product: Product, client: ApiClient, key: string }

let people = 0

/** Saves a license by somebody with rate limits of their own; on the product that all share unless told otherwise. */
async function install(terms: Partial<CreateLicense> = {}, own?: Product): Promise<Installation> {
  const { key } = await stand.licenseServer.control.createLicense({ ...TERMS, ...terms })
  const product = own ?? stand.product
  const client = own ? await signInSoon(own) : await addAdmin(stand.admin, product, `person${++people}@example.com`)
  const { status, text } = await client.save(key)
  expect(status, `${key}: ${text}`).toBe(200)
  return { product, client, key }
}

/** Makes every check-in fail until the test ends. */
async function failCheckIns(): Promise<void> {
  await stand.licenseServer.control.addFault({ call: 'checkIn', fault: { type: 'status', status: 503 } })
  onTestFinished(() => stand.licenseServer.control.clearFaults())
}

async function installUnreachable(terms: Partial<CreateLicense>): Promise<Installation> {
  await failCheckIns()
  return install(terms)
}

async function installJudged(status: 'revoked' | 'suspended' | 'bound_elsewhere'): Promise<Installation> {
  const installation = await install()
  await stand.licenseServer.control.changeLicense(installation.key, { status, reason: 'unpaid' })
  await installation.client.checkIn()
  return installation
}

/** A signature that was changed by hand. */
async function installEdited(): Promise<Installation> {
  const product = await startOwnProduct({ licenseServerUrl: stand.licenseServer.url })
  const installation = await install({}, product)
  await product.stop()
  const database = new DatabaseSync(product.databaseFile)
  database.exec(`update license set lease = substr(lease, 1, length(lease) - 10) || 'AAAAAAAAAA'`)
  database.close()
  // It would be given a fresh lease.
  await failCheckIns()
  await restart(product, { licenseServerUrl: stand.licenseServer.url })
  return installation
}

async function installNothing(): Promise<Installation> {
  if ((await stand.admin.license()).state !== 'unlicensed') await stand.admin.remove()
  return { product: stand.product, client: stand.admin, key: '' }
}

const viewers = new Map<string, Promise<ApiClient>>()

/** The viewer of that product, made once. */
function viewerOf({ client, product }: Installation): Promise<ApiClient> {
  const known = viewers.get(product.url) ?? addViewer(client, product)
  viewers.set(product.url, known)
  return known
}

/** What is known of a lease, whatever the state it is in. */
const KNOWN = {
  method: 'standard', plan: 'gold', seats: 5, features: ['sso', 'quantum'], limits: { limit_workspace: 3 }, renews: true,
  licensee: { organization: 'Zeta', email: 'zeta@example.com' }, licenseId: expect.stringMatching(/^lic_/), maskedKey: expect.stringContaining('•'),
  issuedAt: iso, expiresAt: iso, activatedAt: iso, graceEndsAt: iso, reason: null, verdictAt: null, invalidBecause: null, checkIn: expect.any(Object),
}
const UNKNOWN = {
  method: null, plan: null, seats: null, features: [], limits: {}, renews: null, licensee: null, licenseId: null, maskedKey: null, issuedAt: null,
  expiresAt: null, activatedAt: null, graceEndsAt: null, boundTo: null, reason: null, verdictAt: null, invalidBecause: null, checkIn: null,
}
const JUDGED = { ...KNOWN, reason: 'unpaid', verdictAt: iso }
const UNREADABLE = {
  ...UNKNOWN, method: 'standard', maskedKey: KNOWN.maskedKey, activatedAt: iso, checkIn: KNOWN.checkIn,
  invalidBecause: { code: 'TOKEN_SIGNATURE_INVALID', reference: 'NCL-108' },
}
const OFF = { features: [], validUntil: null, plan: 'gold', seats: 5, limits: { limit_workspace: 3 }, expiresAt: iso, lease: expect.stringMatching(/^eyJ/) }
const NONE = { features: [], validUntil: null, plan: null, seats: null, limits: {}, expiresAt: null, lease: null }
const ON = { ...OFF, features: ['sso', 'quantum'], validUntil: iso }

interface Row { reach: () => Promise<Installation>, entitled: boolean, view: object, entitlements: object }

const STATES: Record<LicenseState, Row> = {
  unlicensed: { reach: installNothing, entitled: false, view: UNKNOWN, entitlements: NONE },
  active: { reach: () => install(), entitled: true, view: KNOWN, entitlements: ON },
  grace: { reach: () => installUnreachable({ every: 1, grace: 600 }), entitled: true, view: KNOWN, entitlements: ON },
  paused: { reach: () => installUnreachable({ every: 1, grace: 1 }), entitled: false, view: KNOWN, entitlements: OFF },
  expired: { reach: () => installUnreachable({ exp: Math.floor(Date.now() / 1000) + 20 }), entitled: false, view: KNOWN, entitlements: OFF },
  revoked: { reach: () => installJudged('revoked'), entitled: false, view: JUDGED, entitlements: OFF },
  suspended: { reach: () => installJudged('suspended'), entitled: false, view: JUDGED, entitlements: OFF },
  mismatch: { reach: () => installJudged('bound_elsewhere'), entitled: false, view: JUDGED, entitlements: OFF },
  invalid: { reach: installEdited, entitled: false, view: UNREADABLE, entitlements: NONE },
}
const isState = (name: string): name is LicenseState => Object.hasOwn(STATES, name)
const names = Object.keys(STATES).filter(isState)

describe('the state', () => {
  it.each(names)('%s: what people see, what services may do, what metrics count', async (state) => {
    const { reach, entitled, view: expected, entitlements: granted } = STATES[state]
    const installation = await reach()
    const { product, client } = installation
    const view = await client.waitFor(each => each.state === state, 60_000)
    expect(view).toMatchObject({ ...expected, state, entitled, managedByEnv: false, instanceId: expect.stringMatching(/^[\da-f]{32}$/) })
    const viewer = await viewerOf(installation)
    const seen = await viewer.license()
    expect(seen.licensee).toEqual(view.licensee && { ...view.licensee, email: null })
    expect(lasting(seen)).toEqual(lasting(view))

    const service = createApiClient(product.url)
    const ask = <T>(path: string) => service.request<T>('GET', path, undefined, SERVICE)
    expect((await ask<Entitlements>('/api/entitlements')).body).toEqual({ ...granted, state, entitled, serverTime: iso })
    const statuses = await Promise.all(['sso', 'quantum', 'scim', 'sso?deny=403', 'scim?deny=403'].map(async path => (await ask(`/api/features/${path}`)).status))
    expect(statuses).toEqual(entitled ? [204, 204, 402, 204, 403] : [402, 402, 402, 403, 403])
    const { features } = (await ask<{ features: Feature[] }>('/api/features')).body
    expect(features.filter(({ licensed }) => licensed).map(({ name }) => name)).toEqual(entitled ? ['sso', 'quantum'] : [])
    const { text } = await ask('/metrics')
    expect(text.match(/^nocodb_license_state\{.*\} 1$/gm)).toEqual([`nocodb_license_state{state="${state}"} 1`])
    expect(text).toContain(`nocodb_license_entitled ${entitled ? 1 : 0}\n`)
  })
})

/** Without what differs by role, or changes with every attempt to check in or to tell of the license before. */
function lasting({ licensee: _licensee, checkIn: _checkIn, serverTime: _now, finding: _finding, deactivation: _told, warnings, ...view }: LicenseView) {
  return { ...view, warnings: warnings.map(({ code }) => code).filter(code => code !== 'CHECK_IN_FAILING') }
}

interface Cause { reach: () => Promise<Installation>, warning: object, cure: ((installation: Installation) => Promise<unknown>) | null }

const setClock = (seconds: number) => stand.licenseServer.control.setClock(seconds)

async function installAt(vendorSeconds: number): Promise<Installation> {
  await setClock(vendorSeconds)
  return install()
}

async function cureClock({ client }: Installation): Promise<void> {
  await setClock(0)
  await client.checkIn()
}

async function installWithKey(key: string): Promise<Installation> {
  const product = await startOwnProduct({ licenseServerUrl: stand.licenseServer.url, env: { NC_LICENSE_KEY: key } })
  return { product, client: await signInSoon(product), key }
}

const useSeats = ({ url }: Product, seats: number) => createApiClient(url).request('PUT', '/api/usage', { seats }, SERVICE)

/** The license server's clock is the one that is believed; the machine's is right. */
const clock = { seconds: expect.toSatisfy((seconds: number) => Math.abs(seconds - 3600) < 60), wallTime: iso, trustedTime: iso }
const WARNINGS: Record<Warning['code'], Cause> = {
  EXPIRES_SOON: {
    reach: () => install({ exp: Math.floor(Date.now() / 1000) + 10 * 86_400 - 3600, renews: false }), warning: { expiresAt: iso, days: 9 },
    cure: async ({ client, key }) => { await stand.licenseServer.control.changeLicense(key, { days: 400 }); await client.checkIn() },
  },
  CHECK_IN_FAILING: {
    async reach() {
      const installation = await install()
      await stand.licenseServer.control.addFault({ call: 'checkIn', times: 1, fault: { type: 'status', status: 503 } })
      await installation.client.checkIn()
      return installation
    },
    warning: { since: iso, failures: 1, lastError: { code: 'SERVER_ERROR', reference: 'NCL-207', at: iso } }, cure: ({ client }) => client.checkIn(),
  },
  CLOCK_BEHIND: { reach: () => installAt(3600), warning: clock, cure: cureClock },
  CLOCK_AHEAD: { reach: () => installAt(-3600), warning: clock, cure: cureClock },
  SEATS_EXCEEDED: {
    async reach() {
      const installation = await install()
      await useSeats(installation.product, 6)
      return installation
    },
    warning: { seats: 5, used: 6 }, cure: ({ product }) => useSeats(product, 5),
  },
  ENV_DIFFERS: {
    reach: () => installWithKey('nc_demo_revoked'), warning: { error: 'LICENSE_REVOKED', reference: 'NCL-104' },
    cure: ({ product }) => restart(product, { licenseServerUrl: stand.licenseServer.url, env: { NC_LICENSE_KEY: 'nc_demo_standard' } }),
  },
  SANDBOX_BUILD: { reach: installNothing, warning: {}, cure: null },
}
const causes = Object.entries(WARNINGS)

describe('the warning', () => {
  it.each(causes)('%s stands there for both roles while there is cause, and no longer', async (code, { reach, warning, cure }) => {
    const installation = await reach()
    const { client } = installation
    const of = ({ warnings }: LicenseView) => warnings.filter(each => each.code === code)
    const view = await client.waitFor(each => of(each).length > 0)
    expect(of(view)).toEqual([{ code, ...warning }])
    expect(view.warnings.map(each => each.code)).toEqual(code === 'SANDBOX_BUILD' ? [code] : [code, 'SANDBOX_BUILD'])
    expect((await (await viewerOf(installation)).license()).warnings.map(each => each.code)).toEqual(view.warnings.map(each => each.code))
    if (!cure) return
    await cure(installation)
    expect((await client.waitFor(each => of(each).length === 0)).warnings.map(each => each.code)).toEqual(['SANDBOX_BUILD'])
  })
})
