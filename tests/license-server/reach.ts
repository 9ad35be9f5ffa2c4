import type { Scope } from '../support/vendor/scope.ts'
import { licenseIdOf } from './license-id.ts'

/**
 * What something is meant for (all that it does not name), and whom a call comes from (as far as the call says). In terms of the
 * license ID, which a key always has, and a lease too.
 */
export interface Reach { installation?: string, licenseId?: string }

export function reachOf({ installation, key }: Scope): Reach {
  return { ...(installation === undefined ? {} : { installation }), ...(key === undefined ? {} : { licenseId: licenseIdOf(key) }) }
}

/** Whether what is meant for `reach` is meant for all of `other` as well. */
export function covers(reach: Reach, other: Reach): boolean {
  return (reach.installation === undefined || reach.installation === other.installation)
    && (reach.licenseId === undefined || reach.licenseId === other.licenseId)
}
