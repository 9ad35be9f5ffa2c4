import { createHash } from 'node:crypto'
import type { RefusalCode } from '../../server/license-server/protocol.ts'
import type { Method } from '../../shared/method-rules.ts'
import type { Limits } from '../../server/license/claims.ts'
import type { VendorClock } from './clock.ts'
import type { ChangeLicense, CreateLicense, LicenseState, LicenseStatus } from '../support/vendor/control-protocol.ts'
import {
  DEFAULT_DAYS, DEFAULT_EMAIL, DEFAULT_EVERY, DEFAULT_FEATURES, DEFAULT_GRACE, DEFAULT_ORGANIZATION, DEFAULT_PLAN,
  DEFAULT_SEATS, NAMED_KEYS,
} from './named-keys.ts'
import type { NamedKey } from './named-keys.ts'
import type { Signer } from '../support/vendor/control-protocol.ts'
import { newKey } from '../support/vendor/new-key.ts'

const DAY = 86_400

export interface License {
  key: string
  licenseId: string
  method: Method
  plan: string
  seats: number | null
  features: string[]
  limits: Limits | undefined
  organization: string
  email: string
  /** End of the term, or the days it always has left (named keys), counted from the end of today, UTC. */
  term: { exp: number } | { days: number }
  every: number
  grace: number
  renews: boolean
  status: LicenseStatus
  reason: string | undefined
  /** Whether one installation at most may hold it. */
  exclusive: boolean
  boundTo: Set<string>
  /** Instance IDs that gave it back. */
  released: Set<string>
  activations: number
  deactivations: number
  seatsUsed: number | null
  signer: Signer
  refuses: RefusalCode | undefined
}

/** The license id of a key, the same in every process. */
export function licenseIdOf(key: string): string {
  if (Object.hasOwn(NAMED_KEYS, key)) return `lic_${key.replace(/^nc_/, '')}`
  return `lic_${createHash('sha256').update(key).digest('hex').slice(0, 20)}`
}

/** End of the licensed term, in seconds since 1970. */
export function expOf({ term }: License): number {
  if ('exp' in term) return term.exp
  // The machine's day, not the shifted clock's: a shift has to be able to reach the end of a named license.
  return (Math.floor(Date.now() / 1000 / DAY) + 1 + term.days) * DAY
}

/** What the license is worth at `now` (seconds since 1970), its term included. */
export function standingOf(license: License, now: number): LicenseStatus {
  return license.status === 'active' && expOf(license) <= now ? 'expired' : license.status
}

/** Gives the installation its seat; false when another one holds the only one. */
export function bind(license: License, instanceId: string): boolean {
  if (license.boundTo.has(instanceId)) return true
  if (license.exclusive && license.boundTo.size > 0) return false
  license.boundTo.add(instanceId)
  license.released.delete(instanceId)
  license.activations += 1
  return true
}

/** Frees the seat of the installation; doing so twice is the same as once. */
export function release(license: License, instanceId: string): void {
  if (license.boundTo.delete(instanceId)) license.deactivations += 1
  license.released.add(instanceId)
}

export function stateOf(license: License): LicenseState {
  const { key, licenseId, method, plan, seats, features, limits, organization, email, every, grace, renews, status } = license
  const { activations, deactivations, seatsUsed } = license
  return {
    key, licenseId, method, plan, seats, features, organization, email, every, grace, renews, status, seatsUsed,
    limits: limits ?? {},
    exp: expOf(license), reason: license.reason ?? null, boundTo: [...license.boundTo], activations, deactivations,
  }
}

/** An active license with the default terms, held by nobody. */
export function blankLicense(key: string, method: Method, term: License['term']): License {
  return {
    key, method, term, licenseId: licenseIdOf(key),
    plan: DEFAULT_PLAN, seats: DEFAULT_SEATS, features: [...DEFAULT_FEATURES], limits: undefined,
    organization: DEFAULT_ORGANIZATION, email: DEFAULT_EMAIL,
    every: DEFAULT_EVERY, grace: DEFAULT_GRACE, renews: method === 'standard',
    status: 'active', reason: undefined, signer: 'sandbox', refuses: undefined,
    exclusive: true, boundTo: new Set(), released: new Set(), activations: 0, deactivations: 0, seatsUsed: null,
  }
}

function namedLicense(key: string, { days, ...named }: NamedKey): License {
  return { ...blankLicense(key, named.method, { days }), ...named, exclusive: false }
}

function applyChange(license: License, { days, exp, boundTo, ...change }: ChangeLicense, now: number): void {
  const end = exp ?? (days === undefined ? undefined : now + Math.round(days * DAY))
  if (end !== undefined) {
    license.term = { exp: end }
    if (license.status === 'expired') license.status = 'active'
  }
  Object.assign(license, Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)))
  if (boundTo === undefined) return
  license.exclusive = true
  license.boundTo = new Set(boundTo === null ? [] : [boundTo])
  license.released.clear()
}

export interface LicenseBook {
  getByKey(key: string): License | undefined
  getById(licenseId: string): License | undefined
  /** Creates a license, with a new key unless one is given; undefined when that key exists already. */
  create(wanted: CreateLicense): License | undefined
  /** Changes a license, a named one too; undefined when there is none of that key. */
  change(key: string, change: ChangeLicense): License | undefined
  reset(): void
}

/** The vendor's licenses: the named ones, and what the control API adds to them. */
export function createLicenseBook(clock: VendorClock): LicenseBook {
  const byKey = new Map<string, License>()
  const byId = new Map<string, License>()
  const add = (license: License): License => {
    byKey.set(license.key, license)
    byId.set(license.licenseId, license)
    return license
  }
  const reset = (): void => {
    byKey.clear()
    byId.clear()
    for (const [key, named] of Object.entries(NAMED_KEYS)) add(namedLicense(key, named))
  }
  reset()
  return {
    getByKey: key => byKey.get(key),
    getById: licenseId => byId.get(licenseId),
    create({ key: wantedKey, method, ...terms }) {
      const key = wantedKey ?? newKey(method === 'airgapped' ? 'airgapped' : 'standard')
      if (byKey.has(key)) return undefined
      const license = blankLicense(key, method, { exp: clock.now() + DEFAULT_DAYS * DAY })
      applyChange(license, terms, clock.now())
      return add(license)
    },
    change(key, change) {
      const license = byKey.get(key)
      if (license) applyChange(license, change, clock.now())
      return license
    },
    reset,
  }
}
