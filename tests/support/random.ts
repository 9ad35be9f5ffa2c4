import type { Random } from '../../server/license/ports.ts'

/** A seeded generator of pseudo-random numbers, the same in every run (mulberry32). */
export function createSeededRandom(seed = 1): Random {
  let state = seed >>> 0
  function unit(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const byte = () => Math.floor(unit() * 256).toString(16).padStart(2, '0')
  return { unit, hex: bytes => Array.from({ length: bytes }, byte).join('') }
}

/** Randomness with a constant jitter, between 0 and 1; the hex differs from call to call. */
export function createFixedRandom(unit: number): Random {
  const { hex } = createSeededRandom(7)
  return { hex, unit: () => unit }
}
