import type { SupportBundle } from '../../shared/contracts.ts'
import { durationText } from '../../shared/duration.ts'
import { isErrorCode } from '../../shared/errors.ts'
import type { Finding } from '../../shared/findings.ts'
import { FINDING_CAUSES } from '../../shared/findings.ts'
import { rulesOf } from '../../shared/method-rules.ts'
import { adviceOnReplicas, remedyOf, sentenceOf } from './sentences.ts'

/* Reads a support bundle as a support engineer would: first what to say, then what it rests on. */

/** What a bundle says, in lines of English: the first thing to tell the customer, then the facts behind it. */
export function explainBundle(bundle: SupportBundle): string[] {
  return [
    headline(bundle), '', ...disagreement(bundle), ...firstThing(bundle), '',
    ...section('License', licenseLines(bundle)), ...section('Check-ins', checkInLines(bundle)),
    ...section('Connection to the license server', wayLines(bundle)), ...section('Clock', clockLines(bundle)),
    ...section('Database', databaseLines(bundle)), ...section('Replicas', replicaLines(bundle)),
    ...section('Recent findings', bundle.findings.map(each => findingLine(each, bundle))),
    ...section('Configuration', configurationLines(bundle)),
  ]
}

const section = (title: string, lines: readonly string[]) => lines.length === 0 ? [] : [`${title}:`, ...lines.map(line => `  ${line}`)]

function headline({ build, runtime, license, createdAt }: SupportBundle): string {
  const { version, commit, sandbox } = build
  const holder = license.licensee ? ` of ${license.licensee.organization}` : ''
  const kind = license.method ? `${license.method} license${holder}` : 'no license'
  return `${license.state.toUpperCase()}: ${kind}, features ${license.entitled ? 'on' : 'off'}, as of ${createdAt}`
    + ` (version ${version}, ${commit}${sandbox ? ', SANDBOX BUILD' : ''}, Node.js ${runtime.node}, replica ${runtime.replica})`
}

/** What the replicas disagree about: it comes before what one of them says, which may not be true of the others. */
function disagreement({ replicas }: SupportBundle): string[] {
  const advice = adviceOnReplicas(replicas?.disagreeAbout ?? [])
  return advice.length === 0 ? [] : ['The replicas of this installation disagree:', ...advice.map(line => `  ${line}`), '']
}

/** The finding that matters, or else the last that was made since all was well, or that there is none. */
function firstThing(bundle: SupportBundle): string[] {
  const { license, findings, diagnostics, createdAt } = bundle
  if (license.finding) return tell('What is wrong', license.finding, createdAt)
  const failures = license.checkIn?.consecutiveFailures ?? 0
  const since = Date.parse(license.checkIn?.lastSuccessAt ?? license.activatedAt ?? '') || 0
  const isSince = (finding: Finding | null | undefined) => finding && Date.parse(finding.at) > since
  const [latest] = findings
  if (latest && isSince(latest)) return tell(`What failed last, ${ago(latest.at, createdAt)}`, latest, createdAt)
  const failed = diagnostics?.stages.find(({ finding }) => finding)?.finding
  if (failed && isSince(failed)) return tell(`What diagnostics found, ${ago(failed.at, createdAt)}`, failed, createdAt)
  if (failures > 0) return [`Check-ins fail (${failures} in a row), and this bundle does not say why. Run diagnostics and ask for a new bundle.`]
  const isAgreed = bundle.replicas === undefined || bundle.replicas.disagreeAbout.length === 0
  return [isAgreed ? 'Nothing is wrong, as far as this bundle shows.' : 'Nothing else is wrong, as far as this bundle shows.']
}

function tell(lead: string, finding: Finding, now: string): string[] {
  const { until } = finding.facts
  const isAhead = typeof until === 'string' && Date.parse(until) > Date.parse(now)
  const named = FINDING_CAUSES[finding.cause].facts
  const beside = Object.entries(finding.facts).filter(([name]) => name !== 'until' && !named.some(each => each === name))
    .map(([name, value]) => `${name} ${String(value)}`)
  return [
    `${lead}: ${finding.reference} (${isErrorCode(finding.code) ? finding.code : finding.cause}, ${finding.cause})`,
    `  ${sentenceOf(finding)}${isAhead ? ` Enterprise features stay on until ${until}.` : ''}`, `  What to do: ${remedyOf(finding)}`,
    ...(beside.length > 0 ? [`  Also seen: ${beside.join(', ')}`] : []),
  ]
}

function licenseLines({ license }: SupportBundle): string[] {
  const { method, licenseId, maskedKey, instanceId, boundTo, expiresAt, graceEndsAt, activatedAt } = license
  const { seats, seatsUsed, reason, verdictAt } = license
  return listed([
    ['Instance ID', instanceId], ['Bound to another Instance ID', boundTo !== instanceId ? boundTo : null], ['License ID', licenseId],
    ['Key', maskedKey], ['Activated', activatedAt], ['Ends', expiresAt], ['Grace ends', rulesOf(method)?.checksIn ? graceEndsAt : null],
    ['Verdict', verdictAt], ['NocoDB\'s reason', reason], ['Seats', seats === null ? null : `${seatsUsed ?? '?'} of ${seats} used`],
    ['Managed by NC_LICENSE_KEY', license.managedByEnv ? 'yes' : null],
    ['Warnings', license.warnings.map(({ code }) => code).join(', ')],
  ])
}

function checkInLines({ license: { checkIn }, checkIns }: SupportBundle): string[] {
  if (!checkIn) return []
  const [good, failed] = [checkIns.reduce((sum, day) => sum + day.good, 0), checkIns.reduce((sum, day) => sum + day.failed, 0)]
  return listed([
    ['Last good', checkIn.lastSuccessAt], ['Last attempt', checkIn.lastAttemptAt], ['Next', checkIn.nextAt],
    ['Failed in a row', checkIn.consecutiveFailures || null], ['In the last 30 days', `${good} good, ${failed} failed`],
  ])
}

function wayLines({ licenseServer, diagnostics, createdAt }: SupportBundle): string[] {
  const failed = diagnostics?.stages.find(({ result }) => result === 'failed')
  const issuer = diagnostics?.stages.find(({ stage }) => stage === 'tls')?.facts.issuer
  return listed([
    ['Address', `${licenseServer.url}${licenseServer.configured ? ', set by NC_LICENSE_SERVER_URL' : ''}`], ['Proxy', licenseServer.proxy ?? 'none'],
    ['Diagnostics', diagnostics ? `${diagnostics.verdict}, run ${ago(diagnostics.ranAt, createdAt)}` : 'never run'],
    ['Failed stage', failed ? `${failed.stage}${failed.finding ? `, ${failed.finding.reference} ${failed.finding.cause}` : ''}` : null],
    ['Certificate issued by', issuer === undefined || issuer === null ? null : String(issuer)],
  ])
}

function clockLines({ clocks }: SupportBundle): string[] {
  if (clocks.trusted === null) return [`Says ${clocks.wall}; there is no trusted time to compare it with.`]
  const seconds = (Date.parse(clocks.wall) - Date.parse(clocks.trusted)) / 1000
  const apart = Math.abs(seconds) < 300 ? 'agrees with trusted time' : `${durationText(Math.abs(seconds), 'en')} ${seconds > 0 ? 'ahead of' : 'behind'} trusted time`
  return [`Says ${clocks.wall}; ${apart} (${clocks.trusted})${clocks.continuous ? '' : '; the machine was off for an unknown time since'}.`]
}

function databaseLines({ storage }: SupportBundle): string[] {
  const { kind, location, up, since, lastWriteAt } = storage
  return [`${kind}, ${location}, ${up ? 'up' : 'DOWN'}${since ? ` since ${since}` : ''}; last written ${lastWriteAt ?? 'never'}`]
}

function replicaLines({ replicas, runtime }: SupportBundle): string[] {
  if (replicas === undefined || replicas.seen.length < 2) return []
  return replicas.seen.map(({ id, version, commit, state, revision, lastSeenAt, holdsClaim }) =>
    `${id}${id === runtime.replica ? ' (made this bundle)' : ''}: version ${version}, ${commit}, would answer ${state} (revision ${revision}), last seen ${lastSeenAt}`
    + (holdsClaim ? ', makes the check-ins now' : ''))
}

function configurationLines({ configuration }: SupportBundle): string[] {
  const text = (value: unknown) => (Array.isArray(value) ? value : [value]).filter(each => typeof each === 'string').join('; ')
  return listed([['Set', text(configuration.set)], ['Warnings', text(configuration.warnings)]])
}

function findingLine(finding: Finding, { createdAt }: SupportBundle): string {
  return `${finding.at} (${ago(finding.at, createdAt)}): ${finding.reference} ${finding.cause}. ${sentenceOf(finding)}`
}

function listed(lines: readonly (readonly [string, unknown])[]): string[] {
  return lines.flatMap(([name, value]) => value === null || value === undefined || value === '' ? [] : [`${name}: ${String(value)}`])
}

function ago(at: string, now: string): string {
  return `${durationText(Math.max(0, (Date.parse(now) - Date.parse(at)) / 1000), 'en')} before this bundle`
}
