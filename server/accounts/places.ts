import { LicenseError } from '../license/errors.ts'

/* Hashing a password is dear on purpose, so that how many are at it at once must not be a visitor's choice. */

export interface PlaceOptions {
  /** At work at once, in all and for one address. */
  places?: number
  perAddress?: number
  /** How long a newcomer waits for a place, milliseconds. */
  patience?: number
  /** Newcomers that may wait; the one who has waited longest makes room for the next. */
  waiting?: number
}

export interface Places {
  /** Does the work once there is a place. Throws RATE_LIMITED with `retryAfterSeconds` when none came free in time. */
  run<T>(address: string, work: () => Promise<T>): Promise<T>
}

/** Neighbourhoods remembered at most. */
const NEIGHBOURHOODS = 1_000

interface Newcomer { address: string, enter: () => void, refuse: () => void }

/** IPv4 addresses that agree in 16 bits, IPv6 networks that agree in 32: whoever has many addresses, has them there. */
function neighbourhoodOf(address: string): string {
  return address.split(/[.:]/, 2).join('.')
}

/**
 * Hands a few places round, at most two to one address. A place that comes free goes to the neighbourhood that has had its
 * last turn longest ago, so that a crowd of addresses does not keep somebody from elsewhere waiting.
 */
export function createPlaces({ places = 8, perAddress = 2, patience = 2_000, waiting = 512 }: PlaceOptions = {}): Places {
  const taken = new Map<string, number>()
  const newcomers: Newcomer[] = []
  let free = places
  const turns = new Map<string, number>()
  let turn = 0

  const hasRoom = (address: string) => free > 0 && (taken.get(address) ?? 0) < perAddress

  function take(address: string): void {
    free--
    taken.set(address, (taken.get(address) ?? 0) + 1)
    if (turns.size >= NEIGHBOURHOODS) turns.clear()
    turns.set(neighbourhoodOf(address), ++turn)
  }

  function leave(address: string): void {
    free++
    const left = (taken.get(address) ?? 1) - 1
    if (left > 0) taken.set(address, left)
    else taken.delete(address)
    letIn()
  }

  /**
   * Among neighbours by turns the newest and the oldest: whoever comes after a crowd is let in before the crowd is through,
   * and whoever came before it is not forgotten over it.
   */
  function letIn(): void {
    const lastTurn = ({ address }: Newcomer) => turns.get(neighbourhoodOf(address)) ?? 0
    const fitting = newcomers.filter(({ address }) => hasRoom(address))
    const longestAgo = Math.min(...fitting.map(lastTurn))
    const next = fitting.filter(each => lastTurn(each) === longestAgo).at(turn % 2 ? 0 : -1)
    if (!next) return
    newcomers.splice(newcomers.indexOf(next), 1)
    take(next.address)
    next.enter()
  }

  function wait(address: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => refuse(), patience)
      const newcomer: Newcomer = { address, enter, refuse }
      function enter() {
        clearTimeout(timer)
        resolve()
      }
      function refuse() {
        clearTimeout(timer)
        if (newcomers.includes(newcomer)) newcomers.splice(newcomers.indexOf(newcomer), 1)
        reject(new LicenseError('RATE_LIMITED', { details: { retryAfterSeconds: Math.max(1, Math.ceil(patience / 1000)) } }))
      }
      newcomers.push(newcomer)
      if (newcomers.length > waiting) newcomers[0]?.refuse()
    })
  }

  return {
    async run(address, work) {
      if (hasRoom(address)) take(address)
      else await wait(address)
      try {
        return await work()
      }
      finally {
        leave(address)
      }
    },
  }
}
