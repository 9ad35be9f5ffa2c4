import { createSeededRandom } from '../../support/random.ts'

/** Every choice that the simulated world makes, from one seed. */
export interface Fate {
  /** True in this share of cases. */
  chance(share: number): boolean
  /** A whole number in [from, to], evenly. */
  between(from: number, to: number): number
  /** The same, so that each order of magnitude is as likely as another. */
  around(from: number, to: number): number
  pick<T>(choices: readonly T[]): T
}

export function createFate(seed: number): Fate {
  const { unit } = createSeededRandom(Math.imul(seed, 0x9e3779b1))
  return {
    chance: share => unit() < share,
    between: (from, to) => Math.floor(from + unit() * (to - from + 1)),
    around: (from, to) => Math.round(from * (to / from) ** unit()),
    pick(choices) {
      const chosen = choices[Math.floor(unit() * choices.length)]
      if (chosen === undefined) throw new Error('there is nothing to pick from')
      return chosen
    },
  }
}
