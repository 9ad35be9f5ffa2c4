import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import { createSigner } from 'fast-jwt'
import { TYP } from '../../../server/license/claims.ts'
import type { Dice } from './dice.ts'
import type { Target } from './genuine.ts'
import { genuineClaims, genuineToken, headerOf } from './genuine.ts'
import { encode, mintByHand, mintWithFastJwt, ownKey, sandboxKey, strangerKey } from './mint.ts'
import type { Mutation } from './mutation.ts'
import { mutation } from './mutation.ts'

const SIGNATURE = 'TOKEN_SIGNATURE_INVALID'
const UNKNOWN = 'TOKEN_UNKNOWN_SIGNER'
const MALFORMED = 'CREDENTIAL_MALFORMED'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const rsaPem = rsa.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
const curves = { ES256: 'prime256v1', ES384: 'secp384r1', ES512: 'secp521r1' } as const
const ecPem = (alg: keyof typeof curves) =>
  [alg, generateKeyPairSync('ec', { namedCurve: curves[alg] }).privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()] as const
const ecPems = [ecPem('ES256'), ecPem('ES384'), ecPem('ES512')]
const ed448: KeyObject = generateKeyPairSync('ed448').privateKey
const own = ownKey(sandboxKey.kid)

/** Every text or bytes that an attacker could take for "the public key" and a careless verifier for an HMAC secret. */
const SECRETS: readonly (string | Buffer)[] = [
  sandboxKey.publicBytes, sandboxKey.jwk.x, sandboxKey.publicPem, sandboxKey.publicPem.trim(), sandboxKey.publicPem.replace(/-----[^-]+-----|\s/g, ''),
  JSON.stringify(sandboxKey.jwks.keys[0]), JSON.stringify(sandboxKey.jwks), JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x: sandboxKey.jwk.x }),
  Buffer.from(sandboxKey.publicBytes.toString('hex')), '', sandboxKey.kid, Buffer.alloc(32), '[object CryptoKey]', 'undefined', 'null',
]

function hmacToken(dice: Dice, target: Target, secret: string | Buffer): string {
  const bits = dice.pick(['256', '384', '512'])
  const input = `${encode(JSON.stringify(headerOf({ alg: dice.pick([`HS${bits}`, `HS${bits}`, `hs${bits}`]) })))}.${encode(JSON.stringify(genuineClaims(dice, target)))}`
  return `${input}.${createHmac(`sha${bits}`, secret).update(input).digest('base64url')}`
}

const RSA = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const
const fastJwtToken = (dice: Dice, target: Target, algorithm: (typeof RSA)[number] | keyof typeof curves, key: string) =>
  createSigner({ key, algorithm, kid: sandboxKey.kid, header: { alg: algorithm, typ: TYP.offline } })(genuineClaims(dice, target))

/** F11: another algorithm than the one the key is for. */
export const wrongAlgorithms: readonly Mutation[] = [
  mutation('HMAC with the public key as secret', SIGNATURE, (dice, target) => hmacToken(dice, target, dice.pick(SECRETS))),
  mutation('HMAC whose alg says EdDSA', SIGNATURE, (dice, target) => {
    const input = `${encode(JSON.stringify(headerOf()))}.${encode(JSON.stringify(genuineClaims(dice, target)))}`
    return `${input}.${createHmac('sha512', dice.pick(SECRETS)).update(input).digest('base64url')}`
  }),
  mutation('HMAC by fast-jwt', SIGNATURE, (dice, target) => createSigner({
    key: sandboxKey.publicBytes.toString('hex'), algorithm: dice.pick(['HS256', 'HS384', 'HS512']), kid: sandboxKey.kid, header: { alg: 'HS256', typ: TYP.offline },
  })(genuineClaims(dice, target))),
  mutation('RSA with an own key', SIGNATURE, (dice, target) => fastJwtToken(dice, target, dice.pick(RSA), rsaPem)),
  mutation('ECDSA with an own key', SIGNATURE, (dice, target) => {
    const [alg, pem] = dice.pick(ecPems)
    return fastJwtToken(dice, target, alg, pem)
  }),
  mutation('Ed448 with an own key', SIGNATURE, (dice, target) => {
    const input = `${encode(JSON.stringify(headerOf({ alg: dice.pick(['EdDSA', 'Ed448']) })))}.${encode(JSON.stringify(genuineClaims(dice, target)))}`
    return `${input}.${encode(sign(null, Buffer.from(input), ed448))}`
  }),
  mutation('a real signature under another algorithm\'s name', SIGNATURE, (dice, target) =>
    mintByHand(headerOf({ alg: dice.pick(['HS256', 'RS256', 'ES256', 'PS256', 'ES256K', 'Ed25519ph', 'EdDSA2', '__proto__', 'constructor']) }), genuineClaims(dice, target))),
]

/** F12: a token that brings or names its own key; `listener` is where it would have the key fetched from. */
export function ownKeys(listener: string): readonly Mutation[] {
  const brought = (dice: Dice): Record<string, unknown> => dice.pick([
    { jwk: own.jwks.keys[0] }, { jwk: { ...own.jwks.keys[0], kid: sandboxKey.kid } },
    { jwks: own.jwks }, { x5c: [encode(own.publicPem)] }, { key: own.publicPem },
    { jku: `${listener}/jwks.json` }, { x5u: `${listener}/cert.pem` }, { 'jku': listener, 'x5t#S256': dice.hex(32) }, { epk: own.jwks.keys[0] },
    { jwk: own.jwk }, { jku: 'file:///etc/passwd' }, { jwk: null }, { x5c: [] },
  ])
  return [
    mutation('own key brought along', SIGNATURE, (dice, target) => mintByHand(headerOf(brought(dice)), genuineClaims(dice, target), own)),
    mutation('own key brought along, its kid unknown', [SIGNATURE, UNKNOWN], (dice, target) =>
      mintByHand(headerOf({ ...brought(dice), kid: dice.pick([undefined, own.jwk.x, `${listener}/jwks.json`, strangerKey.kid]) }), genuineClaims(dice, target), own)),
    mutation('the vendor\'s signature beside a brought key', SIGNATURE, (dice, target) => mintByHand(headerOf(brought(dice)), genuineClaims(dice, target))),
  ]
}

const KIDS: readonly unknown[] = [
  undefined, null, '', 0, true, [], {}, [sandboxKey.kid], { kid: sandboxKey.kid }, 'unknown', `${sandboxKey.kid} `, ` ${sandboxKey.kid}`, sandboxKey.kid.toUpperCase(),
  `${sandboxKey.kid}\u0000`, '../../../../etc/passwd', '/dev/null', 'file:///dev/null', '..\\..\\windows\\win.ini', '\' OR \'1\'=\'1', '"; DROP TABLE license; --',
  '1 UNION SELECT x FROM keys', '__proto__', 'constructor', 'toString', 'hasOwnProperty', '*', '$(reboot)', '| cat /etc/passwd', '\u202eecilive', '%2e%2e%2f', 'sandbox-2026\r\nX: y',
  sandboxKey.jwk.x, 'ｓandbox-2026', '${jndi:ldap://x}', 1e308, Number.MAX_SAFE_INTEGER,
]

/** F13: a `kid` that is no name of a key of this build. */
export const wrongKids: readonly Mutation[] = [
  mutation('a kid of any kind, signed by the vendor', UNKNOWN, (dice, target) => mintByHand(headerOf({ kid: dice.pick(KIDS) }), genuineClaims(dice, target))),
  mutation('a kid of any kind, signed by somebody', UNKNOWN, (dice, target) => mintByHand(headerOf({ kid: dice.pick(KIDS) }), genuineClaims(dice, target), own)),
  mutation('a random kid', UNKNOWN, (dice, target) => mintByHand(headerOf({ kid: dice.bytes(dice.int(1, 40)).toString('latin1') }), genuineClaims(dice, target))),
  mutation('a huge kid', UNKNOWN, (dice, target) => mintByHand(headerOf({ kid: dice.pick(['a', '../', '\u0000', '💥']).repeat(dice.pick([300, 3000, dice.chance(0.02) ? 100_000 : 500])) }), genuineClaims(dice, target))),
]

const compact = (...parts: string[]) => parts.map(encode).join('.')

/** F16: other serialisations and extensions. */
export const otherForms: readonly Mutation[] = [
  mutation('crit', SIGNATURE, (dice, target) => mintByHand(headerOf({ crit: dice.pick([['exp'], ['b64'], [], 'exp', null, ['alg', 'kid']]), exp: target.now }), genuineClaims(dice, target))),
  mutation('b64 false', SIGNATURE, (dice, target) => mintByHand(headerOf({ b64: dice.pick([false, true, 'false']), ...(dice.chance(0.5) ? { crit: ['b64'] } : {}) }), genuineClaims(dice, target))),
  mutation('JWE', MALFORMED, dice => compact(JSON.stringify({ alg: dice.pick(['dir', 'RSA-OAEP', 'A256KW', 'PBES2-HS256+A128KW']), enc: 'A256GCM', p2c: 2 ** 31 }), dice.hex(32), dice.hex(12), dice.hex(80), dice.hex(16))),
  mutation('JWE with an empty key', MALFORMED, dice => `${encode('{"alg":"dir","enc":"A256GCM"}')}..${encode(dice.bytes(12))}.${encode(dice.bytes(90))}.${encode(dice.bytes(16))}`),
  mutation('JSON serialisation', MALFORMED, (dice, target) => {
    const [header = '', payload = '', signature = ''] = genuineToken(dice, target).split('.')
    return JSON.stringify(dice.pick([
      { protected: header, payload, signature }, { payload, signatures: [{ protected: header, signature }] }, [header, payload, signature],
    ]))
  }),
  mutation('nested JWS', [SIGNATURE, 'TOKEN_CLAIMS_INVALID'], (dice, target) => {
    const inner = genuineToken(dice, target)
    return mintByHand(headerOf(dice.chance(0.5) ? { cty: 'JWT' } : {}), dice.pick([inner, JSON.stringify(inner), JSON.stringify({ jws: inner })]))
  }),
  mutation('compressed', [SIGNATURE, 'TOKEN_CLAIMS_INVALID'], (dice, target) =>
    mintByHand(headerOf(dice.chance(0.5) ? { zip: 'DEF' } : {}), deflateRawSync(JSON.stringify(genuineClaims(dice, target))))),
  mutation('more header members', SIGNATURE, (dice, target) => mintByHand(headerOf({ [dice.pick(['enc', 'cty', 'x', 'nonce', 'url', 'ppt', 'iss', 'svt', '', 'ALG'])]: 'x' }), genuineClaims(dice, target))),
  mutation('a header that is no object, or names a member twice', MALFORMED, (dice, target) => mintByHand(dice.pick([
    'null', '[]', '"EdDSA"', '1', '{', 'x', ' ', '\uFEFF{"alg":"EdDSA"}', `{"alg":"none","alg":"EdDSA","kid":"${sandboxKey.kid}","typ":"${TYP.offline}"}`,
    `{"alg":"EdDSA","kid":"x","kid":"${sandboxKey.kid}","typ":"${TYP.offline}"}`, `{"alg":"EdDSA","\\u0061lg":"EdDSA","kid":"${sandboxKey.kid}","typ":"${TYP.offline}"}`,
    '[[[['.repeat(200), Buffer.from([0xff, 0xfe, 0x7b, 0x7d]),
  ]), genuineClaims(dice, target))),
]

/** F21: the form is right and the claims are, but the signer is nobody this build knows. */
export const wrongSigners: readonly Mutation[] = [
  mutation('own key under the vendor\'s kid', SIGNATURE, (dice, target) => mintWithFastJwt(genuineClaims(dice, target), TYP.offline, own)),
  mutation('the stranger under the vendor\'s kid', SIGNATURE, (dice, target) =>
    mintWithFastJwt(genuineClaims(dice, target), TYP.offline, { ...strangerKey, kid: sandboxKey.kid })),
  mutation('the stranger under its own kid', UNKNOWN, (dice, target) => mintWithFastJwt(genuineClaims(dice, target), TYP.offline, strangerKey)),
  mutation('a fresh key under another kid', UNKNOWN, (dice, target) => mintByHand(headerOf({ kid: `vendor-${dice.hex(4)}` }), genuineClaims(dice, target), own)),
]
