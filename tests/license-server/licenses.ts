import type { RefusalCode } from '../../server/license-server/protocol.ts'
import type { Method } from '../../shared/method-rules.ts'
import type { Limits } from '../../server/license/claims.ts'
import type { LicenseState, LicenseStatus, Signer } from '../support/vendor/control-protocol.ts'
import { licenseIdOf } from './license-id.ts'
import {
  DEFAULT_DAYS, DEFAULT_EMAIL, DEFAULT_EVERY, DEFAULT_FEATURES, DEFAULT_GRACE, DEFAULT_ORGANIZATION, DEFAULT_PLAN, DEFAULT_SEATS,
} from './named-keys.ts'
import type { NamedKey } from './named-keys.ts'

const DAY = 86_400

/** What a license grants, and what it is worth. */
export interface Terms {
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
}

/** What one installation has done with a license. */
interface Holder {
  bound: boolean
  /** It gave the license back. */
  released: boolean
  activations: number
  deactivations: number
  /** What its last check-in reported; absent before the first. */
  report?: { seatsUsed: number | null }
}

export interface License extends Terms {
  key: string
  licenseId: string
  method: Method
  /** Whether one installation at most may hold it. */
  exclusive: boolean
  signer: Signer
  refuses: RefusalCode | undefined
  /** By Instance ID: the terms that hold for that installation alone, and what it has done. */
  own: Map<string, Partial<Terms>>
  holders: Map<string, Holder>
}

/** The license as this installation has it; without one, as everybody has it. */
export function licenseFor(license: License, installation: string | undefined): License {
  return installation === undefined ? license : { ...license, ...license.own.get(installation) }
}

/** End of the licensed term, in seconds since 1970. */
export function expOf({ term }: Pick<Terms, 'term'>): number {
  if ('exp' in term) return term.exp
  // The machine's day, not the shifted clock's: a shift has to be able to reach the end of a named license.
  return (Math.floor(Date.now() / 1000 / DAY) + 1 + term.days) * DAY
}

/** What the license is worth at `now` (seconds since 1970), its term included. */
export function standingOf(license: License, now: number): LicenseStatus {
  return license.status === 'active' && expOf(license) <= now ? 'expired' : license.status
}

function holderOf({ holders }: License, instanceId: string): Holder {
  const holder = holders.get(instanceId) ?? { bound: false, released: false, activations: 0, deactivations: 0 }
  holders.set(instanceId, holder)
  return holder
}

export function boundTo({ holders }: License): string[] {
  return [...holders].flatMap(([instanceId, { bound }]) => bound ? [instanceId] : [])
}

/** Binds the license to this installation alone; null frees it for the next one that activates it. */
export function move(license: License, instanceId: string | null): void {
  license.exclusive = true
  for (const holder of license.holders.values()) Object.assign(holder, { bound: false, released: false })
  if (instanceId !== null) holderOf(license, instanceId).bound = true
}

/** Gives the installation its seat; false when another one holds the only one. */
export function bind(license: License, instanceId: string): boolean {
  if (license.holders.get(instanceId)?.bound) return true
  if (license.exclusive && boundTo(license).length > 0) return false
  const holder = holderOf(license, instanceId)
  Object.assign(holder, { bound: true, released: false, activations: holder.activations + 1 })
  return true
}

/** Frees the seat of the installation; doing so twice is the same as once. */
export function release(license: License, instanceId: string): void {
  const holder = holderOf(license, instanceId)
  if (holder.bound) holder.deactivations += 1
  Object.assign(holder, { bound: false, released: true })
}

export function hasReleased(license: License, instanceId: string): boolean {
  return license.holders.get(instanceId)?.released ?? false
}

/** Notes what a check-in of the installation reports. */
export function report(license: License, instanceId: string, seatsUsed: number | null): void {
  const holder = { ...holderOf(license, instanceId), report: { seatsUsed } }
  // The last to report stands last.
  license.holders.delete(instanceId)
  license.holders.set(instanceId, holder)
}

/** The state of the license: of one installation if it is named, else of all together. */
export function stateOf(whole: License, installation?: string): LicenseState {
  const license = licenseFor(whole, installation)
  const { key, licenseId, method, plan, seats, features, limits, organization, email, every, grace, renews, status } = license
  const holders = [...license.holders].filter(([instanceId]) => installation === undefined || instanceId === installation)
  const sum = (count: (holder: Holder) => number) => holders.reduce((total, [, holder]) => total + count(holder), 0)
  return {
    key, licenseId, method, plan, seats, features, organization, email, every, grace, renews, status,
    limits: limits ?? {},
    exp: expOf(license), reason: license.reason ?? null,
    boundTo: holders.flatMap(([instanceId, { bound }]) => bound ? [instanceId] : []),
    activations: sum(({ activations }) => activations), deactivations: sum(({ deactivations }) => deactivations),
    seatsUsed: holders.findLast(([, holder]) => holder.report)?.[1].report?.seatsUsed ?? null,
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
    exclusive: true, own: new Map(), holders: new Map(),
  }
}

export function namedLicense(key: string, { days, ...named }: NamedKey): License {
  return { ...blankLicense(key, named.method, { days }), ...named, exclusive: false }
}

/** A license that begins at `now`, seconds since 1970, with the default terms. */
export function newLicense(key: string, method: Method, now: number): License {
  return blankLicense(key, method, { exp: now + DEFAULT_DAYS * DAY })
}
