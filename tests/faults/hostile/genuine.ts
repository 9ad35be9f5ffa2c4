import { AUDIENCE, ISSUER, TYP } from '../../../server/license/claims.ts'
import type { Dice } from './dice.ts'
import { mintByHand, mintWithFastJwt, sandboxKey } from './mint.ts'

/** The installation under attack: what an accepted token would have to fit. */
export interface Target {
  instanceId: string
  /** Its clock, seconds. */
  now: number
  /** The license it holds. */
  current: { sub: string, seq: number, jti: string }
}

export type Claims = Record<string, unknown>
const YEAR = 365 * 86_400
const ORGANIZATIONS = ['Acme', 'Ünïcode & Söhne', '株式会社', 'a', 'O\'Brien "quoted"', 'x'.repeat(1000)] as const
const FEATURES = ['sso', 'scim', 'audit-log', 'white-label', 'teams', 'not-yet-known'] as const

/** Claims of an offline token that the target would accept, of every shape that is allowed. */
export function genuineClaims(dice: Dice, { instanceId, now, current }: Target): Claims {
  const iat = now - dice.int(0, 30 * 86_400)
  const later = dice.chance(0.5)
  return {
    iss: ISSUER, aud: AUDIENCE,
    sub: later ? current.sub : `lic_${dice.hex(dice.int(1, 16))}`,
    jti: `jti-${dice.hex(8)}`, iat,
    ...(dice.chance(0.3) ? { nbf: iat } : {}),
    exp: now + dice.int(2 * 86_400, 5 * YEAR),
    seq: later ? current.seq + dice.int(1, 1000) : dice.int(0, 1_000_000),
    instance_id: instanceId, method: 'offline', plan: dice.pick(['enterprise', 'business', 'プラン']),
    licensee: { organization: dice.pick(ORGANIZATIONS), ...(dice.chance(0.5) ? { email: 'someone@licensee.example' } : {}) },
    features: FEATURES.filter(() => dice.chance(0.5)), seats: dice.pick([null, 0, 25, 1_000_000]),
    ...(dice.chance(0.2) ? { unknown_claim: { nested: [1, null, 'x'] } } : {}),
  }
}

/** Claims of a standard lease from the license server; signed, but never to be pasted. */
export function leaseClaims(dice: Dice, target: Target): Claims {
  return {
    ...genuineClaims(dice, target), method: dice.pick(['standard', 'airgapped']), nonce: dice.hex(16),
    check_in: { every: 21_600, grace: 604_800 }, renews: true,
  }
}

export function verdictClaims(dice: Dice, target: Target): Claims {
  const { iss, aud, sub, jti, iat, seq, instance_id } = genuineClaims(dice, target)
  return { iss, aud, sub, jti, iat, seq, instance_id, nonce: dice.hex(16), verdict: dice.pick(['revoked', 'suspended', 'bound_elsewhere']) }
}

export const headerOf = (changes: Record<string, unknown> = {}): Record<string, unknown> =>
  ({ alg: 'EdDSA', kid: sandboxKey.kid, typ: TYP.offline, ...changes })

/** A token that the target would accept, as the library makes it, or under the algorithm's newer name by hand (RFC 9864). */
export function genuineToken(dice: Dice, target: Target): string {
  const claims = genuineClaims(dice, target)
  return dice.chance(0.7) ? mintWithFastJwt(claims, TYP.offline) : mintByHand(headerOf({ alg: dice.pick(['EdDSA', 'Ed25519']) }), claims)
}

/** The three parts of a genuine token. */
export function genuineParts(dice: Dice, target: Target): [header: string, payload: string, signature: string] {
  const [header = '', payload = '', signature = ''] = genuineToken(dice, target).split('.')
  return [header, payload, signature]
}
