import { createPrivateKey, randomUUID, sign } from 'node:crypto'
import { AUDIENCE, ISSUER, TYP } from '../../server/license/claims.ts'
import sandboxKey from '../license-server/keys/sandbox.jwk.json' with { type: 'json' }

const key = createPrivateKey({ key: sandboxKey, format: 'jwk' })

/** An offline token as the sandbox vendor signs it, with claims as told. */
export function offlineToken(claims: Record<string, unknown>, header: Record<string, unknown> = {}): string {
  const now = Math.floor(Date.now() / 1000)
  const all = {
    iss: ISSUER, aud: AUDIENCE, sub: 'lic_diagnosis', jti: randomUUID(), iat: now, seq: Date.now() * 1000, exp: now + 365 * 86_400, method: 'offline',
    plan: 'enterprise', licensee: { organization: 'Acme' }, features: ['sso'], seats: 5, ...claims,
  }
  const input = [{ alg: 'EdDSA', kid: sandboxKey.kid, typ: TYP.offline, ...header }, all].map(part => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${input}.${sign(null, Buffer.from(input), key).toString('base64url')}`
}
