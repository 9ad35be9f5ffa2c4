import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sandboxKey, vendorKeys } from '../../../server/build/key-files.ts'
import sandboxPair from '../../license-server/keys/sandbox.jwk.json' with { type: 'json' }

const jwkOf = (key: 'publicKey' | 'privateKey', kid: string) => ({ ...generateKeyPairSync('ed25519')[key].export({ format: 'jwk' }), kid })
const publicJwk = (kid: string) => jwkOf('publicKey', kid)
const privateJwk = jwkOf('privateKey', 'vendor-2026')

/** Other text, the same bytes: a bit that no byte has is set in its last character (RFC 4648 §3.5). */
const respelt = (x: string) => x.slice(0, -1) + String.fromCharCode(x.charCodeAt(x.length - 1) + 1)

function fileOf(content: unknown): string {
  const folder = mkdtempSync(join(tmpdir(), 'license-keys-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'vendor.jwks.json')
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

const WRONG_KEYS = 'must be a JWKS of public Ed25519 keys (kty OKP, crv Ed25519, x, kid; no d), each with its own kid.'
const SANDBOX = 'holds the sandbox key, whose private half is public; a production build must not trust it.'
const UNREADABLE = 'cannot be read as JSON.'

describe('the keys of a vendor build', () => {
  it('F21: are exactly the public keys of the file, and of them nothing but what a key needs', () => {
    const keys = [publicJwk('vendor-2026'), publicJwk('vendor-2027')]
    const path = fileOf({ keys: keys.map(key => ({ ...key, use: 'sig', alg: 'EdDSA', key_ops: ['verify'] })), comment: 'the vendor\'s' })
    expect(vendorKeys(path)).toEqual({ keys: keys.map(({ kty, crv, x, kid }) => ({ kty, crv, x, kid })) })
  })

  it.each([undefined, ''])('F21: are asked for in one sentence where no file is named (%j)', (path) => {
    expect(vendorKeys(path)).toBe('Set NC_LICENSE_JWKS_FILE to the vendor\'s JWKS file: a build trusts exactly the keys in it (for a trial, use `npm run build:sandbox`).')
  })

  it.each<[string, unknown, string]>([
    ['no JSON', '{"keys":[', UNREADABLE],
    ['empty', '', UNREADABLE],
    ['a key that holds its private half', { keys: [privateJwk] }, WRONG_KEYS],
    ['a private key beside a public one', { keys: [publicJwk('vendor-2027'), privateJwk] }, WRONG_KEYS],
    ['a single key in place of a set', publicJwk('vendor-2026'), WRONG_KEYS],
    ['no key at all', { keys: [] }, WRONG_KEYS],
    ['two keys of one kid', { keys: [publicJwk('vendor-2026'), publicJwk('vendor-2026')] }, WRONG_KEYS],
    ['a key without a kid', { keys: [{ ...publicJwk('x'), kid: undefined }] }, WRONG_KEYS],
    ['a key of another curve', { keys: [{ ...generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' }), kid: 'vendor-2026' }] }, WRONG_KEYS],
    ['the sandbox key', { keys: [sandboxKey()] }, SANDBOX],
    ['the sandbox key under another kid, behind a good one', { keys: [publicJwk('vendor-2026'), { ...sandboxKey(), kid: 'vendor-2027' }] }, SANDBOX],
    ['the sandbox key in another spelling', { keys: [{ ...sandboxKey(), x: respelt(sandboxPair.x), kid: 'vendor-2026' }] }, WRONG_KEYS],
    ['another key under the kid of the sandbox', { keys: [publicJwk(sandboxPair.kid)] }, SANDBOX],
  ])('F21: a file with %s is refused in one sentence that names it', (_what, content, problem) => {
    const path = fileOf(content)
    expect(vendorKeys(path)).toBe(`NC_LICENSE_JWKS_FILE: ${path} ${problem}`)
  })

  it.each<[string, object, string]>([
    ['another algorithm', { alg: 'HS256' }, 'alg is not EdDSA or Ed25519'],
    ['another use', { use: 'enc' }, 'use is not sig'],
    ['operations without verifying', { key_ops: ['sign'] }, 'key_ops do not include verify'],
    ['operations that are no list', { key_ops: 'verify' }, 'key_ops do not include verify'],
    ['a number that is no point', { x: Buffer.alloc(32, 2).toString('base64url') }, 'x is not a point on the curve that can be trusted'],
    ['a point that lets anybody sign', { x: 'AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }, 'x is not a point on the curve that can be trusted'],
  ])('F87: a key with %s is refused in one sentence that names file, key and reason', (_what, change, reason) => {
    const path = fileOf({ keys: [publicJwk('vendor-2026'), { ...publicJwk('vendor-2027'), ...change }] })
    expect(vendorKeys(path)).toBe(`NC_LICENSE_JWKS_FILE: ${path} holds the key "vendor-2027", whose ${reason}.`)
  })

  it('F21: a file that is not there is refused in one sentence that names it', () => {
    const path = join(tmpdir(), 'license-no-such-file.json')
    expect(vendorKeys(path)).toBe(`NC_LICENSE_JWKS_FILE: ${path} ${UNREADABLE}`)
  })
})

describe('the key of a sandbox build', () => {
  it('F21: is the public half alone', () => {
    const { kty, crv, x, kid } = sandboxPair
    expect(sandboxKey()).toEqual({ kty, crv, x, kid })
  })

  it('F21: verifies what the sandbox license server signs', () => {
    const statement = Buffer.from('a statement')
    const signature = sign(null, statement, createPrivateKey({ key: sandboxPair, format: 'jwk' }))
    expect(verify(null, statement, createPublicKey({ key: sandboxKey(), format: 'jwk' }), signature)).toBe(true)
  })
})
