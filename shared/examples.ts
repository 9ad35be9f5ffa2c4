import type {
  Diagnostics, Entitlements, ErrorData, EventView, Feature, LicenseView, OutboundRequest, Preview, Rehearsal, ReplicasView,
  ReplicaView, Session, SupportBundle, User,
} from './contracts.ts'
import { SUPPORT_FORMAT } from './contracts.ts'
import { ERRORS } from './errors.ts'
import type { Finding } from './findings.ts'

/* What each answer of the API looks like, for the OpenAPI document. One installation on one day, so that they fit each other. */

const INSTANCE = '3f9a1c5e7b2d4860a1b2c3d4e5f60718'
const LICENSE_ID = 'lic_8TqZ4c'
const SERVER = 'https://app.nocodb.com'
const NOW = '2026-03-02T09:30:00.000Z'
const EXPIRES = '2027-03-01T00:00:00.000Z'
const GRACE_ENDS = '2026-03-09T15:00:00.000Z'
const CHECKED_IN = '2026-03-02T09:00:00.000Z'
const ISSUED = '2026-03-01T00:00:00.000Z'
const LIMITS = { limit_workspace: 20, limit_editor: null }
const FEATURES = ['sso', 'audit-log']

export const FINDING: Finding = {
  code: 'NET_DNS', reference: ERRORS.NET_DNS.reference, cause: 'dns_no_such_name', stage: 'dns', facts: { host: 'app.nocodb.com' }, at: NOW,
}

const ERROR_DATA: ErrorData = { code: 'NET_DNS', reference: FINDING.reference, requestId: '5f0c9a3b7d21e846', finding: FINDING }
export const ERROR = { error: true as const, statusCode: 502, statusMessage: 'NET_DNS', message: 'NET_DNS', data: ERROR_DATA }

export const LICENSE: LicenseView = {
  state: 'active', entitled: true, method: 'standard', plan: 'enterprise',
  licensee: { organization: 'Example Ltd', email: 'it@example.com' },
  features: FEATURES, seats: 50, limits: LIMITS, seatsUsed: 31, licenseId: LICENSE_ID, maskedKey: 'nc_…k7Qd',
  issuedAt: ISSUED, expiresAt: EXPIRES, activatedAt: ISSUED, graceEndsAt: GRACE_ENDS, renews: true, deactivation: null,
  checkIn: { lastSuccessAt: CHECKED_IN, lastAttemptAt: CHECKED_IN, nextAt: '2026-03-02T14:41:12.000Z', consecutiveFailures: 0, lastError: null },
  instanceId: INSTANCE, boundTo: INSTANCE, reason: null, verdictAt: null, invalidBecause: null, finding: null, managedByEnv: false,
  previous: null, warnings: [], revision: 4, serverTime: NOW,
}

export const EVENT: EventView = {
  id: 17, kind: 'check_in_succeeded', at: CHECKED_IN, firstAt: ISSUED, count: 6, actor: 'system', actorEmail: null, address: null,
  details: { licenseId: LICENSE_ID, expiresAt: EXPIRES }, finding: null,
}

export const PREVIEW: Preview = {
  method: 'standard', accepted: true, error: null,
  checks: [{ name: 'format', status: 'pass', expected: null, found: null }],
  difference: null,
  sends: {
    method: 'POST', url: `${SERVER}/api/v1/licenses/activate`,
    body: { license_key: 'nc_…k7Qd', instance_id: INSTANCE, nonce: '…', version: '1.0.0', kids: ['2026-1'] },
  },
}

export const DIAGNOSTICS: Diagnostics = {
  ok: false, verdict: 'problem', ranAt: NOW,
  stages: [
    {
      stage: 'dns', result: 'failed', milliseconds: 12, code: 'NET_DNS', remedy: 'Check the DNS server that this host uses.', finding: FINDING,
      because: null, facts: { host: 'app.nocodb.com' },
    },
    { stage: 'tcp', result: 'skipped', milliseconds: null, code: null, remedy: null, finding: null, because: 'not_reached', facts: {} },
  ],
}

const REPLICA: ReplicaView = {
  id: 'panel-0-5f0c', version: '1.0.0', commit: '4f1c2ab', startedAt: CHECKED_IN, lastSeenAt: NOW, state: 'active', revision: 4, holdsClaim: false,
}
export const REPLICAS: ReplicasView = {
  asOf: NOW, answeredBy: REPLICA.id, seen: [REPLICA, { ...REPLICA, id: 'panel-1-9a3b', version: '0.9.0', commit: '7d21e84' }],
  disagreeAbout: ['version', 'commit'], remedy: 'They run different versions. Complete the upgrade, so that all of them run the same one.',
}

export const OUTBOUND: OutboundRequest = {
  at: CHECKED_IN, method: 'POST', url: `${SERVER}/api/v1/licenses/check-in`,
  body: { lease: 'eyJ…', nonce: '…', version: '1.0.0', kids: ['2026-1'], seats_used: 31 },
}

export const REHEARSAL: Rehearsal = {
  from: NOW, until: '2026-03-11T00:00:00.000Z',
  states: [
    { at: NOW, state: 'active', entitled: true, clock: NOW, sentence: 'The license is active.', because: 'now' },
    { at: GRACE_ENDS, state: 'paused', entitled: false, clock: GRACE_ENDS, sentence: 'The grace period is over.', because: 'grace_over' },
  ],
}

export const ENTITLEMENTS: Entitlements = {
  state: 'active', entitled: true, plan: 'enterprise', features: FEATURES, limits: LIMITS, seats: 50, expiresAt: EXPIRES,
  validUntil: GRACE_ENDS, serverTime: NOW, lease: null,
}

export const FEATURE: Feature = { name: 'sso', title: 'Single sign-on', licensed: true }

export const USER: User = {
  id: 'b7c3d0c2-5a7e-4a6b-9a55-0d4a7a4c1f10', email: 'admin@example.com', role: 'admin', createdAt: ISSUED, lastSeenAt: NOW,
}
export const SESSION: Session = { user: { id: USER.id, email: USER.email, role: USER.role } }

export const SUPPORT_BUNDLE: SupportBundle = {
  format: SUPPORT_FORMAT, createdAt: NOW,
  build: { version: '1.0.0', commit: '4f1c2ab', sandbox: false, trustedKids: ['2026-1'] },
  runtime: { node: 'v24.12.0', platform: 'linux', arch: 'x64', replica: 'panel-0', uptimeSeconds: 86_400 },
  storage: { kind: 'sqlite', location: '/data/license.db', up: true, since: ISSUED, lastWriteAt: NOW },
  configuration: { NC_LOG_LEVEL: 'info' },
  licenseServer: { url: SERVER, configured: false, proxy: null },
  license: { ...LICENSE, licensee: { organization: 'Example Ltd' } },
  clocks: { effective: NOW, wall: NOW, trusted: NOW, continuous: true, uptimeSeconds: 864_000 },
  findings: [FINDING], diagnostics: DIAGNOSTICS, lastRequest: OUTBOUND,
  checkIns: [{ day: '2026-03-02', good: 2, failed: 0, off: false }], events: [EVENT],
}
