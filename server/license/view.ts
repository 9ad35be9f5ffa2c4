import { ERRORS } from '../../shared/errors.ts'
import type { Entitlements, Feature, LicenseView, Role, Warning } from '../../shared/contracts.ts'
import { FEATURE_TITLES } from '../../shared/contracts.ts'
import { METHOD_RULES, TOLD_FOR } from '../../shared/method-rules.ts'
import type { LicenseHolder } from './license-holder.ts'
import type { Moment } from './license-memory.ts'
import { offeredPrevious, putBackUntil } from './previous.ts'
import { runInForce } from './record.ts'
import type { StoredLicense } from './stored-records.ts'
import { expiryOf, pausesAt, renewsByItself } from './state.ts'
import type { Finding } from '../../shared/findings.ts'
import { redactFinding } from '../../shared/redaction.ts'
import { isoTime } from './warnings.ts'

/** The same objects every time, so that answers can be compared by their members. */
const NO_FEATURES: string[] = []
const NO_LIMITS: Record<string, number | null> = {}

/** The license as this role may see it. Holds no key, token or secret. */
export function viewOf(
  holder: LicenseHolder, moment: Moment, found: { warnings: Warning[], finding: Finding | null }, managedByEnv: boolean, role: Role,
): LicenseView {
  const { snapshot, holding } = holder
  const license = snapshot.license
  const held = holding.kind === 'lease' ? holding : null
  const claims = held?.lease.claims
  const run = runInForce(holding, license)
  const pauses = claims ? pausesAt(claims) : Infinity
  return {
    state: moment.state,
    entitled: moment.entitled,
    method: license?.method ?? null,
    plan: claims?.plan ?? null,
    licensee: claims
      ? { organization: claims.licensee.organization, email: role === 'admin' ? claims.licensee.email ?? null : null }
      : null,
    features: claims?.features ?? NO_FEATURES,
    seats: claims?.seats ?? null,
    limits: claims?.limits ?? NO_LIMITS,
    seatsUsed: snapshot.seatsUsed,
    licenseId: claims?.sub ?? null,
    maskedKey: license?.maskedKey ?? null,
    issuedAt: claims ? isoTime(claims.iat * 1000) : null,
    expiresAt: claims ? isoTime(expiryOf(claims)) : null,
    activatedAt: license && isoTime(license.activatedAt),
    graceEndsAt: Number.isFinite(pauses) ? isoTime(pauses) : null,
    renews: claims ? renewsByItself(claims) : null,
    deactivation: snapshot.deactivatedAt === null ? null : { pendingUntil: isoTime(snapshot.deactivatedAt + TOLD_FOR) },
    checkIn: license && METHOD_RULES[license.method].checksIn ? checkInOf(license) : null,
    instanceId: holder.instanceId,
    boundTo: claims?.instance_id ?? null,
    reason: held?.verdict?.claims.reason ?? null,
    verdictAt: run && isoTime(run.since),
    invalidBecause: holding.kind === 'invalid' ? { code: holding.code, reference: ERRORS[holding.code].reference } : null,
    finding: found.finding && redactFinding(found.finding, role),
    managedByEnv,
    previous: managedByEnv ? null : previousViewOf(holder, moment),
    warnings: found.warnings,
    revision: snapshot.revision,
    serverTime: isoTime(moment.effective),
  }
}

function previousViewOf({ snapshot }: LicenseHolder, { effective }: Moment): LicenseView['previous'] {
  const previous = offeredPrevious(snapshot, effective)
  return previous && {
    method: previous.method, plan: previous.plan, expiresAt: isoTime(previous.expiresAt), until: isoTime(putBackUntil(previous)),
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

/** Every feature in the catalogue, and any licensed beyond it. */
export function featuresOf({ holding }: LicenseHolder, { entitled }: Moment): Feature[] {
  const licensed = entitled && holding.kind === 'lease' ? holding.lease.claims.features : []
  const titles = new Map<string, string>(Object.entries(FEATURE_TITLES))
  return [...new Set([...titles.keys(), ...licensed])]
    .map(name => ({ name, title: titles.get(name) ?? name, licensed: licensed.includes(name) }))
}

/** How long an answer given now may be relied on if nobody can be asked again, ms; null if not entitled. */
function validUntil({ holding }: LicenseHolder, { entitled, effective }: Moment): number | null {
  if (!entitled || holding.kind !== 'lease') return null
  const { claims } = holding.lease
  // A state held for a check-in is already past its end, so it may be relied on no longer than now.
  return Math.max(effective, Math.min(expiryOf(claims), pausesAt(claims)))
}

/** What other services need to know. The lease is for the service token only. */
export function entitlementsOf(holder: LicenseHolder, moment: Moment, withLease: boolean): Entitlements {
  const lease = holder.holding.kind === 'lease' ? holder.holding.lease : null
  const until = validUntil(holder, moment)
  return {
    state: moment.state,
    entitled: moment.entitled,
    plan: lease?.claims.plan ?? null,
    features: (moment.entitled ? lease?.claims.features : null) ?? NO_FEATURES,
    limits: lease?.claims.limits ?? NO_LIMITS,
    seats: lease?.claims.seats ?? null,
    expiresAt: lease ? isoTime(expiryOf(lease.claims)) : null,
    validUntil: until === null ? null : isoTime(until),
    serverTime: isoTime(moment.effective),
    lease: withLease ? lease?.jws ?? null : null,
  }
}
