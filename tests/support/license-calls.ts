import type { CallOutcome } from '../../server/license/ports.ts'
import type { LicenseKey } from '../../shared/credential.ts'
import { judgePaste } from '../../shared/paste/judge-paste.ts'
import type { LicenseServerClient } from '../../server/license-server/client.ts'

/* Every call of the license server's client and what it must send: written by hand, not derived from the protocol. */

/** The text as a key that may be sent; throws if it isn't one. */
export function licenseKey(text: string): LicenseKey {
  const { credential } = judgePaste(text, { instanceId: '', silent: false })
  if (!credential || !('key' in credential)) throw new Error(`no license key: ${text}`)
  return credential.key
}

export const NONCE = 'n'.repeat(32)
export const ISSUED_SECRET = 's'.repeat(16)
const SECRET = 'secret-of-this-installation'
const LEASE = 'header.payload.signature'
const question = { nonce: NONCE, kids: ['k1', 'k2'] }
const held = { lease: LEASE, secret: SECRET }

export const ACTIVATION = { ...question, key: licenseKey('nc_a_key_for_tests_0001'), instanceId: 'a'.repeat(32) }

export interface Call {
  name: string
  make(client: LicenseServerClient, signal?: AbortSignal): Promise<CallOutcome<unknown>>
  method: string
  path: string
  /** The body sent; null for none. */
  body: object | null
  secret: string | null
  /** A valid response, and what the domain makes of it. */
  answer: object
  value: unknown
}

const statement = { answer: { lease: 'x.y.z' }, value: { kind: 'lease', jws: 'x.y.z' } }

export const CALLS: readonly Call[] = [
  {
    name: 'activate', method: 'POST', path: '/api/v1/licenses/activate', secret: null,
    body: { license_key: 'nc_a_key_for_tests_0001', instance_id: 'a'.repeat(32), nonce: NONCE, version: '1.2.3', kids: ['k1', 'k2'] },
    answer: { lease: 'x.y.z', secret: ISSUED_SECRET }, value: { lease: 'x.y.z', secret: ISSUED_SECRET },
    make: (client, signal) => client.activate(ACTIVATION).send(signal),
  },
  {
    name: 'checkIn', method: 'POST', path: '/api/v1/licenses/check-in', secret: SECRET, ...statement,
    body: { lease: LEASE, nonce: NONCE, version: '1.2.3', kids: ['k1', 'k2'], seats_used: 7 },
    make: (client, signal) => client.checkIn({ ...question, ...held, seatsUsed: 7 }).send(signal),
  },
  {
    name: 'renew', method: 'POST', path: '/api/v1/licenses/renew', secret: SECRET, ...statement,
    body: { lease: LEASE, nonce: NONCE, version: '1.2.3', kids: ['k1', 'k2'] },
    make: (client, signal) => client.renew({ ...question, ...held }).send(signal),
  },
  {
    name: 'deactivate', method: 'POST', path: '/api/v1/licenses/deactivate', secret: SECRET,
    body: { lease: LEASE, nonce: NONCE }, answer: {}, value: null,
    make: (client, signal) => client.deactivate({ ...held, nonce: NONCE }).send(signal),
  },
  {
    name: 'ping', method: 'GET', path: '/api/v1/ping', secret: null, body: null,
    answer: { ok: true, time: 1_772_366_400 }, value: { ok: true, time: 1_772_366_400 },
    make: (client, signal) => client.ping(signal),
  },
]
