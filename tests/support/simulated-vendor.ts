import { z } from 'zod'
import type { CallFailure, CallOptions, CallOutcome, LicenseServer } from '../../server/license/ports.ts'
import type { CallName, RefusalCode, RequestOf, ResponseOf } from '../../server/license-server/protocol.ts'
import { PROTOCOL } from '../../server/license-server/protocol.ts'
import type { VERDICTS } from '../../shared/lease.ts'
import { DAY, airgappedClaims, headerOf, standardClaims, verdictClaims } from './claims.ts'
import type { SimulatedClock } from './simulated-clock.ts'
import type { Signer } from './signing.ts'
import { vendorSigner } from './signing.ts'

export const SECRET = 'canary-secret-of-this-installation'
export const KEY = 'nc_canary_key_0123456789'
export const AIRGAPPED_KEY = 'nc_ag_canary_key_0123456789'

/** What the vendor knows of one license; change it to renew, revoke or shorten. */
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

/** A statement about to be signed, open to be spoilt. */
export interface Draft { header: Record<string, unknown>, claims: Record<string, unknown>, signer: Signer }
export interface RecordedCall { name: CallName, body: Record<string, unknown>, secret: string | null, signal: AbortSignal | null, at: number }

export interface SimulatedVendor extends LicenseServer {
  readonly calls: RecordedCall[]
  /** Calls that were asked and are not answered yet. */
  readonly underWay: number
  licenses: Map<string, VendorLicense>
  /** How every call fails while set. */
  failing: CallFailure | null
  spoil: ((draft: Draft) => void) | null
  /** Runs before an answer is given; what it was asked has been judged by then. */
  beforeAnswer: (() => Promise<void> | void) | null
  callsOf(name: CallName): RecordedCall[]
}

export function failure(code: CallFailure['code'], changes: Partial<CallFailure> = {}): CallFailure {
  return { ok: false, code, refusal: null, answered: false, retryAfterMs: null, ...changes }
}

export function licenseAt(clock: SimulatedClock, sub: string, changes: Partial<VendorLicense> = {}): VendorLicense {
  return {
    sub, seq: 0, exp: Math.floor((clock.real() + 365 * DAY) / 1000), every: 21_600, grace: 604_800, renews: true,
    plan: 'enterprise', verdict: null, refusal: null, ...changes,
  }
}

const leasePayload = z.object({ sub: z.string(), instance_id: z.string() })

/** Takes what time it is; returns a license server that issues, checks and really signs, all in memory. */
export function createSimulatedVendor(clock: SimulatedClock): SimulatedVendor {
  let underWay = 0

  function sign(kind: 'lease' | 'verdict', claims: object): string {
    const draft: Draft = { header: headerOf(kind), claims: { ...claims }, signer: vendorSigner }
    vendor.spoil?.(draft)
    return draft.signer.byHand(JSON.stringify(draft.header), JSON.stringify(draft.claims))
  }

  function issue(license: VendorLicense, airgapped: boolean, instanceId: string, nonce: string) {
    const seq = ++license.seq
    const common = { sub: license.sub, seq, iat: Math.floor(clock.real() / 1000), instance_id: instanceId, nonce }
    if (license.verdict) {
      return { verdict: sign('verdict', verdictClaims({ ...common, jti: `${license.sub}-v${seq}`, verdict: license.verdict, reason: 'chargeback' })) }
    }
    const lease = { ...common, jti: `${license.sub}-${seq}`, exp: license.exp, plan: license.plan }
    return {
      lease: airgapped
        ? sign('lease', airgappedClaims(lease))
        : sign('lease', standardClaims({ ...lease, renews: license.renews, check_in: { every: license.every, grace: license.grace } })),
    }
  }

  function answer(name: CallName, body: Record<string, unknown>): unknown {
    const nonce = String(body.nonce)
    if (name === 'deactivate') return {}
    if (name === 'activate') {
      const key = String(body.license_key)
      const license = vendor.licenses.get(key)
      const refusal = license ? license.refusal : 'unknown_key'
      if (!license || refusal || license.verdict) return failure('SERVER_ERROR', { refusal: refusal ?? 'revoked', answered: true })
      return { ...issue(license, key.startsWith('nc_ag_'), String(body.instance_id), nonce), secret: SECRET }
    }
    const [, payload = ''] = String(body.lease).split('.')
    const { sub, instance_id: instanceId } = leasePayload.parse(JSON.parse(Buffer.from(payload, 'base64url').toString()))
    const license = [...vendor.licenses.values()].find(each => each.sub === sub)
    if (!license) return failure('SERVER_ERROR', { refusal: 'unknown_key', answered: true })
    if (license.exp * 1000 <= clock.real() && !license.verdict) return failure('SERVER_ERROR', { refusal: 'expired', answered: true })
    return issue(license, name === 'renew', instanceId, nonce)
  }

  const vendor: SimulatedVendor = {
    baseUrl: 'https://vendor.example',
    calls: [],
    get underWay() { return underWay },
    licenses: new Map([
      [KEY, licenseAt(clock, 'lic_standard')],
      [AIRGAPPED_KEY, licenseAt(clock, 'lic_airgapped')],
    ]),
    failing: null,
    spoil: null,
    beforeAnswer: null,
    callsOf: name => vendor.calls.filter(call => call.name === name),
    async call<C extends Exclude<CallName, 'ping'>>(name: C, body: RequestOf<C>, options: CallOptions = {}): Promise<CallOutcome<ResponseOf<C>>> {
      const sent = z.record(z.string(), z.unknown()).parse(PROTOCOL[name].request.parse(body))
      vendor.calls.push({ name, body: sent, secret: options.secret ?? null, signal: options.signal ?? null, at: clock.real() })
      underWay++
      const answered = vendor.failing ?? answer(name, sent)
      try {
        await vendor.beforeAnswer?.()
      }
      finally {
        underWay--
      }
      return isFailure(answered) ? answered : readResponse(name, answered)
    },
  }
  return vendor
}

function isFailure(value: unknown): value is CallFailure {
  return typeof value === 'object' && value !== null && 'ok' in value && value.ok === false
}

function readResponse<C extends CallName>(name: C, value: unknown): CallOutcome<ResponseOf<C>> {
  const schema: z.ZodType<unknown> = PROTOCOL[name].response
  return isResponse(name, value) ? { ok: true, value } : failure('SERVER_RESPONSE_INVALID', { cause: schema.safeParse(value).error })
}

function isResponse<C extends CallName>(name: C, value: unknown): value is ResponseOf<C> {
  return PROTOCOL[name].response.safeParse(value).success
}

/** A gate to keep answers back with: `beforeAnswer = gate.pass`, then `gate.open()`. */
export function createGate(): { pass: () => Promise<void>, open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { pass: () => promise, open: () => resolve() }
}
