import type { CallName } from '../../server/license-server/protocol.ts'
import type { Fault, FaultRequest } from '../support/vendor/fault-types.ts'

export interface FaultQueue {
  add(fault: FaultRequest): void
  /** The oldest fault that is meant for this call; uses it up once. */
  take(call: CallName): Fault | undefined
  list(): FaultRequest[]
  /** Resolves at the next `clear`: an answer that is held back waits for it. */
  cleared(): Promise<void>
  clear(): void
}

/** The faults that were asked for, oldest first. */
export function createFaultQueue(): FaultQueue {
  let queue: FaultRequest[] = []
  let next = Promise.withResolvers<void>()
  return {
    add: (fault) => { queue.push({ ...fault }) },
    take(call) {
      const entry = queue.find(({ call: wanted }) => wanted === '*' || wanted === call)
      if (entry?.times !== undefined) {
        entry.times -= 1
        queue = queue.filter(({ times }) => times !== 0)
      }
      return entry?.fault
    },
    list: () => queue,
    cleared: () => next.promise,
    clear() {
      queue = []
      next.resolve()
      next = Promise.withResolvers<void>()
    },
  }
}
