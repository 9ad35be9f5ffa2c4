import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isPublicKey } from '../../../server/build/ed25519-point.ts'

const P = 2n ** 255n - 19n

/** Little-endian, with the sign of x in the highest bit (RFC 8032 §5.1.2). */
function encoded(y: bigint, negative = false): string {
  const number = y + (negative ? 2n ** 255n : 0n)
  return Buffer.from(number.toString(16).padStart(64, '0'), 'hex').reverse().toString('base64url')
}

/** The roots of d·y⁴ + 2·y² = 1. */
const ORDER_8 = [
  2707385501144840649318225287225658788936804267575313519463743609750303402022n,
  55188659117513257062467267217118295137698188065244968500265048394206261417927n,
]

describe('a public key', () => {
  it('F87: every key that is generated is one', () => {
    for (let tried = 0; tried < 50; tried++) {
      expect(isPublicKey(String(generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x))).toBe(true)
    }
  })

  it('F87: about half of all numbers are the y of a point, and none at or above the prime is', () => {
    let points = 0
    fc.assert(fc.property(fc.bigInt({ min: 2n, max: P - 2n }), (y) => { if (isPublicKey(encoded(y))) points++ }), { numRuns: 200, seed: 7 })
    expect(points).toBeGreaterThan(60)
    expect(points).toBeLessThan(140)
    fc.assert(fc.property(fc.bigInt({ min: P, max: 2n ** 255n - 1n }), fc.boolean(), (y, negative) => !isPublicKey(encoded(y, negative))))
  })

  it.each([
    ['the neutral element', 1n], ['the point of order two', P - 1n], ['a point of order four', 0n],
    ...ORDER_8.map(y => ['a point of order eight', y] as [string, bigint]),
  ])('F87: %s is none: anybody could sign for it', (_what, y) => {
    expect(isPublicKey(encoded(y))).toBe(false)
    expect(isPublicKey(encoded(y, true))).toBe(false)
  })

  it.each([['', 'empty'], ['AAAA', 'too short'], [`${'A'.repeat(43)}A`, 'too long'], [`${'A'.repeat(42)}B`, 'not canonical']])('F87: %j is none (%s)', (x) => {
    expect(isPublicKey(x)).toBe(false)
  })
})
