import { LRUCache } from 'lru-cache'
import { LicenseError } from '../license/errors.ts'
import { createFairOrder, neighbourhoodOf } from './fair-order.ts'

/* Hashing a password is dear on purpose, so how many are hashed at once must not be a visitor's choice. */

export interface HashingQueueOptions {
  /** Hashes at once, in all and for one address. */
  slots?: number
  perAddress?: number
  /** Of the slots, those reserved for addresses that somebody signed in from. */
  reserved?: number
  /** How long somebody waits for a slot, milliseconds. */
  patience?: number
  /** How many may wait; the one who has waited longest makes room for the next. */
  capacity?: number
  /** Milliseconds that never jump. */
  now?: () => number
  /** Any number from 0 on below `count`. */
  pick?: (count: number) => number
}

export interface HashingQueue {
  /** Does the work once there is a slot. Throws RATE_LIMITED with `retryAfterSeconds` when none came free in time. */
  run<T>(address: string, work: () => Promise<T>): Promise<T>
  /** Somebody signed in from there: from now on a crowd of strangers leaves room for that address. */
  remember(address: string): void
}

/** Addresses remembered at most; the one that nobody has used for longest is forgotten. */
const KNOWN = 1_000

interface Waiting { address: string, enter: () => void, refuse: () => void }

/**
 * Hands out a few slots, at most two to one address. A slot that comes free goes to the neighbourhood with the fewest grants in
 * the last seconds: a crowd of addresses from one place does not keep somebody from elsewhere waiting, and one from everywhere
 * does not put off for good whoever was served before. As soon as somebody has signed in, two of the slots are closed to
 * strangers, so that whoever comes back from a known address finds one.
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

  /** The function it returns gives the slot back. */
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
