import type { Failure } from '~/api/failure'
import type { Finding } from '#shared/findings'
import type { DiagnosticStage, LicenseView, ReplicaDisagreement, ReplicasView } from '#shared/contracts'

export const SUPPORT_ADDRESS = 'cs@nocodb.com'

/** The facts that support asks for, one per line: always in English, never a secret. `disagreeAbout`: what replicas do. */
export function supportText(view: LicenseView, failure: Failure | null = null, disagreeAbout: readonly ReplicaDisagreement[] = []): string {
  const { checkIn } = view
  const lines: [string, string | number | null | undefined][] = [
    ['Instance ID', view.instanceId],
    ['License bound to', view.boundTo === view.instanceId ? null : view.boundTo],
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
    ['Finding', view.finding && findingLine(view.finding)],
    ['Last action failed', failure && [failure.reference, failure.code, failure.details.host].filter(Boolean).join(' ')],
    ['What it found', failure?.finding && findingLine(failure.finding)],
    ['Request', failure?.requestId],
    ['Warnings', view.warnings.map(({ code }) => code).join(', ')],
    ['Replicas disagree about', disagreeAbout.join(', ')],
    ['Server time', view.serverTime],
  ]
  return lines.flatMap(([name, value]) => value === null || value === undefined || value === '' ? [] : [`${name}: ${value}`]).join('\n')
}

/** A finding in one line: reference, cause and stage, its facts but for who logs in at a proxy, and when. */
function findingLine({ reference, cause, stage, facts, at }: Finding): string {
  const { user: _user, ...told } = facts
  const named = Object.entries(told).map(([name, value]) => `${name}=${String(value)}`)
  return [`${reference} ${cause} (${stage})`, ...named, `at ${at}`].join(', ')
}

/**
 * The facts of the installation, then what diagnostics found, one line per stage, then the replicas, if there are several. `ranAt`: ISO
 * time by this server's clock.
 */
export function diagnosticsText(
  view: LicenseView | null, ranAt: string | null, stages: readonly DiagnosticStage[], replicas: ReplicasView | null = null,
): string {
  return [
    ...(view ? [supportText(view, null, replicas?.disagreeAbout)] : []),
    ...(ranAt ? [`Diagnostics of ${ranAt}`] : []),
    ...stages.map(({ stage, result, milliseconds, finding, facts }) =>
      `${stage}: ${result}${milliseconds === null ? '' : ` (${milliseconds} ms)`}${finding ? ` ${findingLine(finding)}` : ` ${JSON.stringify(facts)}`}`),
    ...replicas?.seen.map(({ id, version, commit, state, revision, lastSeenAt }) =>
      `replica ${id}: version ${version} (${commit}), ${state} (revision ${revision}), last seen ${lastSeenAt}`) ?? [],
  ].join('\n')
}
