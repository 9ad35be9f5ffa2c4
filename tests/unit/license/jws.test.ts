import { generateKeyPairSync } from 'node:crypto'
import { base64url, CompactSign, importJWK } from 'jose'
import { describe, expect, it } from 'vitest'
import { createKeyring, verifyJws } from '../../../server/license/jws.ts'
import { headerOf, offlineClaims, offlineToken, signed } from '../../support/claims.ts'
import { createSigner, keyring, strangerSigner, vendorSigner } from '../../support/signing.ts'

const claims = offlineClaims()
const token = offlineToken()
const typ = 'nc-offline+jwt'
const [header = '', payload = '', signature = ''] = token.split('.')

function withHeader(changes: Record<string, unknown>): string {
  return signed('offline', claims, changes)
}
async function codeOf(text: string): Promise<unknown> {
  return verifyJws(text, keyring).then(() => 'accepted', error => error.code)
}
/** The last character of a segment with its unused low bits set: other text, the same bytes. */
function respell(segment: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return segment.slice(0, -1) + alphabet[alphabet.indexOf(segment.at(-1) ?? 'A') + 1]
}

describe('a signature', () => {
  it.each(['EdDSA', 'Ed25519'])('by hand under the name %s is accepted', async (alg) => {
    expect(await verifyJws(withHeader({ alg }), keyring)).toEqual({ typ, payload: claims })
  })

  it.each(['EdDSA', 'Ed25519'])('by jose under the name %s is accepted', async (alg) => {
    const jws = await vendorSigner.withJose(headerOf('offline', { alg }), claims)
    expect(await verifyJws(jws, keyring)).toEqual({ typ, payload: claims })
  })

  it.each(['none', 'HS256', 'RS256', 'ES256', 'Ed448', 'ed25519', 'eddsa', '', null, 1, ['EdDSA'], undefined])('under alg %j is refused', async (alg) => {
    expect(await codeOf(withHeader({ alg }))).toBe('TOKEN_SIGNATURE_INVALID')
  })

  it('of another key under our kid is refused', async () => {
    const forged = strangerSigner.byHand(JSON.stringify(headerOf('offline')), JSON.stringify(claims))
    expect(await codeOf(forged)).toBe('TOKEN_SIGNATURE_INVALID')
  })

  it('made with the public key as an HMAC secret is refused', async () => {
    const x = base64url.decode(vendorSigner.jwks.keys[0]?.x ?? '')
    const forged = await new CompactSign(Buffer.from(JSON.stringify(claims)))
      .setProtectedHeader({ ...headerOf('offline'), alg: 'HS256' }).sign(x)
    expect(await codeOf(forged)).toBe('TOKEN_SIGNATURE_INVALID')
  })

  it('names its cause for the log when it does not match', async () => {
    const forged = strangerSigner.byHand(JSON.stringify(headerOf('offline')), JSON.stringify(claims))
    await expect(verifyJws(forged, keyring)).rejects.toMatchObject({ cause: { code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' } })
  })

  it.each([0, 1, 2])('no longer matches once any character of part %i has changed', async (part) => {
    const parts = [header, payload, signature]
    const segment = parts[part] ?? ''
    for (let index = 0; index < segment.length; index += 7) {
      parts[part] = segment.slice(0, index) + (segment[index] === 'A' ? 'B' : 'A') + segment.slice(index + 1)
      expect(await codeOf(parts.join('.'))).not.toBe('accepted')
    }
  })
})

describe('the signer', () => {
  it('is unknown when the kid is not in the build, and named', async () => {
    const jws = strangerSigner.byHand(JSON.stringify(headerOf('offline', { kid: strangerSigner.kid })), JSON.stringify(claims))
    await expect(verifyJws(jws, keyring)).rejects.toMatchObject({ code: 'TOKEN_UNKNOWN_SIGNER', details: { kid: 'stranger-1' } })
  })

  it.each([undefined, null, 7, ['vendor-1']])('is unknown when the kid is %j', async (kid) => {
    await expect(verifyJws(withHeader({ kid }), keyring)).rejects.toMatchObject({ code: 'TOKEN_UNKNOWN_SIGNER', details: { kid: null } })
  })

  it('is named by no more than 120 characters, in one line and without what cannot be seen', async () => {
    await expect(verifyJws(withHeader({ kid: 'k'.repeat(200) }), keyring)).rejects.toMatchObject({ details: { kid: `${'k'.repeat(119)}…` } })
    await expect(verifyJws(withHeader({ kid: 'a\n\u202eb' }), keyring)).rejects.toMatchObject({ details: { kid: 'a \\u{202e}b' } })
  })

  it.each([
    { jwk: strangerSigner.jwks.keys[0] }, { jku: 'https://evil.example/jwks' }, { x5u: 'https://evil.example' }, { x5c: ['MII'] },
    { x5t: 'x' }, { crit: ['b64'], b64: false }, { b64: false }, { zip: 'DEF' }, { cty: 'JWT' }, { enc: 'A256GCM' }, { extra: 1 },
  ])('cannot bring anything but alg, kid and typ: %j', async (member) => {
    expect(await codeOf(withHeader(member))).toBe('TOKEN_SIGNATURE_INVALID')
  })
})

describe('the encoding', () => {
  it.each([
    ['padding', `${token}=`], ['double padding', `${header}==.${payload}.${signature}`], ['a space', `${header} .${payload}.${signature}`],
    ['a line break at the end', `${token}\n`], ['a plus sign', `${header}.+${payload.slice(1)}.${signature}`],
    ['a slash', `${header}./${payload.slice(1)}.${signature}`], ['two parts', `${header}.${payload}`],
    ['four parts', `${token}.${signature}`], ['an empty signature', `${header}.${payload}.`], ['no text at all', ''],
    ['an empty header', `.${payload}.${signature}`], ['a non-canonical last character', `${header}.${payload}.${respell(signature)}`],
    ['a length that no bytes have', `${header}.${payload}.${signature}AAA`],
  ])('is refused before any crypto: %s', async (_, text) => {
    expect(await codeOf(text)).toBe('CREDENTIAL_MALFORMED')
  })

  it.each([
    ['no JSON', 'alg'], ['an array', '["alg"]'], ['null', 'null'], ['a string', '"alg"'], ['a number', '1'],
    ['alg twice', `{"alg":"none","alg":"EdDSA","kid":"vendor-1","typ":"${typ}"}`], ['a BOM', `\ufeff${JSON.stringify(headerOf('offline'))}`],
  ])('of a header is refused: %s', async (_, text) => {
    expect(await codeOf(vendorSigner.byHand(text, JSON.stringify(claims)))).toBe('CREDENTIAL_MALFORMED')
  })

  it('of a header that is no UTF-8 is refused with its cause', async () => {
    const bad = `${Buffer.from([0x7b, 0xff, 0x7d]).toString('base64url')}.${payload}.${signature}`
    await expect(verifyJws(bad, keyring)).rejects.toMatchObject({ code: 'CREDENTIAL_MALFORMED', cause: expect.any(TypeError) })
  })

  it.each([
    ['no JSON', 'claims'], ['a claim twice', '{"exp":1,"exp":2}'], ['a BOM', '\ufeff{}'], ['no UTF-8', new Uint8Array([0x22, 0xc3, 0x28, 0x22])],
  ])('of signed claims is refused: %s', async (_, text) => {
    const jws = vendorSigner.byHand(JSON.stringify(headerOf('offline')), text)
    await expect(verifyJws(jws, keyring)).rejects.toMatchObject({ code: 'TOKEN_CLAIMS_INVALID', cause: expect.any(Error) })
  })

  it.each([undefined, null, 5])('needs a typ, not %j', async (value) => {
    expect(await codeOf(withHeader({ typ: value }))).toBe('TOKEN_WRONG_KIND')
  })
})

describe('the keyring', () => {
  it('lists its kids and knows no other', async () => {
    const both = await createKeyring({ keys: [...vendorSigner.jwks.keys, ...createSigner('vendor-0').jwks.keys] })
    expect(both.kids).toEqual(['vendor-1', 'vendor-0'])
    expect(both.get('vendor-2')).toBeUndefined()
    expect(await verifyJws(token, both)).toMatchObject({ typ })
  })

  it('rejects a key that is none', async () => {
    await expect(createKeyring({ keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'AAAA', kid: 'short' }] })).rejects.toThrow()
  })

  it('verifies only: a private key of ours cannot be got out of it', async () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    expect(await importJWK({ ...privateKey.export({ format: 'jwk' }) }, 'EdDSA')).toMatchObject({ type: 'private' })
    expect(keyring.get('vendor-1')).toMatchObject({ type: 'public', usages: ['verify'] })
  })
})
