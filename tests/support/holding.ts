import type { LicenseHolder } from '../../server/license/license-holder.ts'
import { createLicenseHolder } from '../../server/license/license-holder.ts'
import type { LicenseStore, SeqMark, StoredLicense } from '../../server/license/ports.ts'
import { eventOf } from '../../server/license/events.ts'
import type { Lease, Verdict } from '../../server/license/token.ts'
import { INSTANCE } from './claims.ts'
import type { SimulatedClock } from './simulated-clock.ts'
import { createMemoryStore } from './memory-store.ts'
import { keyring } from './signing.ts'

export function markOf({ claims: { sub, seq, jti } }: Lease | Verdict): SeqMark {
  return { sub, seq, jti }
}

/** Takes a lease; returns the row that a database holds after its activation. */
export function storedOf(lease: Lease, changes: Partial<StoredLicense> = {}): StoredLicense {
  const at = lease.claims.iat * 1000
  return {
    method: lease.claims.method, lease: lease.jws, jti: lease.claims.jti, verdict: null, secret: null, maskedKey: null,
    activatedAt: at, lastState: 'active', lastSuccessAt: null, lastAttemptAt: null, nextAt: null, consecutiveFailures: 0,
    failingSince: null, lastError: null, ...changes,
  }
}

/** Puts a license into a store, as a process before this one would have. */
export async function storeLicense(store: LicenseStore, lease: Lease, clock: SimulatedClock, changes: Partial<StoredLicense> = {}): Promise<void> {
  const { revision } = await store.read()
  const { uptime, boot } = clock.read()
  const written = await store.saveLicense({
    revision, license: storedOf(lease, changes), seq: markOf(lease), deactivate: null,
    trusted: { at: lease.claims.iat * 1000, uptime, boot, continuous: true },
    event: eventOf('activated', clock.real(), { kind: 'system' }),
  })
  if (written !== 'written') throw new Error('the sample license was not stored')
}

export async function keeperOf(clock: SimulatedClock, store: LicenseStore = createMemoryStore(), instanceId = INSTANCE): Promise<LicenseHolder> {
  return createLicenseHolder({ store, keyring, clock, instanceId })
}
