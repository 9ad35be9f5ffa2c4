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

/** Causes that only the license server itself can bring about; `answer_…`: it has signed what did not fit. */
const OF_LICENSE_SERVER: ReadonlySet<FindingCause> = new Set<FindingCause>(['server_error', 'answer_not_ours', 'answer_stale'])

/** Whether the license server evidently saw the call, and not only somebody on the way who answered in its place. */
export function isOfLicenseServer({ refusal, seen: { cause } }: CallFailure): boolean {
  return refusal !== null || OF_LICENSE_SERVER.has(cause)
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
