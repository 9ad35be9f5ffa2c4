import { LRUCache } from 'lru-cache'
import { LicenseError } from '../license/errors.ts'
import { createFairOrder, neighbourhoodOf } from './fair-order.ts'

/* Hashing a password is expensive on purpose, so visitors must not decide how many are hashed at once. */

export interface HashingQueueOptions {
  /** How many hashes may run at once, in all and for one address. */
  slots?: number
  perAddress?: number
  /** How many of the slots are reserved for addresses from which somebody has signed in. */
  reserved?: number
  /** Milliseconds that a caller waits for a slot. */
  patience?: number
  /** How many may wait; beyond that, the one that has waited longest is refused. */
  capacity?: number
  /** A monotonic clock, in milliseconds. */
  now?: () => number
  /** A random integer from 0 up to, but not including, `count`. */
  pick?: (count: number) => number
}

export interface HashingQueue {
  /** Runs the work once a slot is free. Throws RATE_LIMITED with `retryAfterSeconds` if none is free in time. */
  run<T>(address: string, work: () => Promise<T>): Promise<T>
  /** Records that somebody signed in from the address, which may use the reserved slots from now on. */
  remember(address: string): void
}

/** Maximum number of known addresses; the least recently used one is forgotten. */
const KNOWN = 1_000

interface Waiting { address: string, enter: () => void, refuse: () => void }

/**
 * Limits how many hashes run at once, in all and for one address. A slot that becomes free goes to the neighbourhood with the
 * fewest recent grants: a crowd from one place does not keep others waiting, and a crowd from everywhere cannot shut out for
 * good those who were served before. Once somebody has signed in, two of the slots are closed to unknown addresses, so that
 * people who come back find one.
 */
export function createHashingQueue(options: HashingQueueOptions = {}): HashingQueue {
  const { slots = 8, perAddress = 2, reserved = slots > 2 ? 2 : 0, patience = 2_000, capacity = 512, now, pick } = options
  const inUse = new Map<string, number>()
  const waiting: Waiting[] = []
  const known = new LRUCache<string, true>({ max: KNOWN })
  const order = createFairOrder(now, pick)
  let free = slots
  let strangers = 0

  function hasSlot(address: string): boolean {
    if (free === 0 || (inUse.get(address) ?? 0) >= perAddress) return false
    return known.size === 0 || known.has(address) || strangers < slots - reserved
  }

  /** Takes a slot; the function it returns gives it back. */
  function take(address: string): () => void {
    const stranger = known.has(address) ? 0 : 1
    free--
    strangers += stranger
    inUse.set(address, (inUse.get(address) ?? 0) + 1)
    order.add(neighbourhoodOf(address))
    return () => {
      free++
      strangers -= stranger
      const left = (inUse.get(address) ?? 1) - 1
      if (left > 0) inUse.set(address, left)
      else inUse.delete(address)
      letNextIn()
    }
  }

  function letNextIn(): void {
    const next = order.nextOf(waiting.filter(({ address }) => hasSlot(address)))
    if (!next) return
    waiting.splice(waiting.indexOf(next), 1)
    next.enter()
  }

  function wait(address: string): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => refuse(), patience)
      const entry: Waiting = { address, enter, refuse }
      function enter() {
        clearTimeout(timer)
        resolve(take(address))
      }
      function refuse() {
        clearTimeout(timer)
        if (waiting.includes(entry)) waiting.splice(waiting.indexOf(entry), 1)
        reject(new LicenseError('RATE_LIMITED', { details: { retryAfterSeconds: Math.max(1, Math.ceil(patience / 1000)) } }))
      }
      waiting.push(entry)
      if (waiting.length > capacity) waiting[0]?.refuse()
    })
  }

  return {
    async run(address, work) {
      const giveBack = hasSlot(address) ? take(address) : await wait(address)
      try {
        return await work()
      }
      finally {
        giveBack()
      }
    },
    remember: address => void known.set(address, true),
  }
}
