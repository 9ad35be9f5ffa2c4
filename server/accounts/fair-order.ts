import { randomInt } from 'node:crypto'

/** Milliseconds for which a grant counts. */
const RECENT = 5_000

export interface FairOrder {
  /** Counts a grant to the neighbourhood. */
  add(neighbourhood: string): void
  /**
   * Picks who is next from `waiting`, which is in order of arrival: somebody from a neighbourhood with the fewest recent grants.
   * Chance decides between several such neighbourhoods, because in a crowd that large any fixed order would refuse the same
   * people at every try. Within a neighbourhood the oldest and the newest take turns: those who come after a crowd from next
   * door need not wait until it is through, and those who came before it are not forgotten.
   */
  nextOf<T extends { address: string }>(waiting: T[]): T | undefined
}

/**
 * Groups IPv4 addresses by their first 16 bits and IPv6 networks by their first 32; the addresses of one owner tend to share
 * them.
 */
export function neighbourhoodOf(address: string): string {
  return address.split(/[.:]/, 2).join('.')
}

/** Remembers the grants of the last few seconds. There are no more of them than passwords hashed in that time. */
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
