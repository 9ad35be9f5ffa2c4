import type { CredentialErrorCode, ErrorDetails } from '../../shared/errors.ts'
import type { Finding, FindingCause } from '../../shared/findings.ts'
import { seen } from '../../shared/findings.ts'
import { MAX_RETRY_AFTER } from './check-in-policy.ts'
import { LicenseError } from './errors.ts'
import type { CallFailure, LicenseServer, RefusalCode } from './ports.ts'

/* What a failed call means to whoever asked for it. */

/** What an unsigned refusal means to the person who pasted the key; null where it says nothing about the key. */
const MEANING: Readonly<Record<RefusalCode, { code: CredentialErrorCode, cause: FindingCause } | null>> = {
  unknown_key: { code: 'KEY_UNKNOWN', cause: 'key_unknown' },
  expired: { code: 'LICENSE_EXPIRED', cause: 'subscription_ended' },
  revoked: { code: 'LICENSE_REVOKED', cause: 'revoked' },
  suspended: { code: 'LICENSE_SUSPENDED', cause: 'suspended' },
  bound_elsewhere: { code: 'BOUND_TO_DIFFERENT_INSTALLATION', cause: 'bound_elsewhere' },
  method_not_in_plan: { code: 'METHOD_NOT_IN_PLAN', cause: 'method_not_in_plan' },
  rate_limited: null,
  bad_request: null,
}

/** The error of an activation that failed. */
export function activationError(failure: CallFailure, instanceId: string, server: LicenseServer): LicenseError {
  const meaning = failure.refusal && MEANING[failure.refusal]
  if (!meaning) return networkError(failure, {}, server)
  const bound = meaning.cause === 'bound_elsewhere'
  return new LicenseError(meaning.code, {
    seen: seen(meaning.code, meaning.cause, bound ? { instanceId } : {}),
    ...(bound ? { details: { expected: instanceId, found: null } } : {}),
  })
}

/**
 * The error of a check-in or renewal that failed, with the finding that was stored of it. A refusal is unsigned: it is reported but
 * decides nothing.
 */
export function checkInError(failure: CallFailure, server: LicenseServer, finding?: Finding): LicenseError {
  return networkError(failure, failure.refusal ? { refusal: failure.refusal } : {}, server, finding)
}

/** Names the host and, if it asked us to wait, for how long (seconds, at most six hours). */
function networkError(
  { seen, cause, retryAfterMs }: CallFailure, more: ErrorDetails, { host }: LicenseServer, finding?: Finding,
): LicenseError {
  const wait: ErrorDetails = retryAfterMs === null
    ? {}
    : { retryAfterSeconds: Math.min(Math.ceil(retryAfterMs / 1000), MAX_RETRY_AFTER / 1000) }
  return new LicenseError(seen.code, { cause, seen, finding, details: { ...more, host, ...wait } })
}
