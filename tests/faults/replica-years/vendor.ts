import type { CallOutcome, Granted, SignedStatement } from '../../../server/license/ports.ts'
import type { VERDICTS } from '../../../server/license/claims.ts'
import { headerOf, standardClaims, verdictClaims } from '../../support/claims.ts'
import { refused } from '../../support/simulated-vendor.ts'

/* The license server: it issues leases and remembers each, and sees a fork where a lease is presented that another has succeeded. */

/** What is true of a license, as the vendor knows it. Seconds where the claims have seconds. */
export interface License {
  readonly key: string
  readonly sub: string
  seq: number
  exp: number
  every: number
  grace: number
  verdict: (typeof VERDICTS)[number] | null
}

/** A lease that was issued, by what it means. Ms. */
export interface Issued { sub: string, jti: string, seq: number, at: number, pausesAt: number, endsAt: number }

export interface Vendor {
  readonly licenses: readonly License[]
  /** Lets the vendor work: what its `sign` says is issued at this time (ms). */
  activate(request: { key: string, instanceId: string, nonce: string }, now: number): CallOutcome<Granted>
  checkIn(request: { lease: string, nonce: string }, now: number): CallOutcome<SignedStatement>
  /** The lease with this text, or with this license, and issued in this second. */
  find(lease: string): Issued | undefined
  findIssued(sub: string, at: number): Issued | undefined
  /** The leases that were presented although another had taken their place. */
  readonly forks: readonly string[]
}

/** The lease presented last, the leases that it was swapped for, and those that a key was exchanged for, which continue none. */
interface Line { head: string | null, next: Set<string>, beginnings: Set<string> }

/** Signatures are not what this is about: every one is the same, and holds. */
const SIGNATURE = 'A'.repeat(86)
const HEADERS = { lease: textOf(headerOf('lease')), verdict: textOf(headerOf('verdict')) }

function textOf(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

export interface VendorOptions {
  licenses: License[]
  instanceId: string
  /** Signs what the vendor would, but for the grace period in s. */
  signedGrace?: (grace: number) => number
}

export function createVendor({ licenses, instanceId, signedGrace = grace => grace }: VendorOptions): Vendor {
  const issued = new Map<string, Issued>()
  const bySecond = new Map<string, Issued>()
  const lines = new Map<string, Line>()
  const forks: string[] = []

  const lineOf = (sub: string) => lines.get(sub) ?? lines.set(sub, { head: null, next: new Set(), beginnings: new Set() }).get(sub)

  function lease(license: License, nonce: string, now: number, how: 'next' | 'beginnings'): string {
    const iat = Math.floor(now / 1000)
    const { sub, exp, every, grace } = license
    const seq = ++license.seq
    const jti = `${sub}-${seq}`
    const claims = standardClaims({ sub, jti, seq, iat, exp, instance_id: instanceId, nonce, check_in: { every, grace: signedGrace(grace) } })
    const jws = `${HEADERS.lease}.${textOf(claims)}.${SIGNATURE}`
    const known = { sub, jti, seq, at: iat * 1000, pausesAt: (iat + every + grace) * 1000, endsAt: exp * 1000 }
    issued.set(jws, known)
    bySecond.set(`${sub} ${iat}`, known)
    lineOf(sub)?.[how].add(jti)
    return jws
  }

  function verdict(license: License, nonce: string, now: number): string {
    const seq = ++license.seq
    const claims = verdictClaims({
      sub: license.sub, jti: `${license.sub}-${seq}`, seq, iat: Math.floor(now / 1000), instance_id: instanceId, nonce,
      verdict: license.verdict ?? 'revoked',
    })
    return `${HEADERS.verdict}.${textOf(claims)}.${SIGNATURE}`
  }

  function present({ sub, jti }: Issued): void {
    const line = lineOf(sub)
    if (!line || line.head === jti) return
    if (line.head !== null && !line.next.has(jti) && !line.beginnings.delete(jti)) forks.push(jti)
    line.head = jti
    line.next = new Set()
  }

  return {
    licenses, forks,
    activate({ key, nonce }, now) {
      const license = licenses.find(each => each.key === key)
      if (!license) return refused('unknown_key')
      if (license.verdict) return refused(license.verdict)
      if (license.exp * 1000 <= now) return refused('expired')
      return { ok: true, value: { lease: lease(license, nonce, now, 'beginnings'), secret: 'secret-of-this-installation' } }
    },
    checkIn({ lease: presented, nonce }, now) {
      const known = issued.get(presented)
      const license = licenses.find(({ sub }) => sub === known?.sub)
      if (!known || !license) return refused('unknown_key')
      present(known)
      if (license.verdict) return { ok: true, value: { kind: 'verdict', jws: verdict(license, nonce, now) } }
      if (license.exp * 1000 <= now) return refused('expired')
      return { ok: true, value: { kind: 'lease', jws: lease(license, nonce, now, 'next') } }
    },
    find: text => issued.get(text),
    findIssued: (sub, at) => bySecond.get(`${sub} ${Math.floor(at / 1000)}`),
  }
}
