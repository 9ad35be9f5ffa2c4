import { createSeededRandom } from '../../support/random.ts'

/** Choices that look random and are the same for the same seed. */
export interface Dice {
  unit(): number
  /** A whole number, both ends included. */
  int(min: number, max: number): number
  pick<T>(choices: readonly T[]): T
  chance(probability: number): boolean
  hex(bytes: number): string
  bytes(count: number): Buffer
}

export function createDice(seed: number): Dice {
  const { unit, hex } = createSeededRandom(seed)
  const int = (min: number, max: number) => min + Math.floor(unit() * (max - min + 1))
  return {
    unit, int, hex,
    pick(choices) {
      const at = int(0, choices.length - 1)
      for (const chosen of choices.slice(at, at + 1)) return chosen
      throw new Error('nothing to choose from')
    },
    chance: probability => unit() < probability,
    bytes: count => Buffer.from(hex(count), 'hex'),
  }
}
