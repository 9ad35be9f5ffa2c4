import type { CryptoKey } from 'jose'
import { compactVerify, importJWK } from 'jose'
import type { Jwks } from './jwks.ts'
import { LicenseError } from './errors.ts'
import { foreignText } from './foreign-text.ts'
import { parseStrictJson } from './strict-json.ts'

/** The vendor's keys that this build trusts, by `kid`. */
export interface Keyring {
  readonly kids: readonly string[]
  get(kid: string): CryptoKey | undefined
}

export interface VerifiedJws { typ: string, payload: unknown }

/** RFC 8037 names the algorithm EdDSA, RFC 9864 Ed25519; for an Ed25519 key both mean the same signature. */
const ALGORITHMS = ['EdDSA', 'Ed25519']
/** The only header members accepted: none that embeds or fetches a key, changes the encoding, or is critical. */
const HEADER_MEMBERS = new Set(['alg', 'kid', 'typ'])

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Imports the keys compiled into the build. Rejects unless all are Ed25519 public keys (RFC 8037 §2). */
export async function createKeyring(jwks: Jwks): Promise<Keyring> {
  const keys = new Map<string, CryptoKey>()
  for (const jwk of jwks.keys) {
    const key = await importJWK({ kty: jwk.kty, crv: jwk.crv, x: jwk.x }, 'Ed25519')
    if (key instanceof Uint8Array) throw new TypeError('not an asymmetric key')
    keys.set(jwk.kid, key)
  }
  return { kids: [...keys.keys()], get: kid => keys.get(kid) }
}

/**
 * Verifies the signature of a compact JWS (RFC 7515 §7.1) and decodes its `typ` and payload. Throws LicenseError:
 * CREDENTIAL_MALFORMED (not strictly encoded), TOKEN_UNKNOWN_SIGNER, TOKEN_SIGNATURE_INVALID, TOKEN_WRONG_KIND (no `typ`),
 * TOKEN_CLAIMS_INVALID (the payload is not strict JSON).
 */
export async function verifyJws(token: string, keyring: Keyring): Promise<VerifiedJws> {
  const [header, payload] = decodeSegments(token)
  const { alg, kid, typ } = readHeader(header)
  if (typeof alg !== 'string' || !ALGORITHMS.includes(alg)) throw new LicenseError('TOKEN_SIGNATURE_INVALID')
  const key = typeof kid === 'string' ? keyring.get(kid) : undefined
  if (!key) throw new LicenseError('TOKEN_UNKNOWN_SIGNER', { details: { kid: foreignText(kid) } })
  try {
    await compactVerify(token, key, { algorithms: [alg] })
  }
  catch (cause) {
    throw new LicenseError('TOKEN_SIGNATURE_INVALID', { cause })
  }
  if (typeof typ !== 'string') throw new LicenseError('TOKEN_WRONG_KIND')
  return { typ, payload: readPayload(payload) }
}

/** jose accepts padding, white space and non-canonical last characters; a statement must have only one spelling. */
function decodeSegments(token: string): [Uint8Array, Uint8Array] {
  const segments = token.split('.')
  const bytes = segments.map((segment) => {
    if (!/^[\w-]+$/.test(segment)) throw new LicenseError('CREDENTIAL_MALFORMED')
    const decoded = Buffer.from(segment, 'base64url')
    if (decoded.toString('base64url') !== segment) throw new LicenseError('CREDENTIAL_MALFORMED')
    return decoded
  })
  const [header, payload, signature] = bytes
  if (!header || !payload || !signature || bytes.length !== 3) throw new LicenseError('CREDENTIAL_MALFORMED')
  return [header, payload]
}

function readHeader(bytes: Uint8Array): { alg?: unknown, kid?: unknown, typ?: unknown } {
  let header: unknown
  try {
    header = parseStrictJson(utf8.decode(bytes))
  }
  catch (cause) {
    throw new LicenseError('CREDENTIAL_MALFORMED', { cause })
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) throw new LicenseError('CREDENTIAL_MALFORMED')
  if (Object.keys(header).some(member => !HEADER_MEMBERS.has(member))) throw new LicenseError('TOKEN_SIGNATURE_INVALID')
  return header
}

function readPayload(bytes: Uint8Array): unknown {
  try {
    return parseStrictJson(utf8.decode(bytes))
  }
  catch (cause) {
    throw new LicenseError('TOKEN_CLAIMS_INVALID', { cause })
  }
}
