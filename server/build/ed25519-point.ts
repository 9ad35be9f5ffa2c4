/* Just enough of edwards25519 (RFC 8032 §5.1) to check a public key. Nothing here is secret or needs to be fast. */

const P = 2n ** 255n - 19n
const D = mod(-121665n * power(121666n, P - 2n))
/** The order of the curve is eight times a prime. */
const COFACTOR_DOUBLINGS = 3

/**
 * Whether the text is the canonical encoding, in base64url, of a curve point of large order. A key of small order would let
 * anybody sign.
 */
export function isPublicKey(x: string): boolean {
  const bytes = Buffer.from(x, 'base64url')
  if (bytes.length !== 32 || bytes.toString('base64url') !== x) return false
  const encoded = BigInt(`0x${bytes.reverse().toString('hex')}`)
  const negative = encoded >> 255n === 1n
  let y = encoded & (2n ** 255n - 1n)
  const square = xSquared(y)
  if (y >= P || !isSquare(square) || (square === 0n && negative)) return false
  for (let doubled = 0; doubled < COFACTOR_DOUBLINGS; doubled++) y = doubledY(y)
  return y !== 1n
}

function xSquared(y: bigint): bigint {
  return mod((y * y - 1n) * power(D * y * y + 1n, P - 2n))
}

/** The y of the doubled point follows from y alone. */
function doubledY(y: bigint): bigint {
  const xx = xSquared(y)
  return mod((y * y + xx) * power(1n - D * xx * y * y, P - 2n))
}

function isSquare(value: bigint): boolean {
  return power(value, (P - 1n) / 2n) <= 1n
}

function mod(value: bigint): bigint {
  return ((value % P) + P) % P
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  let factor = mod(base)
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = result * factor % P
    factor = factor * factor % P
  }
  return result
}
