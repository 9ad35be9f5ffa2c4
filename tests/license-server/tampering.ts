import { randomBytes, randomUUID } from 'node:crypto'
import { TYP } from '../../server/license/claims.ts'
import type { LeaseClaims } from '../../server/license/claims.ts'
import type { SignedFault } from '../support/vendor/fault-types.ts'
import { kidOf } from './signing.ts'
import type { Draft } from './signing.ts'
import type { Tampering } from './vendor.ts'

function withClaims(draft: Draft, claims: Record<string, unknown>, omit: readonly string[] = []): Draft {
  const merged = Object.entries({ ...draft.claims, ...claims }).filter(([name]) => !omit.includes(name))
  return { ...draft, claims: Object.fromEntries(merged) }
}

/** The claims that a pasted token would have; only its kind and method are wrong in an answer. */
function asOfflineToken(draft: Draft): Draft {
  const header = { ...draft.header, typ: TYP.offline }
  return withClaims({ ...draft, header }, { method: 'offline' }, ['nonce', 'check_in', 'renews'])
}

function signedByStranger(draft: Draft): Draft {
  return { ...draft, header: { ...draft.header, kid: kidOf('stranger') }, signer: 'stranger' }
}

/** What a fault does to the statement that the call signs. */
export function tamperingOf(fault: SignedFault): Tampering {
  switch (fault.type) {
    case 'wrongSigner': return { spoil: signedByStranger }
    case 'staleNonce': return { spoil: draft => withClaims(draft, { nonce: randomUUID() }) }
    case 'wrongInstance': return { spoil: draft => withClaims(draft, { instance_id: randomBytes(16).toString('hex') }) }
    case 'wrongLicense': return { spoil: draft => withClaims(draft, { sub: `lic_${randomUUID()}` }) }
    case 'olderSeq': return { spoil: (draft, presented) => withClaims(draft, { seq: seqBelow(presented) }) }
    case 'wrongKind': return { spoil: asOfflineToken }
    case 'lease': return {
      spoil: draft => withClaims({ ...draft, header: { ...draft.header, ...fault.header } }, fault.claims, fault.omit),
    }
    case 'verdict': return { verdict: { verdict: fault.verdict, reason: fault.reason } }
    case 'replay': return { replay: true }
  }
}

function seqBelow(presented: LeaseClaims | undefined): number {
  return presented ? Math.max(0, presented.seq - 1) : 0
}
