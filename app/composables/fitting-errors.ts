import type { Failure } from '~/api/failure'
import type { ErrorCode } from '#shared/errors'
import type { LicenseState, LicenseView } from '#shared/license'

const OF_STATE: Partial<Record<LicenseState, ErrorCode>> = {
  invalid: 'TOKEN_UNKNOWN_SIGNER', mismatch: 'BOUND_TO_DIFFERENT_INSTALLATION', revoked: 'LICENSE_REVOKED',
  suspended: 'LICENSE_SUSPENDED', expired: 'LICENSE_EXPIRED',
}

/** The troubleshooting entries that fit: the last action's error, the state's, the last check-in's, each once. */
export function fittingErrors(view: LicenseView, failure: Failure | null): ErrorCode[] {
  const codes = [
    failure?.code === 'UNREACHABLE' ? undefined : failure?.code, OF_STATE[view.state], view.checkIn?.lastError?.code,
  ]
  return [...new Set(codes.filter(code => code !== undefined))]
}
