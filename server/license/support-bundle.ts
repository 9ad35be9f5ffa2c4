import type { Diagnostics, LicenseView, OutboundRequest, SupportBundle } from '../../shared/contracts.ts'
import { SUPPORT_FORMAT } from '../../shared/contracts.ts'
import type { Finding } from '../../shared/findings.ts'
import type { Moment } from './license-memory.ts'
import { isoTime } from './warnings.ts'

export const SUPPORT_EMAIL = 'cs@nocodb.com'

export interface ActivationRequest { instanceId: string, maskedKey: string | null, version: string, email: string, text: string }

export interface RequestFacts {
  instanceId: string
  maskedKey: string | null
  version: string
  /** The offline license to be renewed, if any. */
  renewal: { licenseId: string, expiresAt: string } | null
}

/** What the vendor needs to issue an offline token, and a text ready to send. The key is masked. */
export function activationRequestOf({ instanceId, maskedKey, version, renewal }: RequestFacts): ActivationRequest {
  const text = [
    renewal ? 'Please renew the offline license token of this installation.' : 'Please issue an offline license token for this installation.',
    '',
    `Instance ID: ${instanceId}`,
    ...(renewal ? [`License ID: ${renewal.licenseId}`, `Present term ends: ${renewal.expiresAt}`] : []),
    `License key: ${maskedKey ?? '(please add your license key)'}`,
    `Version: ${version}`,
  ].join('\n')
  return { instanceId, maskedKey, version, email: SUPPORT_EMAIL, text }
}

export interface SupportFacts {
  moment: Moment
  view: LicenseView
  build: SupportBundle['build']
  configuration: SupportBundle['configuration']
  storage: SupportBundle['storage']
  runtime: SupportBundle['runtime']
  licenseServer: SupportBundle['licenseServer']
  lastRequest: OutboundRequest | null
  findings: Finding[]
  diagnostics: Diagnostics | null
}

/** The parts of a support bundle that the domain knows. Holds no key, token, secret, cookie, password or e-mail address. */
export function supportBundleOf(facts: SupportFacts): Omit<SupportBundle, 'checkIns' | 'events'> {
  const { moment, view, build, configuration, storage, runtime, licenseServer, lastRequest, findings, diagnostics } = facts
  const { licensee, ...license } = view
  return {
    format: SUPPORT_FORMAT,
    createdAt: view.serverTime,
    build,
    runtime,
    storage,
    configuration,
    licenseServer,
    license: { ...license, licensee: licensee && { organization: licensee.organization } },
    clocks: {
      effective: isoTime(moment.effective),
      wall: isoTime(moment.wall),
      trusted: moment.trusted === null ? null : isoTime(moment.trusted),
      continuous: moment.continuous,
      uptimeSeconds: Math.round(moment.reading.uptime / 1000),
    },
    findings,
    diagnostics,
    lastRequest,
  }
}
