import { randomUUID } from 'node:crypto'
import type { LeaseClaims, CheckedInLease, VerdictClaims } from '../../server/license/claims.ts'
import { AUDIENCE, ISSUER } from '../../server/license/claims.ts'
import type { Clock } from './clock.ts'
import { expOf } from './licenses.ts'
import type { License } from './licenses.ts'

export type Verdict = Pick<VerdictClaims, 'verdict' | 'reason'>
type Common = Pick<VerdictClaims, 'iss' | 'aud' | 'sub' | 'jti' | 'iat' | 'seq' | 'instance_id'>
type Terms = Pick<CheckedInLease, 'exp' | 'plan' | 'licensee' | 'features' | 'seats' | 'limits'>

function commonClaims(license: License, instanceId: string, clock: Clock): Common {
  return {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: license.licenseId,
    jti: randomUUID(),
    iat: clock.now(),
    seq: clock.nextSeq(),
    instance_id: instanceId,
  }
}

function termClaims(license: License): Terms {
  const { plan, organization, email, features, seats, limits } = license
  return { exp: expOf(license), plan, licensee: { organization, email }, features: [...features], seats, ...(limits ? { limits } : {}) }
}

/** Builds the claims of a lease that answers `nonce`. */
export function leaseClaims(license: License, instanceId: string, nonce: string, clock: Clock): LeaseClaims {
  const claims = { ...commonClaims(license, instanceId, clock), ...termClaims(license), nonce }
  if (license.method === 'airgapped') return { ...claims, method: 'airgapped' }
  const { every, grace, renews } = license
  return { ...claims, method: 'standard', check_in: { every, grace }, renews }
}

/** Builds the claims of a token to be pasted: bound to the installation, answering nobody. */
export function offlineClaims(license: License, instanceId: string, clock: Clock): LeaseClaims {
  return { ...commonClaims(license, instanceId, clock), ...termClaims(license), method: 'offline' }
}

/** Builds the claims of a verdict that answers `nonce`. */
export function verdictClaims(
  license: License, instanceId: string, nonce: string, { verdict, reason }: Verdict, clock: Clock,
): VerdictClaims {
  const claims = { ...commonClaims(license, instanceId, clock), nonce, verdict }
  return reason === undefined ? claims : { ...claims, reason }
}
