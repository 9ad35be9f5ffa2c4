import type { LicenseHolder } from '../../server/license/license-holder.ts'
import { createLicenseHolder } from '../../server/license/license-holder.ts'
import type { LicenseStorage, LicenseStore } from '../../server/license/ports.ts'
import type { SeqMark, Snapshot, StoredLicense } from '../../server/license/stored-records.ts'
import { activate, seqMarkOf } from '../../server/license/record.ts'
import { LicenseError } from '../../server/license/errors.ts'
import { eventOf } from '../../server/license/events.ts'
import type { Lease } from '../../server/license/token.ts'
import type { EventKind } from '../../shared/contracts.ts'
import { INSTANCE } from './claims.ts'
import type { SimulatedClock } from './simulated-clock.ts'
import { createMemoryStore } from './memory-store.ts'
import { keyring } from './signing.ts'

/** The row that a database holds after this lease was activated. */
export function storedOf(lease: Lease, changes: Partial<StoredLicense> = {}): StoredLicense {
  const at = lease.claims.iat * 1000
  return {
    method: lease.claims.method, lease: lease.jws, jti: lease.claims.jti, verdict: null, verdictRun: null, secret: null, maskedKey: null,
    activatedAt: at, lastState: 'active', lastSuccessAt: null, lastAttemptAt: null, nextAt: null, consecutiveFailures: 0,
    failingSince: null, lastError: null, lastFinding: null, ...changes,
  }
}

/** Puts a license into a store, as an earlier process would have. */
export async function storeLicense(store: LicenseStore, lease: Lease, clock: SimulatedClock, changes: Partial<StoredLicense> = {}): Promise<void> {
  const { uptime, boot } = clock.read()
  const trusted = { at: lease.claims.iat * 1000, uptime, boot, continuous: true }
  await storeRow(store, storedOf(lease, changes), seqMarkOf(lease), { trusted })
}

/** Makes commits that would record such an event fail from now on; returns a function that ends that. */
export function failCommits(store: LicenseStore, kind: EventKind, error: Error = new LicenseError('STORAGE_UNAVAILABLE')): () => void {
  const { commit } = store
  store.commit = input => input.event.kind === kind ? Promise.reject(error) : commit(input)
  return () => { store.commit = commit }
}

/** Puts a row into a store unchecked. */
export async function storeRow(
  store: LicenseStore, license: StoredLicense, seq: SeqMark, more: Pick<Snapshot, 'trusted'> & Partial<Pick<Snapshot, 'anchor'>>,
): Promise<void> {
  const { revision } = await store.read()
  const written = await store.commit({
    if: { revision }, seq, ...(more.trusted ? { trusted: more.trusted } : {}), ...(more.anchor ? { anchor: more.anchor } : {}),
    change: activate(license, seq.sub, null), event: eventOf('activated', license.activatedAt, { kind: 'system' }),
  })
  if (written === 'stale') throw new Error('the sample license was not stored')
}

export async function holderOf(clock: SimulatedClock, store: LicenseStorage = createMemoryStore(), instanceId = INSTANCE): Promise<LicenseHolder> {
  return createLicenseHolder({ store, keyring, clock, instanceId })
}
