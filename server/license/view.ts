import { ERRORS } from '../../shared/errors.ts'
import type { Entitlements, LicenseView, Role, Warning } from '../../shared/license.ts'
import type { Keeper, Moment } from './keeper.ts'
import type { StoredLicense } from './ports.ts'
import { expiryOf, pausesAt } from './state.ts'
import { isoTime } from './warnings.ts'

/** Takes what the keeper holds; returns the license as the given role may see it. No key, token or secret is in it. */
export function viewOf(keeper: Keeper, moment: Moment, warnings: Warning[], managedByEnv: boolean, role: Role): LicenseView {
  const { snapshot, holding } = keeper
  const license = snapshot.license
  const held = holding.kind === 'lease' ? holding : null
  const claims = held?.lease.claims
  const pauses = claims ? pausesAt(claims) : Infinity
  return {
    state: moment.state,
    entitled: moment.entitled,
    method: license?.method ?? null,
    plan: claims?.plan ?? null,
    licensee: claims
      ? { organization: claims.licensee.organization, email: role === 'admin' ? claims.licensee.email ?? null : null }
      : null,
    features: claims?.features ?? [],
    seats: claims?.seats ?? null,
    seatsUsed: snapshot.seatsUsed,
    licenseId: claims?.sub ?? null,
    maskedKey: license?.maskedKey ?? null,
    issuedAt: claims ? isoTime(claims.iat * 1000) : null,
    expiresAt: claims ? isoTime(expiryOf(claims)) : null,
    activatedAt: license && isoTime(license.activatedAt),
    graceEndsAt: Number.isFinite(pauses) ? isoTime(pauses) : null,
    renews: claims?.method === 'standard' ? claims.renews : null,
    checkIn: license?.method === 'standard' ? checkInOf(license) : null,
    instanceId: keeper.instanceId,
    boundTo: claims?.instance_id ?? null,
    reason: held?.verdict?.claims.reason ?? null,
    verdictAt: held?.verdict ? isoTime(held.verdict.claims.iat * 1000) : null,
    invalidBecause: holding.kind === 'invalid' ? { code: holding.code, reference: ERRORS[holding.code].reference } : null,
    managedByEnv,
    warnings,
    revision: snapshot.revision,
    serverTime: isoTime(moment.effective),
  }
}

function checkInOf(license: StoredLicense): NonNullable<LicenseView['checkIn']> {
  const { lastSuccessAt, lastAttemptAt, nextAt, consecutiveFailures, lastError } = license
  const iso = (at: number | null) => at === null ? null : isoTime(at)
  return {
    lastSuccessAt: iso(lastSuccessAt),
    lastAttemptAt: iso(lastAttemptAt),
    nextAt: iso(nextAt),
    consecutiveFailures,
    lastError: lastError && lastAttemptAt !== null
      ? { code: lastError, reference: ERRORS[lastError].reference, at: isoTime(lastAttemptAt) }
      : null,
  }
}

/** Takes what the keeper holds; returns what other services need to know. The lease is for the service token only. */
export function entitlementsOf(keeper: Keeper, moment: Moment, withLease: boolean): Entitlements {
  const lease = keeper.holding.kind === 'lease' ? keeper.holding.lease : null
  return {
    state: moment.state,
    entitled: moment.entitled,
    plan: lease?.claims.plan ?? null,
    features: moment.entitled ? lease?.claims.features ?? [] : [],
    seats: lease?.claims.seats ?? null,
    expiresAt: lease ? isoTime(expiryOf(lease.claims)) : null,
    lease: withLease ? lease?.jws ?? null : null,
  }
}
