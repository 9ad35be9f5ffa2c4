import { LRUCache } from 'lru-cache'
import { LicenseError } from '../license/errors.ts'
import { createFairOrder, neighbourhoodOf } from './fair-order.ts'

/* Hashing a password is dear on purpose, so that how many are at it at once must not be a visitor's choice. */

export interface HashingQueueOptions {
  /** At work at once, in all and for one address. */
  places?: number
  perAddress?: number
  /** Of the places, those kept for addresses that are known. */
  kept?: number
  /** How long a newcomer waits for a place, milliseconds. */
  patience?: number
  /** Newcomers that may wait; the one who has waited longest makes room for the next. */
  waiting?: number
  /** Milliseconds that never jump. */
  now?: () => number
  /** Any number from 0 on below `count`. */
  pick?: (count: number) => number
}

export interface HashingQueue {
  /** Does the work once there is a place. Throws RATE_LIMITED with `retryAfterSeconds` when none came free in time. */
  run<T>(address: string, work: () => Promise<T>): Promise<T>
  /** Somebody signed in from there: from now on a crowd of strangers leaves room for that address. */
  remember(address: string): void
}

/** Addresses known at most; the one that nobody used for longest is forgotten. */
const KNOWN = 1_000

interface Newcomer { address: string, enter: () => void, refuse: () => void }

/**
 * Hands a few places round, at most two to one address. A place that comes free goes to the neighbourhood with the fewest turns
 * in the last seconds: a crowd of addresses from one place does not keep somebody from elsewhere waiting, and one from
 * everywhere does not put off for good whoever had a turn before. As soon as somebody has signed in, two of the places are kept
 * from strangers, so that whoever comes back from a known address finds one.
 */
export function createHashingQueue(options: HashingQueueOptions = {}): HashingQueue {
  const { places = 8, perAddress = 2, kept = places > 2 ? 2 : 0, patience = 2_000, waiting = 512, now, pick } = options
  const taken = new Map<string, number>()
  const newcomers: Newcomer[] = []
  const known = new LRUCache<string, true>({ max: KNOWN })
  const turns = createFairOrder(now, pick)
  let free = places
  let strangers = 0

  function hasRoom(address: string): boolean {
    if (free === 0 || (taken.get(address) ?? 0) >= perAddress) return false
    return known.size === 0 || known.has(address) || strangers < places - kept
  }

  /** Answers what leaves the place again. */
  function take(address: string): () => void {
    const stranger = known.has(address) ? 0 : 1
    free--
    strangers += stranger
    taken.set(address, (taken.get(address) ?? 0) + 1)
    turns.add(neighbourhoodOf(address))
    return () => {
      free++
      strangers -= stranger
      const left = (taken.get(address) ?? 1) - 1
      if (left > 0) taken.set(address, left)
      else taken.delete(address)
      letIn()
    }
  }

  function letIn(): void {
    const next = turns.nextOf(newcomers.filter(({ address }) => hasRoom(address)))
    if (!next) return
    newcomers.splice(newcomers.indexOf(next), 1)
    next.enter()
  }

  function wait(address: string): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => refuse(), patience)
      const newcomer: Newcomer = { address, enter, refuse }
      function enter() {
        clearTimeout(timer)
        resolve(take(address))
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
      const leave = hasRoom(address) ? take(address) : await wait(address)
      try {
        return await work()
      }
      finally {
        leave()
      }
    },
    remember: address => void known.set(address, true),
  }
}
