import type { CredentialErrorCode, ErrorDetails } from '../../shared/errors.ts'
import { MAX_RETRY_AFTER } from './check-in-policy.ts'
import { LicenseError } from './errors.ts'
import type { CallFailure, LicenseServer, RefusalCode } from './ports.ts'

/* What a failed call means to whoever asked for it. */

/** What an unsigned refusal means to the person who pasted the key; null where it says nothing about the key. */
const MEANING: Readonly<Record<RefusalCode, CredentialErrorCode | null>> = {
  unknown_key: 'KEY_UNKNOWN',
  expired: 'LICENSE_EXPIRED',
  revoked: 'LICENSE_REVOKED',
  suspended: 'LICENSE_SUSPENDED',
  bound_elsewhere: 'BOUND_TO_DIFFERENT_INSTALLATION',
  method_not_in_plan: 'METHOD_NOT_IN_PLAN',
  rate_limited: null,
  bad_request: null,
}

/** The error of an activation that failed. */
export function activationError(failure: CallFailure, instanceId: string, server: LicenseServer): LicenseError {
  const code = failure.refusal && MEANING[failure.refusal]
  if (!code) return networkError(failure, {}, server)
  return new LicenseError(code, code === 'BOUND_TO_DIFFERENT_INSTALLATION' ? { details: { expected: instanceId, found: null } } : {})
}

/** The error of a check-in or renewal that failed. A refusal is unsigned: it is reported but decides nothing. */
export function checkInError(failure: CallFailure, server: LicenseServer): LicenseError {
  return networkError(failure, failure.refusal ? { refusal: failure.refusal } : {}, server)
}

/** Names the host and, if it asked us to wait, for how long (seconds, at most six hours). */
function networkError({ code, cause, retryAfterMs }: CallFailure, more: ErrorDetails, { host }: LicenseServer): LicenseError {
  if (retryAfterMs === null) return new LicenseError(code, { cause, details: { ...more, host } })
  const retryAfterSeconds = Math.min(Math.ceil(retryAfterMs / 1000), MAX_RETRY_AFTER / 1000)
  return new LicenseError(code, { cause, details: { ...more, host, retryAfterSeconds } })
}
