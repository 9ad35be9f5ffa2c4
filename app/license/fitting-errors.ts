import type { Failure } from '~/api/failure'
import type { ErrorCode } from '#shared/errors'
import type { Finding, FindingCode } from '#shared/findings'
import { isFindingCode } from '#shared/findings'
import type { LicenseState, LicenseView } from '#shared/contracts'

const OF_STATE: Partial<Record<LicenseState, ErrorCode>> = {
  mismatch: 'BOUND_TO_DIFFERENT_INSTALLATION', revoked: 'LICENSE_REVOKED',
  suspended: 'LICENSE_SUSPENDED', expired: 'LICENSE_EXPIRED',
}

/** Whether the license has ended only by a clock that may be wrong, so that nothing says that it has. */
export function isEndedByClock({ state, finding }: LicenseView): boolean {
  return state === 'expired' && finding?.cause === 'clock_ahead'
}

/** The errors whose entries help now, most relevant first: those of the last action, of the state, of the last check-in. */
export function fittingErrors(view: LicenseView, failure: Failure | null): FindingCode[] {
  const codes = [
    failure?.code === 'UNREACHABLE' ? undefined : failure?.code, view.finding?.code, isEndedByClock(view) ? undefined : OF_STATE[view.state],
    view.invalidBecause?.code,
    // A license that can't be read can't check in either, so that failure is no news.
    view.state === 'invalid' ? undefined : view.checkIn?.lastError?.code,
    view.warnings.find(warning => warning.code === 'ENV_DIFFERS')?.error ?? undefined,
  ]
  // A page that was opened before an upgrade may meet a code of the new version.
  return [...new Set(codes.filter(isFindingCode))]
}

/** What was found by the last action, and what is the matter with the license: the words for those entries. */
export function fittingFindings(view: LicenseView, failure: Failure | null): Finding[] {
  return [failure?.finding, view.finding].filter(finding => finding !== null && finding !== undefined)
}
