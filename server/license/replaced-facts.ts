import type { EventDetails } from '../../shared/contracts.ts'
import type { StoredLicense } from './stored-records.ts'
import type { Holding } from './state.ts'
import { expiryOf } from './state.ts'
import type { Lease } from './token.ts'
import { isoTime } from './warnings.ts'

/** What the activity tells of a license that comes into force in place of `before`, which was held as `holding`; null if of nothing. */
export function factsOfLicense({ claims }: Lease, before: StoredLicense | null, holding: Holding): EventDetails {
  const { method, sub: licenseId, plan } = claims
  const facts = { method, licenseId, expiresAt: isoTime(expiryOf(claims)) }
  return before ? { ...facts, plan, ...factsOfReplaced(before, holding) } : facts
}

/** Of the license before, if it did not verify, its method alone. */
function factsOfReplaced({ method }: StoredLicense, holding: Holding): EventDetails {
  if (holding.kind !== 'lease') return { replacedMethod: method }
  const { claims } = holding.lease
  return { replacedMethod: method, replacedId: claims.sub, replacedPlan: claims.plan, replacedExpiresAt: isoTime(expiryOf(claims)) }
}
