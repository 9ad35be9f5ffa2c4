import { z } from 'zod'
import { maskKey } from '../../shared/credential.ts'
import type { NetworkErrorCode } from '../../shared/errors.ts'
import type { FindingCause } from '../../shared/findings.ts'
import { seen } from '../../shared/findings.ts'
import type { CallFailure, CallOutcome, Granted, LicenseServer, PreparedCall, RefusalCode, SignedStatement } from '../../server/license/ports.ts'
import type { VERDICTS } from '../../server/license/claims.ts'
import { DAY, airgappedClaims, headerOf, standardClaims, verdictClaims } from './claims.ts'
import type { SimulatedClock } from './simulated-clock.ts'
import type { Signer } from './signing.ts'
import { vendorSigner } from './signing.ts'

export const SECRET = 'canary-secret-of-this-installation'
export const KEY = 'nc_canary_key_0123456789'
export const AIRGAPPED_KEY = 'nc_ag_canary_key_0123456789'

/** What the vendor knows about a license; change it to renew, revoke or shorten the license. */
export interface VendorLicense {
  sub: string
  seq: number
  exp: number
  every: number
  grace: number
  renews: boolean
  plan: string
  verdict: (typeof VERDICTS)[number] | null
  refusal: RefusalCode | null
}

/** A statement about to be signed, which a test may spoil. */
export interface Draft { header: Record<string, unknown>, claims: Record<string, unknown>, signer: Signer }
export type LicenseCall = Exclude<keyof LicenseServer, 'host'>
/** A call as the domain made it, with the secret kept apart. */
export interface RecordedCall { name: LicenseCall, request: Record<string, unknown>, secret: string | null, signal: AbortSignal | null, at: number }
/** Decides what becomes of a call; `reach` lets it through to the vendor. */
export type Network = <T>(reach: () => Promise<CallOutcome<T>>, signal?: AbortSignal) => Promise<CallOutcome<T>>

export interface SimulatedVendor extends LicenseServer {
  readonly calls: RecordedCall[]
  /** Calls not answered yet. */
  readonly underWay: number
  licenses: Map<string, VendorLicense>
  /** While set, every call fails like this. */
  failing: CallFailure | null
  spoil: ((draft: Draft) => void) | null
  /** Respells a signed statement. */
  respell: ((jws: string) => string) | null
  /** The network between the installation and the vendor. */
  network: Network
  /** Runs before an answer is sent, after the call has been processed. */
  beforeAnswer: (() => Promise<void> | void) | null
  callsOf(name: LicenseCall): RecordedCall[]
}

export const HOST = 'vendor.example'

/** A cause with which calls fail under each code. */
export const CAUSE = {
  NET_DNS: 'dns_no_such_name', NET_CONNECT: 'refused', NET_TIMEOUT: 'no_answer', NET_TLS: 'certificate_unknown_issuer', NET_PROXY: 'proxy_refused',
  NET_CAPTIVE_PORTAL: 'web_page', SERVER_ERROR: 'server_error', SERVER_RATE_LIMITED: 'rate_limited', SERVER_RESPONSE_INVALID: 'unreadable_answer',
  SERVER_NOT_A_LICENSE_SERVER: 'not_a_license_server', SERVER_REFUSED: 'refused_bad_request',
} as const satisfies Record<NetworkErrorCode, FindingCause>

export function failure(code: NetworkErrorCode, changes: Partial<CallFailure> = {}): CallFailure {
  return { ok: false, seen: seen(code, CAUSE[code], { host: HOST }), refusal: null, answered: false, retryAfterMs: null, ...changes }
}

/** The license server's own unsigned refusal. */
export function refused(refusal: RefusalCode): CallFailure {
  if (refusal === 'rate_limited') return failure('SERVER_RATE_LIMITED', { refusal, answered: true })
  return failure('SERVER_REFUSED', { seen: seen('SERVER_REFUSED', `refused_${refusal}`, { host: HOST, refusal }), refusal, answered: true })
}

export function licenseAt(clock: SimulatedClock, sub: string, changes: Partial<VendorLicense> = {}): VendorLicense {
  return {
    sub, seq: 0, exp: Math.floor((clock.real() + 365 * DAY) / 1000), every: 21_600, grace: 604_800, renews: true,
    plan: 'enterprise', verdict: null, refusal: null, ...changes,
  }
}

type Asked = Record<string, unknown> & { secret?: string | null }
const leasePayload = z.object({ sub: z.string(), instance_id: z.string() })

/** A license server in memory that issues, checks and really signs. */
export function createSimulatedVendor(clock: SimulatedClock): SimulatedVendor {
  let underWay = 0

  function sign(kind: SignedStatement['kind'], claims: object): SignedStatement {
    const draft: Draft = { header: headerOf(kind), claims: { ...claims }, signer: vendorSigner }
    vendor.spoil?.(draft)
    const jws = draft.signer.byHand(JSON.stringify(draft.header), JSON.stringify(draft.claims))
    return { kind, jws: vendor.respell?.(jws) ?? jws }
  }

  function issue(license: VendorLicense, airgapped: boolean, instanceId: string, nonce: string): SignedStatement {
    const seq = ++license.seq
    const common = { sub: license.sub, seq, iat: Math.floor(clock.real() / 1000), instance_id: instanceId, nonce }
    if (license.verdict) {
      return sign('verdict', verdictClaims({ ...common, jti: `${license.sub}-v${seq}`, verdict: license.verdict, reason: 'chargeback' }))
    }
    const lease = { ...common, jti: `${license.sub}-${seq}`, exp: license.exp, plan: license.plan }
    return airgapped
      ? sign('lease', airgappedClaims(lease))
      : sign('lease', standardClaims({ ...lease, renews: license.renews, check_in: { every: license.every, grace: license.grace } }))
  }

  function grant({ key, instanceId, nonce }: { key: string, instanceId: string, nonce: string }): CallOutcome<Granted> {
    const license = vendor.licenses.get(key)
    const refusal = license ? license.refusal : 'unknown_key'
    if (!license || refusal || license.verdict) return refused(refusal ?? 'revoked')
    return { ok: true, value: { lease: issue(license, key.startsWith('nc_ag_'), instanceId, nonce).jws, secret: SECRET } }
  }

  function exchange({ lease, nonce }: { lease: string, nonce: string }, airgapped: boolean): CallOutcome<SignedStatement> {
    const [, payload = ''] = lease.split('.')
    const { sub, instance_id: instanceId } = leasePayload.parse(JSON.parse(Buffer.from(payload, 'base64url').toString()))
    const license = [...vendor.licenses.values()].find(each => each.sub === sub)
    if (!license) return refused('unknown_key')
    if (license.exp * 1000 <= clock.real() && !license.verdict) return refused('expired')
    return { ok: true, value: issue(license, airgapped, instanceId, nonce) }
  }

  function prepare<T>(name: LicenseCall, { secret = null, ...request }: Asked, answer: () => CallOutcome<T>): PreparedCall<T> {
    async function reach(signal: AbortSignal | null): Promise<CallOutcome<T>> {
      vendor.calls.push({ name, request, secret, signal, at: clock.real() })
      underWay++
      const answered = vendor.failing ?? answer()
      try {
        await vendor.beforeAnswer?.()
      }
      finally {
        underWay--
      }
      return answered
    }
    return {
      shown: { method: 'POST', url: `https://${vendor.host}/${name}`, body: { ...request, ...('key' in request ? { key: maskKey(String(request.key)) } : { lease: '(lease)' }) } },
      send: signal => vendor.network(() => reach(signal ?? null), signal),
    }
  }

  const vendor: SimulatedVendor = {
    host: HOST,
    calls: [],
    get underWay() { return underWay },
    licenses: new Map([
      [KEY, licenseAt(clock, 'lic_standard')],
      [AIRGAPPED_KEY, licenseAt(clock, 'lic_airgapped')],
    ]),
    failing: null,
    spoil: null,
    respell: null,
    network: reach => reach(),
    beforeAnswer: null,
    callsOf: name => vendor.calls.filter(call => call.name === name),
    activate: request => prepare('activate', { ...request }, () => grant(request)),
    checkIn: request => prepare('checkIn', { ...request }, () => exchange(request, false)),
    renew: request => prepare('renew', { ...request }, () => exchange(request, true)),
    deactivate: request => prepare('deactivate', { ...request }, () => ({ ok: true, value: null })),
  }
  return vendor
}

/** A gate that holds answers back: `beforeAnswer = gate.pass`, then `gate.open()`. */
export function createGate(): { pass: () => Promise<void>, open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { pass: () => promise, open: () => resolve() }
}
