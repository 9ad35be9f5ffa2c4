import { deactivationOf } from './activation.ts'
import { LicenseError } from './errors.ts'
import { eventOf } from './events.ts'
import type { LicenseHolder } from './license-holder.ts'
import { MAX_RETRY_AFTER } from './check-in-policy.ts'
import type { Actor, LicenseServer, LicenseStore, PendingDeactivation, Random } from './ports.ts'

/** How long the vendor is told again that a standard license was removed. */
const TOLD_FOR = 7 * 86_400_000
const FIRST_WAIT = 60_000
const LONGEST_WAIT = 3_600_000

export interface Deactivation {
  /** Removes the license. Throws LicenseError NO_LICENSE, CONFLICT, STORAGE_UNAVAILABLE. */
  remove(request: { revision?: number, actor: Actor }): Promise<void>
  /** Tells the vendor what is still to be told of removed licenses and due by now. */
  tellVendor(signal?: AbortSignal): Promise<void>
}

export interface DeactivationOptions { holder: LicenseHolder, store: LicenseStore, server: LicenseServer, random: Random }

/** Takes the domain's ports; returns the one way in which a license goes. */
export function createDeactivation({ holder, store, server, random }: DeactivationOptions): Deactivation {
  async function tell(pending: PendingDeactivation, signal?: AbortSignal): Promise<void> {
    const { lease, secret } = pending
    const outcome = await server.deactivate({ lease, secret, nonce: random.hex(16) }).send(signal)
    const { effective, trusted, wall } = holder.now()
    // The earlier clock: one that runs ahead must not make us give up.
    const now = Math.min(effective, trusted ?? wall, wall)
    // A refusal is an answer too: the vendor knows the license no longer, or never did.
    if (outcome.ok || (outcome.refusal !== null && outcome.refusal !== 'rate_limited')) {
      await store.dropDeactivation(pending.id, eventOf('vendor_told', now, { kind: 'system' }, { result: 'ok' }))
    }
    else if (now - pending.createdAt >= TOLD_FOR) {
      await store.dropDeactivation(pending.id, eventOf('vendor_told', now, { kind: 'system' }, { result: 'given_up', code: outcome.code }))
    }
    else {
      const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(pending.attempts, 10))
      const asked = Math.min(outcome.retryAfterMs ?? 0, MAX_RETRY_AFTER)
      await store.postponeDeactivation(pending.id, effective + Math.max(asked, wait / 2 + random.unit() * (wait / 2)))
    }
  }

  return {
    async remove({ revision, actor }) {
      const base = await holder.reload()
      if (!base.license) throw new LicenseError('NO_LICENSE')
      if (revision !== undefined && revision !== base.revision) {
        throw new LicenseError('CONFLICT', { details: { revision: base.revision } })
      }
      const now = holder.now().effective
      const held = holder.holding.kind === 'lease' ? holder.holding.lease.claims.sub : null
      const event = eventOf('removed', now, actor, { method: base.license.method, licenseId: held }, { maskedKey: base.license.maskedKey })
      const written = await store.removeLicense({
        revision: base.revision, event, deactivate: deactivationOf(holder, base.license, now, null),
      })
      await holder.reload()
      if (written === 'stale') throw new LicenseError('CONFLICT', { details: { revision: holder.snapshot.revision } })
    },
    async tellVendor(signal) {
      for (const pending of await store.dueDeactivations(holder.now().effective)) await tell(pending, signal)
    },
  }
}
