import { LicenseError } from './errors.ts'
import type { Actor } from './events.ts'
import { eventOf } from './events.ts'
import { factsOfLicense } from './replaced-facts.ts'
import type { Keyring } from './jws.ts'
import type { LicenseHolder } from './license-holder.ts'
import type { LicenseStore } from './ports.ts'
import { offeredPrevious } from './previous.ts'
import { deactivationOf, putBack, restored, seqMarkOf } from './record.ts'
import { isEntitled, stateOf } from './state.ts'
import type { Lease } from './token.ts'
import { verifyStored } from './verify-stored.ts'
import type { StoredLicense } from './stored-records.ts'

export interface PutBackOptions { holder: LicenseHolder, store: LicenseStore, keyring: Keyring }

/**
 * Makes the function that puts the replaced license back in place of the present one; once, because nothing is kept of the present one.
 * It calls nobody, and leaves trusted time as it is: its lease answers no question of now. Throws LicenseError: NOT_FOUND if there is
 * none to put back, CONFLICT, what verifying it finds if the row was edited, STORAGE_UNAVAILABLE.
 */
export function createPutBack({ holder, store, keyring }: PutBackOptions) {
  /** Verified again, like every row that was stored. */
  async function requireLease(license: StoredLicense, now: number): Promise<Lease> {
    const holding = await verifyStored({ license, marks: holder.snapshot.marks }, keyring)
    if (holding.kind === 'invalid') throw new LicenseError(holding.code)
    if (holding.kind === 'none' || !isEntitled(stateOf(holding, holder.instanceId, now))) throw new LicenseError('NOT_FOUND')
    return holding.lease
  }

  return async function putPreviousBack({ revision, actor }: { revision?: number, actor: Actor }): Promise<void> {
    const base = await holder.reload()
    if (revision !== undefined && revision !== base.revision) throw new LicenseError('CONFLICT', { details: { revision: base.revision } })
    const now = holder.observe().effective
    const previous = offeredPrevious(base, now)
    if (!previous) throw new LicenseError('NOT_FOUND')
    const license = restored(previous)
    const lease = await requireLease(license, now)
    const written = await store.commit({
      if: { revision: base.revision }, seq: seqMarkOf(lease),
      change: putBack(license, deactivationOf(base.license, holder.holding, now, lease)),
      event: eventOf('put_back', now, actor, factsOfLicense(lease, base.license, holder.holding)),
    })
    if (written === 'stale') {
      await holder.reload()
      throw new LicenseError('CONFLICT', { details: { revision: holder.snapshot.revision } })
    }
    holder.adoptPutBack(lease, written)
  }
}
