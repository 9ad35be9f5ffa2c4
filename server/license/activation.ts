import type { LicenseKey } from '../../shared/credential.ts'
import { maskKey } from '../../shared/credential.ts'
import type { KeyMethod, SaveStep } from '../../shared/method-rules.ts'
import { METHOD_RULES } from '../../shared/method-rules.ts'
import { isInSequence, requireAnswerTo, seqMarkOf } from './verify-answer.ts'
import { requireCredential } from './credential.ts'
import { LicenseError } from './errors.ts'
import { eventOf } from './events.ts'
import type { Keyring } from './jws.ts'
import type { LicenseHolder } from './license-holder.ts'
import type { Actor, LicenseServer, LicenseStore, NewDeactivation, Random, Snapshot, StoredLicense } from './ports.ts'
import { judgeToken } from './preview.ts'
import { nextAfterLease } from './check-in-policy.ts'
import { activationError } from './refusal.ts'
import { stateOf } from './state.ts'
import type { Lease } from './token.ts'
import { verifyServerLease } from './token.ts'

export interface SaveRequest {
  credential: string
  /** The revision the person was looking at; the save is refused when it is no longer the current one. */
  revision?: number
  actor: Actor
  /** Digest to remember along with the license, when it comes from the environment. */
  envDigest?: string
  onStep?: (step: SaveStep) => void
}

export interface Activation {
  /**
   * Takes a pasted credential; activates it. The current license is replaced only after the new one has been verified
   * and written. Throws LicenseError: any of the credential or network group, CONFLICT, STORAGE_UNAVAILABLE.
   */
  save(request: SaveRequest): Promise<void>
}

export interface ActivationOptions {
  holder: LicenseHolder
  store: LicenseStore
  server: LicenseServer
  keyring: Keyring
  random: Random
  /** Ends a call under way when the product is told to stop. */
  signal: AbortSignal
}

interface Accepted { lease: Lease, secret: string | null, maskedKey: string | null }

/** Takes the domain's ports; returns the one way in which a credential becomes a license. */
export function createActivation({ holder, store, server, keyring, random, signal }: ActivationOptions): Activation {
  async function acceptToken(token: string): Promise<Accepted> {
    const { lease, error } = await judgeToken(token, { holder, store, keyring })
    if (error) throw error
    return { lease, secret: null, maskedKey: null }
  }

  async function activateKey(key: LicenseKey, method: KeyMethod, step: (step: SaveStep) => void): Promise<Accepted> {
    const nonce = random.hex(16)
    const outcome = await server.activate({ key, instanceId: holder.instanceId, nonce, kids: keyring.kids }).send(signal)
    if (!outcome.ok) throw activationError(outcome, holder.instanceId, server)
    step('contacted')
    const lease = await verifyActivated(outcome.value.lease)
    requireAnswerTo({ nonce, instanceId: holder.instanceId, sub: null, method }, lease)
    if (!await isInSequence(store, lease, null)) throw new LicenseError('SERVER_RESPONSE_INVALID')
    return { lease, secret: outcome.value.secret, maskedKey: maskKey(key) }
  }

  /** A signer this build does not know says more than "invalid": the remedy is an update. */
  async function verifyActivated(jws: string): Promise<Lease> {
    try {
      return await verifyServerLease(jws, keyring)
    }
    catch (cause) {
      if (!(cause instanceof LicenseError) || cause.code === 'TOKEN_UNKNOWN_SIGNER') throw cause
      throw new LicenseError('SERVER_RESPONSE_INVALID', { cause })
    }
  }

  async function write(accepted: Accepted, base: Snapshot, { actor, envDigest }: SaveRequest): Promise<void> {
    const { lease } = accepted
    const trusted = holder.trustedAfter(lease)
    const now = METHOD_RULES[lease.claims.method].setsTrustedTime ? trusted.at : holder.now().effective
    const license = licenseOf(accepted, holder.instanceId, now, random.unit())
    const event = eventOf('activated', now, actor, {
      method: lease.claims.method, licenseId: lease.claims.sub, expiresAt: new Date(lease.claims.exp * 1000).toISOString(),
    }, {
      ...(accepted.maskedKey === null ? {} : { maskedKey: accepted.maskedKey }),
      ...(base.license === null ? {} : { replaces: holder.holding.kind === 'lease' ? holder.holding.lease.claims.sub : base.license.method }),
    })
    const written = await store.saveLicense({
      revision: base.revision, license, seq: seqMarkOf(lease), trusted, event,
      ...(envDigest === undefined ? {} : { envDigest }),
      deactivate: deactivationOf(holder, base.license, now, lease),
    })
    if (written === 'stale') {
      await holder.reload()
      throw new LicenseError('CONFLICT', { details: { revision: holder.snapshot.revision } })
    }
    holder.adopt(lease, trusted, license, true)
    await holder.reload()
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
        : await activateKey(credential.key, credential.method, step)
      step('verified')
      if (isHeldAlready(holder, accepted.lease)) {
        if (request.envDigest !== undefined) await store.saveEnvDigest(request.envDigest)
      }
      else await write(accepted, base, request)
      step('stored')
    },
  }
}

/** The same token again changes nothing. */
function isHeldAlready(holder: LicenseHolder, lease: Lease): boolean {
  return holder.holding.kind === 'lease' && holder.holding.lease.jws === lease.jws && holder.holding.verdict === null
}

function licenseOf({ lease, secret, maskedKey }: Accepted, instanceId: string, now: number, unit: number): StoredLicense {
  return {
    method: lease.claims.method, lease: lease.jws, jti: lease.claims.jti, verdict: null, secret, maskedKey,
    activatedAt: now, lastState: stateOf({ kind: 'lease', lease, verdict: null }, instanceId, now),
    lastSuccessAt: secret === null ? null : now, lastAttemptAt: secret === null ? null : now,
    nextAt: nextAfterLease(lease.claims, now, unit), consecutiveFailures: 0, failingSince: null, lastError: null,
  }
}

/**
 * What to tell the vendor about the license that is being removed or replaced, so that its seat is free again; null for
 * one that needs no telling, or that is being activated anew.
 */
export function deactivationOf(
  holder: LicenseHolder, license: StoredLicense | null, now: number, next: Lease | null,
): NewDeactivation | null {
  if (!license || !METHOD_RULES[license.method].tellsRemovals || license.secret === null) return null
  // Of a row that somebody edited too: word of it would free the seat that its license has just taken again.
  const held = holder.holding.kind === 'none' ? null : holder.holding.lease
  if (next && held?.claims.sub === next.claims.sub) return null
  return {
    sub: held?.claims.sub ?? null, lease: held?.jws ?? license.lease, secret: license.secret, createdAt: now, nextAt: now,
  }
}
