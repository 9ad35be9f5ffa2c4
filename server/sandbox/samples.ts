import type { CallFailure, RefusalCode } from '../license/ports.ts'
import { failure } from '../license-server/read-answer.ts'
import type { FindingCause, FindingFacts, Seen } from '../../shared/findings.ts'
import { FINDING_CAUSES, seen } from '../../shared/findings.ts'
import type { NetworkErrorCode } from '../../shared/errors.ts'

/* One plausible failure for each cause. Facts are fixed, so that a screenshot of them is the same every time. */

const PLACE = { host: 'license.example.com', port: 443 }
const PROXY = { proxy: 'http://proxy.example.com:3128', ...PLACE }
const DATES = { validFrom: '2026-01-01T00:00:00.000Z', validTo: '2026-03-31T23:59:59.000Z', clock: '2026-05-04T10:00:00.000Z' }

type NetworkSample = [NetworkErrorCode, FindingFacts, RefusalCode?]

const NETWORK = {
  dns_no_such_name: ['NET_DNS', PLACE],
  dns_silent: ['NET_DNS', PLACE],
  refused: ['NET_CONNECT', { ...PLACE, errno: 'ECONNREFUSED' }],
  no_route: ['NET_CONNECT', { ...PLACE, errno: 'EHOSTUNREACH' }],
  dropped: ['NET_TIMEOUT', { ...PLACE, seconds: 5 }],
  handshake_cut: ['NET_TLS', PLACE],
  not_tls: ['NET_TLS', PLACE],
  tls_version: ['NET_TLS', { ...PLACE, version: 'TLSv1.1' }],
  certificate_expired: ['NET_TLS', { ...PLACE, ...DATES, subject: PLACE.host }],
  certificate_not_yet_valid: ['NET_TLS', { ...PLACE, ...DATES, subject: PLACE.host, validFrom: '2026-06-01T00:00:00.000Z' }],
  certificate_self_signed: ['NET_TLS', { ...PLACE, subject: PLACE.host }],
  certificate_other_name: ['NET_TLS', { ...PLACE, names: 'intranet.example.com' }],
  certificate_unknown_issuer: ['NET_TLS', { ...PLACE, issuer: 'Example Corp Proxy CA' }],
  certificate_invalid: ['NET_TLS', { ...PLACE, errno: 'CERT_SIGNATURE_FAILURE' }],
  proxy_refused: ['NET_PROXY', PROXY],
  proxy_silent: ['NET_PROXY', { ...PROXY, seconds: 5 }],
  proxy_not_found: ['NET_PROXY', PROXY],
  proxy_login: ['NET_PROXY', { ...PROXY, status: 407, example: 'http://USER:PASSWORD@proxy.example.com:3128' }],
  proxy_forbids: ['NET_PROXY', { ...PROXY, status: 403 }],
  proxy_cannot_reach: ['NET_PROXY', { ...PROXY, status: 503 }],
  no_answer: ['NET_TIMEOUT', { ...PLACE, seconds: 10 }],
  reset_while_receiving: ['NET_CONNECT', { ...PLACE, bytes: 120 }],
  stalled_while_receiving: ['NET_TIMEOUT', { ...PLACE, bytes: 120, seconds: 10 }],
  cut_answer: ['NET_CONNECT', { ...PLACE, bytes: 120 }],
  web_page: ['NET_CAPTIVE_PORTAL', { ...PLACE, status: 200, title: 'Guest network', contentType: 'text/html' }],
  redirect: ['NET_CAPTIVE_PORTAL', { ...PLACE, status: 302, target: 'https://portal.example.com/' }],
  gateway: ['SERVER_ERROR', { ...PLACE, status: 502 }],
  not_a_license_server: ['SERVER_NOT_A_LICENSE_SERVER', { url: 'https://license.example.com/api/v1/licenses/check-in', status: 404 }],
  server_error: ['SERVER_ERROR', { ...PLACE, status: 500 }],
  server_error_foreign: ['SERVER_ERROR', { ...PLACE, status: 500 }],
  rate_limited: ['SERVER_RATE_LIMITED', PLACE, 'rate_limited'],
  unreadable_answer: ['SERVER_RESPONSE_INVALID', PLACE],
  answer_not_ours: ['SERVER_RESPONSE_INVALID', PLACE],
  answer_stale: ['SERVER_RESPONSE_INVALID', PLACE],
  signer_unknown: ['SERVER_RESPONSE_INVALID', { ...PLACE, kid: 'vendor-2031' }],
  refused_unknown_key: ['SERVER_REFUSED', PLACE, 'unknown_key'],
  refused_expired: ['SERVER_REFUSED', PLACE, 'expired'],
  refused_revoked: ['SERVER_REFUSED', PLACE, 'revoked'],
  refused_suspended: ['SERVER_REFUSED', PLACE, 'suspended'],
  refused_bound_elsewhere: ['SERVER_REFUSED', PLACE, 'bound_elsewhere'],
  refused_method_not_in_plan: ['SERVER_REFUSED', PLACE, 'method_not_in_plan'],
  refused_bad_request: ['SERVER_REFUSED', PLACE, 'bad_request'],
} as const satisfies Partial<Record<FindingCause, NetworkSample>>

/** Causes for which a call to the license server can be made to fail. */
export type OutageCause = keyof typeof NETWORK
export const OUTAGE_CAUSES = Object.keys(NETWORK).filter(isOutageCause)

export function isOutageCause(cause: string): cause is OutageCause {
  return Object.hasOwn(NETWORK, cause)
}

/** The failure of a call for this cause. */
export function outageOf(cause: OutageCause): CallFailure {
  const [code, facts, refusal]: NetworkSample = NETWORK[cause]
  return failure(seen(code, cause, facts), { answered: FINDING_CAUSES[cause].stage === 'http', refusal: refusal ?? null })
}

/** The trouble that a database with this cause has. */
export function storageTroubleOf(cause: FindingCause): Seen {
  return seen('STORAGE_UNAVAILABLE', cause, { location: '/var/lib/nocodb/license.db' })
}

/** What a paste is made of. */
export interface Facts {
  key: string
  instanceId: string
  /** The panel's time, seconds since 1970. */
  now: number
  /** The text with which an offline token is asked for. */
  request: string
  /** A token of the sandbox vendor: of this installation and valid, but for what the order says. */
  issue(order?: Record<string, unknown>): Promise<string>
}

const DAY = 86_400
/** Turns eight characters in it round, and leaves the last ones: a signature with another last character may be no base64url at all. */
const flip = (part: string) => `${part.slice(0, -16)}${[...part.slice(-16, -8)].reverse().join('')}${part.slice(-8)}`
const parts = (token: string) => token.split('.')

/** What to paste for a credential to be refused with a cause. */
export const PASTES: Partial<Record<FindingCause, (facts: Facts) => string | Promise<string>>> = {
  empty: () => '  ',
  words_around: ({ key }) => `Your license key: ${key}`,
  two_credentials: ({ key }) => `${key}\n${key}`,
  part_of_token: async ({ issue }) => parts(await issue())[1] ?? '',
  // What is left is never whole bytes, so that the refusal is the same each time.
  token_cut: async ({ issue }) => (await issue()).slice(0, -21),
  token_changed: async ({ issue }) => {
    const [header = '', payload = '', signature = ''] = parts(await issue())
    return [header, payload, flip(signature)].join('.')
  },
  instance_id_pasted: ({ instanceId }) => instanceId,
  request_pasted: ({ request }) => request,
  masked_key_pasted: () => 'nc_••••••••dard',
  capitals: ({ key }) => key.toUpperCase(),
  quotes_around: ({ key }) => `"${key}"`,
  hidden_character: ({ key }) => `${key.slice(0, 8)}\u202e${key.slice(8)}`,
  wrong_encoding: ({ key }) => `${key.slice(0, 8)}\ufffd${key.slice(8)}`,
  offline_in_force: () => 'ABCDEFGH-12345678',
  not_a_credential: () => 'nc_!',
  other_installation: ({ issue, instanceId }) => issue({ instance_id: [...instanceId].reverse().join('') }),
  ended: ({ issue, now }) => issue({ claims: { iat: now - 400 * DAY, exp: now - 35 * DAY } }),
  claims_invalid: ({ issue }) => issue({ omit: ['plan'] }),
  not_yet_valid: ({ issue, now }) => issue({ claims: { nbf: now + 3 * DAY } }),
  older_than_current: ({ issue }) => issue({ claims: { seq: 1 } }),
  other_kind: ({ issue }) => issue({ kind: 'lease' }),
  unknown_signer: ({ issue }) => issue({ signer: 'stranger' }),
  key_unknown: () => 'nc_demo_unknown_key',
  subscription_ended: () => 'nc_demo_expired',
  revoked: () => 'nc_demo_revoked',
  suspended: () => 'nc_demo_suspended',
  bound_elsewhere: () => 'nc_demo_bound_elsewhere',
  method_not_in_plan: () => 'nc_ag_demo_method_not_in_plan',
}

/** These are refused only where an offline license is in force. */
export const OVER_OFFLINE: ReadonlySet<FindingCause> = new Set(['offline_in_force', 'older_than_current'])
