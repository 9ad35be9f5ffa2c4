import type { z } from 'zod'
import { PROTOCOL } from '../../server/license-server/protocol.ts'
import type { CallName, ErrorBody, RefusalCode, RequestOf, ResponseOf } from '../../server/license-server/protocol.ts'
import { INSTANCE_ID, VERDICTS } from '../../server/license/claims.ts'
import type { LeaseClaims } from '../../server/license/claims.ts'
import type { VendorClock } from './clock.ts'
import type { ForkWatch } from './forks.ts'
import type { LicenseBook } from './license-book.ts'
import { bind, hasReleased, licenseFor, release, report, standingOf } from './licenses.ts'
import type { License } from './licenses.ts'
import type { Reach } from './reach.ts'
import { draftOf, forgeDraft, isSecretOf, readOwnLease, secretFor, signDraft } from './signing.ts'
import type { Draft } from './signing.ts'
import { leaseClaims, verdictClaims } from './statements.ts'
import type { Verdict } from './statements.ts'

export type Refused = { status: number, body: ErrorBody, headers?: Record<string, string> }
export type Outcome<C extends CallName = CallName> = { status: 200, body: ResponseOf<C> } | Refused

/** What a fault does to the statement that a call signs. */
export interface Tampering {
  spoil?: (draft: Draft, presented: LeaseClaims | undefined) => Draft
  verdict?: Verdict
  /** Answer the very lease that the client presented. */
  replay?: boolean
}

export const REFUSAL_STATUS: Readonly<Record<RefusalCode, number>> = {
  unknown_key: 404,
  expired: 403,
  revoked: 403,
  suspended: 403,
  bound_elsewhere: 409,
  method_not_in_plan: 403,
  rate_limited: 429,
  bad_request: 400,
}

export function refusal(code: RefusalCode, message: string, status = REFUSAL_STATUS[code]): Refused {
  const body: ErrorBody = { error: { code, message } }
  return code === 'rate_limited' ? { status, body, headers: { 'retry-after': '60' } } : { status, body }
}

/** What the vendor keeps: its licenses, what it knows of copies, and its clock. */
export interface Desk { licenses: LicenseBook, forks: ForkWatch, clock: VendorClock }
interface Holder { license: License, lease: LeaseClaims }
type Renewal = RequestOf<'checkIn'> | RequestOf<'renew'>

async function seal(draft: Draft, { spoil }: Tampering, presented?: LeaseClaims): Promise<string> {
  return spoil ? forgeDraft(spoil(draft, presented)) : signDraft(draft)
}

async function activate(desk: Desk, input: RequestOf<'activate'>, tampering: Tampering): Promise<Outcome<'activate'>> {
  const { license_key, instance_id, nonce } = input
  const known = desk.licenses.getByKey(license_key)
  if (!known) return refusal('unknown_key', 'There is no license with this key.')
  if (!INSTANCE_ID.test(instance_id)) return refusal('bad_request', 'This is not an Instance ID.')
  const license = licenseFor(known, instance_id)
  const clock = desk.clock.of({ installation: instance_id, licenseId: license.licenseId })
  if (license.refuses) return refusal(license.refuses, `The sandbox refuses this key with ${license.refuses}.`)
  if (license.method === 'offline') return refusal('method_not_in_plan', 'This license is for offline activation.')
  const standing = standingOf(license, clock.now())
  if (standing !== 'active') return refusal(standing, license.reason ?? `The license is ${standing}.`)
  if (!bind(license, instance_id)) return refusal('bound_elsewhere', 'The license is in use on another installation.')
  const claims = leaseClaims(license, instance_id, nonce, clock)
  desk.forks.activated(claims)
  const lease = await seal(draftOf('lease', claims, license.signer), tampering)
  return { status: 200, body: { lease, secret: secretFor(license.licenseId, instance_id) } }
}

async function holderOf(desk: Desk, token: string, bearer: string | undefined): Promise<Holder | Refused> {
  const lease = await readOwnLease(token)
  if (!lease) return refusal('bad_request', 'The lease is not one of ours.')
  if (bearer === undefined || !isSecretOf(lease.sub, lease.instance_id, bearer)) {
    return refusal('bad_request', 'The secret is missing or not that of this installation.', 401)
  }
  const license = desk.licenses.getById(lease.sub)
  return license ? { license: licenseFor(license, lease.instance_id), lease } : refusal('unknown_key', 'There is no such license.')
}

function judge({ license, lease }: Holder): Verdict | undefined {
  const verdict = VERDICTS.find(name => name === license.status)
  if (verdict) return license.reason === undefined ? { verdict } : { verdict, reason: license.reason }
  return bind(license, lease.instance_id) ? undefined : { verdict: 'bound_elsewhere' }
}

async function swap(
  desk: Desk, method: 'standard' | 'airgapped', input: Renewal, bearer: string | undefined, tampering: Tampering,
): Promise<Outcome<'checkIn' | 'renew'>> {
  const holder = await holderOf(desk, input.lease, bearer)
  if ('status' in holder) return holder
  const { license, lease } = holder
  if (lease.method !== method) return refusal('bad_request', `This call is for ${method} leases.`)
  if (hasReleased(license, lease.instance_id)) {
    return refusal('bad_request', 'This installation has given the license back.', 401)
  }
  const clock = desk.clock.of({ installation: lease.instance_id, licenseId: lease.sub })
  desk.forks.presented(license, lease)
  if ('seats_used' in input) report(license, lease.instance_id, input.seats_used)
  const verdict = tampering.verdict ?? judge(holder)
  if (verdict) {
    const claims = verdictClaims(license, lease.instance_id, input.nonce, verdict, clock)
    return { status: 200, body: { verdict: await seal(draftOf('verdict', claims), tampering, lease) } }
  }
  if (standingOf(license, clock.now()) === 'expired') return refusal('expired', 'The subscription has ended.')
  if (tampering.replay) return { status: 200, body: { lease: input.lease } }
  const claims = leaseClaims(license, lease.instance_id, input.nonce, clock)
  desk.forks.swapped(claims)
  return { status: 200, body: { lease: await seal(draftOf('lease', claims, license.signer), tampering, lease) } }
}

async function deactivate(
  desk: Desk, input: RequestOf<'deactivate'>, bearer: string | undefined,
): Promise<Outcome<'deactivate'>> {
  const holder = await holderOf(desk, input.lease, bearer)
  if ('status' in holder) return holder
  if (holder.lease.method !== 'standard') return refusal('bad_request', 'This call is for standard leases.')
  release(holder.license, holder.lease.instance_id)
  return { status: 200, body: {} }
}

function pong(now: number): Outcome<'ping'> {
  return { status: 200, body: { ok: true, time: new Date(now * 1000).toISOString() } }
}

async function validated<T, C extends CallName>(
  schema: z.ZodType<T>, body: unknown, run: (input: T) => Promise<Outcome<C>>,
): Promise<Outcome<C>> {
  const parsed = schema.safeParse(body)
  if (parsed.success) return run(parsed.data)
  const fields = parsed.error.issues.map(issue => issue.path.join('.') || 'body')
  return refusal('bad_request', `Not as the protocol says: ${fields.join(', ')}.`)
}

/** One call of the protocol; `bearer` is the secret of its `Authorization` header. */
export interface VendorCall { name: CallName, body: unknown, bearer: string | undefined, caller: Reach }

export interface Vendor {
  answer(call: VendorCall, tampering: Tampering): Promise<Outcome>
}

/** The vendor's side of the license server protocol. */
export function createVendor(desk: Desk): Vendor {
  return {
    async answer({ name, body, bearer, caller }, tampering) {
      switch (name) {
        case 'activate':
          return validated(PROTOCOL.activate.request, body, input => activate(desk, input, tampering))
        case 'checkIn':
          return validated(PROTOCOL.checkIn.request, body, input => swap(desk, 'standard', input, bearer, tampering))
        case 'renew':
          return validated(PROTOCOL.renew.request, body, input => swap(desk, 'airgapped', input, bearer, tampering))
        case 'deactivate':
          return validated(PROTOCOL.deactivate.request, body, input => deactivate(desk, input, bearer))
        case 'ping':
          return pong(desk.clock.of(caller).now())
      }
    },
  }
}
