import { METHOD_RULES } from '../../shared/method-rules.ts'
import type { PreviousLicense, Snapshot, StoredLicense } from './stored-records.ts'
import { markIn } from './record.ts'
import type { Holding } from './state.ts'
import { expiryOf } from './state.ts'
import type { Lease } from './token.ts'

/* Which replaced license can be put back, and until when. */

/** For how long after it was replaced, ms. After that, and after the next change to the license, nothing of it is kept. */
export const PUT_BACK_WITHIN = 24 * 3_600_000

/**
 * What to keep of the license that `next` replaces at `at` (ms); null if it could not go back. Only a license whose removal nobody is
 * told of can (airgapped, offline): a standard one gives its seat back when it is replaced, and the key that could take a seat again
 * is not stored. Nor can one that was not in force, or an earlier statement about the very license that `next` is of.
 */
export function previousOf(license: StoredLicense | null, holding: Holding, next: Lease, at: number): PreviousLicense | null {
  if (!license || METHOD_RULES[license.method].tellsRemovals || holding.kind !== 'lease' || holding.verdict) return null
  const { claims } = holding.lease
  if (claims.sub === next.claims.sub || claims.instance_id !== next.claims.instance_id || at >= expiryOf(claims)) return null
  const { method, lease, jti, secret, maskedKey, activatedAt, lastSuccessAt } = license
  return {
    method, lease, jti, secret, maskedKey, activatedAt, lastSuccessAt,
    sub: claims.sub, seq: claims.seq, plan: claims.plan, expiresAt: expiryOf(claims), replacedAt: at,
  }
}

/** Until when a replaced license can be put back, ms. */
export function putBackUntil({ replacedAt, expiresAt }: PreviousLicense): number {
  return Math.min(replacedAt + PUT_BACK_WITHIN, expiresAt)
}

/** The license that can be put back at `now` (ms); null if there is none, or something newer about it was accepted. */
export function offeredPrevious({ previous, marks }: Pick<Snapshot, 'previous' | 'marks'>, now: number): PreviousLicense | null {
  if (!previous || now >= putBackUntil(previous)) return null
  return markIn(marks, previous.sub)?.jti === previous.jti ? previous : null
}
