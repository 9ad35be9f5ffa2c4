import type { ChangeLicense, CreateLicense } from '../support/vendor/control-protocol.ts'
import { newKey } from '../support/vendor/new-key.ts'
import type { VendorClock } from './clock.ts'
import { licenseIdOf } from './license-id.ts'
import { move, namedLicense, newLicense } from './licenses.ts'
import type { License, Terms } from './licenses.ts'
import { NAMED_KEYS } from './named-keys.ts'
import { covers } from './reach.ts'
import type { Reach } from './reach.ts'

export interface LicenseBook {
  getByKey(key: string): License | undefined
  getById(licenseId: string): License | undefined
  list(): License[]
  /** Creates a license, with a new key unless one is given; undefined when that key exists already. */
  create(wanted: CreateLicense): License | undefined
  /** Changes a license, a named one too: for one installation, or for all, whatever they had of their own. Undefined if there is none. */
  change(key: string, change: ChangeLicense): License | undefined
  /** Deletes a license that was created; undefined if there is none of that key. */
  remove(key: string): 'removed' | 'named' | undefined
  /** Forgets created licenses and changes to named ones; with an installation, what that one has of its own and has done. */
  reset(reach: Reach): void
}

type Change = Omit<ChangeLicense, 'boundTo' | 'installation'>

/** The terms that a change makes of these, at `now` (seconds since 1970). */
function changedTerms({ status }: Terms, { days, exp, ...change }: Change, now: number): Partial<Terms> {
  const end = exp ?? (days === undefined ? undefined : now + Math.round(days * 86_400))
  const renewed: Partial<Terms> = end === undefined ? {} : { term: { exp: end }, ...(status === 'expired' ? { status: 'active' } : {}) }
  return { ...renewed, ...Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) }
}

function changeForAll(license: License, change: Change, now: number): void {
  for (const [installation, own] of license.own) {
    const changed = changedTerms({ ...license, ...own }, change, now)
    license.own.set(installation, Object.fromEntries(Object.entries(own).filter(([member]) => !Object.hasOwn(changed, member))))
  }
  Object.assign(license, changedTerms(license, change, now))
}

function changeForOne(license: License, installation: string, change: Change, now: number): void {
  const own = license.own.get(installation)
  license.own.set(installation, { ...own, ...changedTerms({ ...license, ...own }, change, now) })
}

/** The vendor's licenses: the named ones, and what the control API adds to them. */
export function createLicenseBook(clock: VendorClock): LicenseBook {
  const byId = new Map<string, License>()
  const add = (license: License): License => {
    byId.set(license.licenseId, license)
    return license
  }
  const getByKey = (key: string) => byId.get(licenseIdOf(key))
  const begin = (): void => {
    for (const [key, named] of Object.entries(NAMED_KEYS)) if (!getByKey(key)) add(namedLicense(key, named))
  }
  begin()
  return {
    getByKey,
    getById: licenseId => byId.get(licenseId),
    list: () => [...byId.values()],
    create({ key: wantedKey, method, ...terms }) {
      const key = wantedKey ?? newKey(method === 'airgapped' ? 'airgapped' : 'standard')
      if (getByKey(key)) return undefined
      const now = clock.of({ licenseId: licenseIdOf(key) }).now()
      const license = newLicense(key, method, now)
      changeForAll(license, terms, now)
      return add(license)
    },
    change(key, { installation, boundTo, ...change }) {
      const license = getByKey(key)
      if (!license) return undefined
      const now = clock.of({ installation, licenseId: license.licenseId }).now()
      if (installation === undefined) changeForAll(license, change, now)
      else changeForOne(license, installation, change, now)
      if (boundTo !== undefined) move(license, boundTo)
      return license
    },
    remove(key) {
      if (Object.hasOwn(NAMED_KEYS, key)) return 'named'
      return byId.delete(licenseIdOf(key)) ? 'removed' : undefined
    },
    reset({ installation, ...reach }) {
      for (const license of byId.values()) {
        const { licenseId } = license
        if (!covers(reach, { licenseId })) continue
        if (installation === undefined) byId.delete(licenseId)
        else for (const kept of [license.own, license.holders]) kept.delete(installation)
      }
      begin()
    },
  }
}
