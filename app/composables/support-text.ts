import type { Failure } from '~/api/failure'
import type { LicenseView } from '#shared/contracts'

/**
 * Takes the license and what the last action failed with; returns lines for support: in English and plain, whatever language
 * the screen has. No secret.
 */
export function supportText(view: LicenseView, failure: Failure | null = null): string {
  const { checkIn } = view
  const lines: [string, string | number | null | undefined][] = [
    ['Instance ID', view.instanceId],
    ['License bound to', view.boundTo],
    ['State', `${view.state}, ${view.entitled ? 'entitled' : 'not entitled'}`],
    ['Since', view.verdictAt],
    ['Because', view.invalidBecause && `${view.invalidBecause.reference} ${view.invalidBecause.code}`],
    ['Method', view.method],
    ['Plan', view.plan],
    ['License ID', view.licenseId],
    ['Valid until', view.expiresAt],
    ['Grace ends', view.graceEndsAt],
    ['Last good check-in', checkIn?.lastSuccessAt],
    ['Next check-in', checkIn?.nextAt],
    ['Failed check-ins in a row', checkIn?.consecutiveFailures],
    ['Last problem', checkIn?.lastError && `${checkIn.lastError.reference} ${checkIn.lastError.code}`],
    ['Last action failed', failure && [failure.reference, failure.code, failure.details.host].filter(Boolean).join(' ')],
    ['Request', failure?.requestId],
    ['Warnings', view.warnings.map(({ code }) => code).join(', ')],
    ['Server time', view.serverTime],
  ]
  return lines.flatMap(([name, value]) => value === null || value === undefined || value === '' ? [] : [`${name}: ${value}`]).join('\n')
}
