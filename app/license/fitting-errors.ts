import type { Failure } from '~/api/failure'
import type { ErrorCode } from '#shared/errors'
import type { LicenseState, LicenseView } from '#shared/contracts'

const OF_STATE: Partial<Record<LicenseState, ErrorCode>> = {
  mismatch: 'BOUND_TO_DIFFERENT_INSTALLATION', revoked: 'LICENSE_REVOKED',
  suspended: 'LICENSE_SUSPENDED', expired: 'LICENSE_EXPIRED',
}

/** The errors whose entries help now, most to the point first: the last action's, the state's, the last check-in's. */
export function fittingErrors(view: LicenseView, failure: Failure | null): ErrorCode[] {
  const codes = [
    failure?.code === 'UNREACHABLE' ? undefined : failure?.code, OF_STATE[view.state], view.invalidBecause?.code,
    // What cannot be read cannot check in either: that it fails is no news.
    view.state === 'invalid' ? undefined : view.checkIn?.lastError?.code,
    view.warnings.find(warning => warning.code === 'ENV_DIFFERS')?.error ?? undefined,
  ]
  return [...new Set(codes.filter(code => code !== undefined))]
}
