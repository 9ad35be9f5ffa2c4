import { randomInt } from 'node:crypto'

/** How long a grant counts, milliseconds. */
const RECENT = 5_000

export interface FairOrder {
  /** Counts a grant to the neighbourhood. */
  add(neighbourhood: string): void
  /**
   * Who is next among those who wait, given in the order they came: somebody of a neighbourhood with the fewest recent grants.
   * Among several such neighbourhoods chance decides; where half of them wait in vain, any order by arrival would refuse some at
   * every try. Of one neighbourhood the oldest and the newest alternate: whoever comes after a crowd from next door is let in
   * before the crowd is through, and whoever came before it is not forgotten over it.
   */
  nextOf<T extends { address: string }>(waiting: T[]): T | undefined
}

/** IPv4 addresses that agree in 16 bits, IPv6 networks that agree in 32: whoever has many addresses has them there. */
export function neighbourhoodOf(address: string): string {
  return address.split(/[.:]/, 2).join('.')
}

/** Keeps the grants of the last seconds; of those there are no more than passwords hashed meanwhile. */
export function createFairOrder(now = () => performance.now(), pick = (count: number) => randomInt(count)): FairOrder {
  const recent: { neighbourhood: string, at: number }[] = []
  const counts = new Map<string, number>()

  function forgetOld(): void {
    const until = now() - RECENT
    const kept = recent.findIndex(({ at }) => at > until)
    for (const { neighbourhood } of recent.splice(0, kept < 0 ? recent.length : kept)) {
      const left = (counts.get(neighbourhood) ?? 1) - 1
      if (left > 0) counts.set(neighbourhood, left)
      else counts.delete(neighbourhood)
    }
  }

  const grantsTo = (address: string) => counts.get(neighbourhoodOf(address)) ?? 0

  return {
    add(neighbourhood) {
      forgetOld()
      recent.push({ neighbourhood, at: now() })
      counts.set(neighbourhood, (counts.get(neighbourhood) ?? 0) + 1)
    },
    nextOf(waiting) {
      forgetOld()
      if (waiting.length === 0) return undefined
      const fewest = Math.min(...waiting.map(({ address }) => grantsTo(address)))
      const neighbourhoods = [...Map.groupBy(waiting, ({ address }) => neighbourhoodOf(address)).values()]
        .filter(([first]) => first && grantsTo(first.address) === fewest)
      return neighbourhoods[pick(neighbourhoods.length)]?.at(fewest % 2 ? -1 : 0)
    },
  }
}
