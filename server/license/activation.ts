import type { LicenseKey } from '../../shared/credential.ts'
import { maskKey } from '../../shared/credential.ts'
import type { KeyMethod, SaveStep } from '../../shared/method-rules.ts'
import { METHOD_RULES } from '../../shared/method-rules.ts'
import { isInSequence, requireAnswerTo, unfit, unverified } from './verify-answer.ts'
import { termOf } from './claim-holder.ts'
import type { Grant } from './claim-holder.ts'
import { requireCredential } from './credential.ts'
import { LicenseError } from './errors.ts'
import type { Actor } from './events.ts'
import { eventOf } from './events.ts'
import type { Keyring } from './jws.ts'
import type { LicenseHolder } from './license-holder.ts'
import type { LicenseServer, LicenseStore, Notes, Random } from './ports.ts'
import type { NewEvent, Snapshot, StoredLicense } from './stored-records.ts'
import { factsOfLicense } from './replaced-facts.ts'
import { previousOf } from './previous.ts'
import { judgeToken } from './preview.ts'
import { nextAfterLease } from './check-in-policy.ts'
import { activationError } from './refusal.ts'
import type { Accepted } from './record.ts'
import { activate, activated, deactivationOf, seqMarkOf } from './record.ts'
import type { Lease } from './token.ts'
import { verifyServerLease } from './token.ts'

export interface SaveRequest {
  credential: string
  /** The revision the person was looking at; the save is refused if it is no longer current. */
  revision?: number
  actor: Actor
  /** SHA-256 (hex) of the credential if it is the provisioned one; stored with the license. */
  provisionedDigest?: string
  onStep?: (step: SaveStep) => void
  /** The leave that a save takes which nobody has asked for at this moment. */
  grant?: Grant
}

export interface Activation {
  /**
   * Activates a pasted credential. The current license is replaced only after the new one has been verified and written.
   * Throws LicenseError: any code of the credential or network group, CONFLICT, STORAGE_UNAVAILABLE.
   */
  save(request: SaveRequest): Promise<void>
}

export interface ActivationOptions {
  holder: LicenseHolder
  store: LicenseStore & Pick<Notes, 'saveProvisionedDigest'>
  server: LicenseServer
  keyring: Keyring
  random: Random
  /** Aborts a call under way when the product stops. */
  signal: AbortSignal
}

/** The only way a credential becomes a license. */
export function createActivation({ holder, store, server, keyring, random, signal }: ActivationOptions): Activation {
  async function acceptToken(token: string): Promise<Accepted> {
    const { lease, error } = await judgeToken(token, { holder, store, keyring })
    if (error) throw error
    return { lease, secret: null, maskedKey: null }
  }

  async function activateKey(key: LicenseKey, method: KeyMethod, step: (step: SaveStep) => void, grant?: Grant): Promise<Accepted> {
    const nonce = random.hex(16)
    const outcome = await server.activate({ key, instanceId: holder.instanceId, nonce, kids: keyring.kids }).send(signal, grant?.mayCall)
    if (!outcome.ok) throw activationError(outcome, holder.instanceId, server)
    step('contacted')
    const lease = await verifyActivated(outcome.value.lease)
    requireAnswerTo({ nonce, instanceId: holder.instanceId, sub: null, method }, lease, server.host)
    if (!await isInSequence(store, lease, null)) throw unfit(server.host, 'answer_stale', { member: 'seq' })
    return { lease, secret: outcome.value.secret, maskedKey: maskKey(key) }
  }

  /** An unknown signer is reported as such: unlike any other invalid answer it has a remedy, an update. */
  async function verifyActivated(jws: string): Promise<Lease> {
    try {
      return await verifyServerLease(jws, keyring)
    }
    catch (cause) {
      const error = unverified(server.host, cause)
      if (!(cause instanceof LicenseError) || !(error instanceof LicenseError) || cause.code !== 'TOKEN_UNKNOWN_SIGNER') throw error
      throw new LicenseError(cause.code, { details: cause.details, seen: error.seen && { ...error.seen, code: cause.code }, cause })
    }
  }

  async function write(accepted: Accepted, base: Snapshot, { actor, provisionedDigest, grant }: SaveRequest): Promise<void> {
    const { lease } = accepted
    const time = await holder.timeAfter(lease)
    const { trusted } = time
    const at = METHOD_RULES[lease.claims.method].setsTrustedTime ? trusted.at : holder.observe().effective
    const license = activated(accepted, holder.instanceId, { at, nextAt: nextAfterLease(lease.claims, at, random.unit()) })
    const deactivate = deactivationOf(base.license, holder.holding, at, lease)
    // What the operator has set is changed where it was set.
    const previous = provisionedDigest === undefined ? previousOf(base.license, holder.holding, lease, at) : null
    const written = await store.commit({
      if: { revision: base.revision }, ...termOf(grant), seq: seqMarkOf(lease), ...time,
      ...(provisionedDigest === undefined ? {} : { provisionedDigest }),
      change: activate(license, lease.claims.sub, deactivate, previous), event: eventOfActivation(accepted, at, base.license, actor),
    })
    if (written === 'stale') {
      await holder.reload()
      throw new LicenseError('CONFLICT', { details: { revision: holder.snapshot.revision } })
    }
    holder.adoptLease(lease, trusted, written)
  }

  function eventOfActivation({ lease, maskedKey }: Accepted, at: number, before: StoredLicense | null, actor: Actor): NewEvent {
    const replaces = before && (holder.holding.kind === 'lease' ? holder.holding.lease.claims.sub : before.method)
    return eventOf('activated', at, actor, factsOfLicense(lease, before, holder.holding), { ...(maskedKey === null ? {} : { maskedKey }), ...(replaces === null ? {} : { replaces }) })
  }

  return {
    async save(request) {
      const step = request.onStep ?? (() => undefined)
      const base = await holder.reload()
      const credential = requireCredential(request.credential, holder)
      if (request.revision !== undefined && request.revision !== base.revision) {
        throw new LicenseError('CONFLICT', { details: { revision: base.revision } })
      }
      step('checked')
      const accepted = 'token' in credential
        ? await acceptToken(credential.token)
        : await activateKey(credential.key, credential.method, step, request.grant)
      step('verified')
      if (isHeldAlready(holder, accepted.lease)) {
        if (request.provisionedDigest !== undefined) await store.saveProvisionedDigest(request.provisionedDigest)
      }
      else await write(accepted, base, request)
      step('stored')
    },
  }
}

/** Saving the same token again changes nothing. */
function isHeldAlready(holder: LicenseHolder, lease: Lease): boolean {
  return holder.holding.kind === 'lease' && holder.holding.lease.jws === lease.jws && holder.holding.verdict === null
}
