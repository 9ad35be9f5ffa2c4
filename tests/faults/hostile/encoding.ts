import type { Dice } from './dice.ts'
import type { Target } from './genuine.ts'
import { genuineClaims, genuineParts, genuineToken, headerOf } from './genuine.ts'
import { encode, mintByHand } from './mint.ts'
import type { Mutation } from './mutation.ts'
import { mutation } from './mutation.ts'

const MALFORMED = 'CREDENTIAL_MALFORMED'
const SIGNATURE = 'TOKEN_SIGNATURE_INVALID'
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
/** Order of the base point of Ed25519 (RFC 8032 §5.1). */
const L = 2n ** 252n + 27742317777372353535851937790883648493n
/** Encodings of points of small order: a verifier that lets them pass takes one signature for many messages. */
const SMALL_ORDER = [
  '0100000000000000000000000000000000000000000000000000000000000000', 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000080', '0000000000000000000000000000000000000000000000000000000000000000',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
] as const

const anyCase = (dice: Dice, text: string) => [...text].map(letter => dice.chance(0.5) ? letter.toUpperCase() : letter).join('')
const withSignature = (dice: Dice, target: Target, change: (signature: Buffer) => Buffer): string => {
  const [header, payload, signature] = genuineParts(dice, target)
  return `${header}.${payload}.${encode(change(Buffer.from(signature, 'base64url')))}`
}
const withHeader = (dice: Dice, target: Target, header: object, signature?: string) =>
  `${encode(JSON.stringify(header))}.${encode(JSON.stringify(genuineClaims(dice, target)))}${signature === undefined ? '' : `.${signature}`}`
const noneHeader = (dice: Dice) => headerOf({ alg: anyCase(dice, 'none') })

/** F10: no signature, or not three parts. */
export const unsigned: readonly Mutation[] = [
  mutation('alg none with an empty signature', MALFORMED, (dice, target) => withHeader(dice, target, noneHeader(dice), '')),
  mutation('alg none without a third part', MALFORMED, (dice, target) => withHeader(dice, target, noneHeader(dice))),
  mutation('alg none with some signature', SIGNATURE, (dice, target) => withHeader(dice, target, noneHeader(dice), encode(dice.bytes(64)))),
  mutation('alg none over a real signature', SIGNATURE, (dice, target) => mintByHand(noneHeader(dice), genuineClaims(dice, target))),
  mutation('alg missing, empty or no text', SIGNATURE, (dice, target) =>
    mintByHand(headerOf({ alg: dice.pick([undefined, '', null, 0, ['EdDSA'], { EdDSA: 1 }, 'eddsa', 'ED25519', 'EdDSA ', 'Ed448']) }), genuineClaims(dice, target))),
  mutation('empty signature', MALFORMED, (dice, target) => `${genuineParts(dice, target).slice(0, 2).join('.')}.`),
  mutation('two parts', MALFORMED, (dice, target) => {
    const parts = genuineParts(dice, target)
    parts.splice(dice.int(0, 2), 1)
    return parts.join('.')
  }),
  mutation('four or five parts', MALFORMED, (dice, target) => {
    const parts: string[] = genuineParts(dice, target)
    for (let more = dice.int(1, 2); more > 0; more--) parts.splice(dice.int(0, 3), 0, dice.pick([encode(dice.bytes(64)), 'AA', '', parts[0] ?? '']))
    return parts.join('.')
  }),
  mutation('one part, too long for a key', MALFORMED, (dice, target) => genuineParts(dice, target).join('') + 'A'.repeat(256)),
  mutation('an empty part', MALFORMED, (dice, target) => {
    const parts = genuineParts(dice, target)
    parts[dice.int(0, 2)] = ''
    return parts.join('.')
  }),
]

function littleEndian(bytes: Buffer): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)
}

function withScalar(signature: Buffer, change: (scalar: bigint) => bigint): Buffer {
  const scalar = change(littleEndian(signature.subarray(32))).toString(16).padStart(64, '0')
  return Buffer.concat([signature.subarray(0, 32), Buffer.from(scalar, 'hex').reverse()])
}

/** F14: a signature that is not the one over this very text. */
export const wrongSignatures: readonly Mutation[] = [
  mutation('one bit of the signature flipped', SIGNATURE, (dice, target) => withSignature(dice, target, (signature) => {
    const bit = dice.int(0, 511)
    signature[bit >> 3] = (signature[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    return signature
  })),
  mutation('several bytes of the signature replaced', SIGNATURE, (dice, target) => withSignature(dice, target, (signature) => {
    const at = dice.int(0, 60)
    const foreign = Buffer.from(signature.subarray(at, at + 4).map(byte => byte ^ dice.int(1, 255)))
    return Buffer.concat([signature.subarray(0, at), foreign, signature.subarray(at + 4)])
  })),
  mutation('signature truncated', SIGNATURE, (dice, target) => withSignature(dice, target, signature => signature.subarray(0, dice.int(1, 63)))),
  mutation('signature with more behind it', SIGNATURE, (dice, target) => withSignature(dice, target, signature => Buffer.concat([signature, dice.bytes(dice.int(1, 64))]))),
  mutation('S + kL', SIGNATURE, (dice, target) => withSignature(dice, target, signature => withScalar(signature, scalar => scalar + BigInt(dice.int(1, 14)) * L))),
  mutation('S replaced by L − S, 0 or L', SIGNATURE, (dice, target) => withSignature(dice, target, signature =>
    withScalar(signature, scalar => dice.pick([L - scalar, 0n, L, L - 1n, 1n])))),
  mutation('R of small order', SIGNATURE, (dice, target) => withSignature(dice, target, signature =>
    Buffer.concat([Buffer.from(dice.pick(SMALL_ORDER), 'hex'), dice.chance(0.5) ? Buffer.alloc(32) : signature.subarray(32)]))),
  mutation('signature of zeros, ones or chance', SIGNATURE, (dice, target) => withSignature(dice, target, () => dice.pick([Buffer.alloc(64), Buffer.alloc(64, 255), dice.bytes(64)]))),
  mutation('signature of another genuine token', SIGNATURE, (dice, target) => [...genuineParts(dice, target).slice(0, 2), genuineParts(dice, target)[2]].join('.')),
  mutation('payload of another genuine token', SIGNATURE, (dice, target) => {
    const [header, , signature] = genuineParts(dice, target)
    return [header, genuineParts(dice, target)[1], signature].join('.')
  }),
  mutation('payload changed after signing', SIGNATURE, (dice, target) => {
    const [header, payload, signature] = genuineParts(dice, target)
    const claims = { ...Object(JSON.parse(Buffer.from(payload, 'base64url').toString())), [dice.pick(['seats', 'exp', 'seq'])]: target.now + 9_000_000 + dice.int(0, 1000) }
    return [header, encode(JSON.stringify(claims)), signature].join('.')
  }),
  mutation('header respelt after signing', SIGNATURE, (dice, target) => {
    const [header, payload, signature] = genuineParts(dice, target)
    return [encode(Buffer.from(header, 'base64url').toString().replace(/^\{/, dice.pick(['{ ', '{\n', '{\t']))), payload, signature].join('.')
  }),
]

const replaceAt = (text: string, at: number, by: string, length = 1) => text.slice(0, at) + by + text.slice(at + length)

/** Another spelling of the same bytes: the last character of base64url often has bits to spare. */
function respell(segment: string, dice: Dice): string {
  const spare = segment.length % 4 === 2 ? 4 : 2
  const last = ALPHABET.indexOf(segment.slice(-1))
  return segment.slice(0, -1) + (ALPHABET[last ^ dice.int(1, 2 ** spare - 1)] ?? '')
}

/** F15: the same bytes in another spelling. The signature of 64 bytes always leaves four bits to spare. */
export const otherSpellings: readonly Mutation[] = [
  mutation('padded parts', MALFORMED, (dice, target) => {
    const parts = genuineParts(dice, target)
    const at = dice.int(0, 2)
    return parts.map((part, index) => index === at ? part + '='.repeat(dice.int(1, 3)) : part).join('.')
  }),
  mutation('standard alphabet', MALFORMED, (dice, target) => {
    const token = genuineToken(dice, target)
    const standard = token.replaceAll('-', '+').replaceAll('_', '/')
    return standard === token ? replaceAt(token, dice.int(0, token.length - 1), dice.pick(['+', '/'])) : standard
  }),
  mutation('last character of the signature not canonical', MALFORMED, (dice, target) => {
    const [header, payload, signature] = genuineParts(dice, target)
    return `${header}.${payload}.${respell(signature, dice)}`
  }),
  mutation('last character of header or payload not canonical', [MALFORMED, SIGNATURE], (dice, target) => {
    for (;;) {
      const parts = genuineParts(dice, target)
      const at = dice.int(0, 1)
      const part = parts[at] ?? ''
      if (part.length % 4 < 2) continue
      parts[at] = respell(part, dice)
      return parts.join('.')
    }
  }),
  mutation('a part of impossible length', MALFORMED, (dice, target) => {
    const parts = genuineParts(dice, target)
    const at = dice.int(0, 2)
    const part = parts[at] ?? ''
    parts[at] = part + 'A'.repeat((5 - part.length % 4) % 4)
    return parts.join('.')
  }),
  mutation('marks, escapes or white space that mail does not add', MALFORMED, (dice, target) => {
    const token = genuineToken(dice, target)
    return replaceAt(token, dice.int(0, token.length - 1), dice.pick(['=\r\n', '%2E', '\\n', '"', '&#46;', '\u0000', '\u0008', '\u001b', ',', ';', '\u202e', '\u202d']), 0)
  }),
  mutation('surrounded by quotes, brackets or a scheme', MALFORMED, (dice, target) => {
    const [before = '', after = ''] = dice.pick([['"', '"'], ['\'', '\''], ['<', '>'], ['`', '`'], ['Bearer:', ''], ['(', ')'], ['token=', ''], ['', ','], ['“', '”']])
    return before + genuineToken(dice, target) + after
  }),
  mutation('other dots', MALFORMED, (dice, target) => genuineParts(dice, target).join(dice.pick(['．', '。', '·', '․', '..', '%2e', ':', '~']))),
]
