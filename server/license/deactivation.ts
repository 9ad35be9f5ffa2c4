import { TOLD_FOR } from '../../shared/method-rules.ts'
import { backOff, MAX_RETRY_AFTER } from './check-in-policy.ts'
import type { CheckInClaim, Grant } from './claim-holder.ts'
import { LicenseError } from './errors.ts'
import type { Actor } from './events.ts'
import { eventOf } from './events.ts'
import type { LicenseHolder } from './license-holder.ts'
import type { Moment } from './license-memory.ts'
import type { CallFailure, Deactivations, LicenseServer, LicenseStore, Random } from './ports.ts'
import type { PendingDeactivation } from './stored-records.ts'
import { deactivationOf, remove } from './record.ts'

/**
 * What lies further ahead (ms) was put off by a clock that has since been corrected: no wait is longer than `MAX_RETRY_AFTER`, and the
 * clocks of replicas differ by less than a minute.
 */
const FARTHEST = MAX_RETRY_AFTER + 60_000

export interface Deactivation {
  /** Removes the license. Throws LicenseError: NO_LICENSE, CONFLICT, STORAGE_UNAVAILABLE. */
  remove(request: { revision?: number, actor: Actor }): Promise<void>
  /**
   * Starts telling the vendor about the removed licenses that are due. Null if there are none, if that is already under way, or
   * while a license is being saved.
   */
  tellVendor(signal?: AbortSignal): Promise<void> | null
  /**
   * Runs a save while nothing is told to the vendor: a deactivation that arrived after the same license's new activation
   * would free its seat again.
   */
  whileTellingNothing<T>(save: () => Promise<T>): Promise<T>
  /** Resolves once nothing is being told; never rejects. */
  whenTold(): Promise<void>
}

export interface DeactivationOptions {
  holder: LicenseHolder
  store: LicenseStore & Deactivations
  server: LicenseServer
  random: Random
  claim: CheckInClaim
}

/** The only way a license leaves this installation. */
export function createDeactivation({ holder, store, server, random, claim }: DeactivationOptions): Deactivation {
  let telling: Promise<void> | null = null
  let saves = 0

  async function tell(pending: PendingDeactivation, grant: Grant, signal?: AbortSignal): Promise<void> {
    const { lease, secret, sub: licenseId } = pending
    const outcome = await server.deactivate({ lease, secret, nonce: random.hex(16) }).send(signal, grant.mayCall)
    // Stopped from here, or too late: that says nothing about the vendor.
    if ((signal?.aborted || !grant.mayCall()) && !outcome.ok) return
    const moment = holder.observe()
    const now = earliest(moment)
    // A refusal is an answer too: the vendor no longer knows the license, or never did.
    if (outcome.ok || (outcome.refusal !== null && outcome.refusal !== 'rate_limited')) {
      await store.dropDeactivation(pending.id, eventOf('vendor_told', now, { kind: 'system' }, { result: 'ok', licenseId }))
    }
    else if (now - pending.createdAt >= TOLD_FOR) {
      await store.dropDeactivation(pending.id, eventOf('vendor_told', now, { kind: 'system' }, { result: 'given_up', code: outcome.seen.code, licenseId }))
    }
    else {
      await store.postponeDeactivation(pending.id, moment.effective + waitAfter(pending, outcome))
    }
  }

  function waitAfter({ attempts }: PendingDeactivation, { retryAfterMs }: CallFailure): number {
    return Math.max(backOff(attempts + 1, random.unit()), Math.min(retryAfterMs ?? 0, MAX_RETRY_AFTER))
  }

  function due(): Promise<PendingDeactivation[]> {
    const { effective } = holder.observe()
    return store.dueDeactivations(effective, effective + FARTHEST)
  }

  /** While the vendor was told of others, another replica may have activated this license again; that takes it off the list. */
  async function isStillDue({ id }: PendingDeactivation): Promise<boolean> {
    return (await due()).some(pending => pending.id === id)
  }

  async function tellAll(signal?: AbortSignal): Promise<void> {
    if ((await due()).length === 0) return
    await claim.run(async (grant) => {
      // Asked again: whoever had the claim until now may have told the vendor.
      for (const pending of await due()) if (await grant.lasts() && await isStillDue(pending)) await tell(pending, grant, signal)
    })
  }

  return {
    async remove({ revision, actor }) {
      const base = await holder.reload()
      if (!base.license) throw new LicenseError('NO_LICENSE')
      if (revision !== undefined && revision !== base.revision) {
        throw new LicenseError('CONFLICT', { details: { revision: base.revision } })
      }
      const now = holder.observe().effective
      const { holding } = holder
      const { method, maskedKey } = base.license
      const licenseId = holding.kind === 'lease' ? holding.lease.claims.sub : null
      const written = await store.commit({
        if: { revision: base.revision }, change: remove(deactivationOf(base.license, holding, now, null)),
        event: eventOf('removed', now, actor, { method, licenseId }, { maskedKey }),
      })
      if (written === 'stale') {
        await holder.reload()
        throw new LicenseError('CONFLICT', { details: { revision: holder.snapshot.revision } })
      }
      holder.adoptRemoval(written)
    },
    tellVendor(signal) {
      // Nothing to tell, as the row that was read last says: no need to ask at every tick.
      if (telling || saves > 0 || holder.snapshot.deactivatedAt === null) return null
      telling = tellAll(signal).finally(() => { telling = null })
      return telling
    },
    async whileTellingNothing(save) {
      saves++
      try {
        await telling?.catch(() => undefined)
        return await save()
      }
      finally {
        saves--
      }
    },
    whenTold: async () => { await telling?.catch(() => undefined) },
  }
}

/** A single clock that runs ahead must not make us give up. */
function earliest({ effective, trusted, wall }: Moment): number {
  return Math.min(effective, trusted ?? wall, wall)
}
