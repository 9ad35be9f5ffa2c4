import type { CallName } from '../../server/license-server/protocol.ts'
import type { Fault, FaultRequest } from '../support/vendor/fault-types.ts'
import { covers, reachOf } from './reach.ts'
import type { Reach } from './reach.ts'

export interface FaultQueue {
  add(fault: FaultRequest): void
  /** The oldest fault that is meant for this call of this caller; uses it up once. */
  take(call: CallName, caller: Reach): Fault | undefined
  /** Those that are meant for nobody beyond `reach`. */
  list(reach: Reach): FaultRequest[]
  /** Resolves at the next `clear` that this caller is meant by: a response that is held back waits for it. */
  cleared(caller: Reach): Promise<void>
  clear(reach: Reach): void
}

/** The faults that were asked for, oldest first. */
export function createFaultQueue(): FaultQueue {
  let queue: { request: FaultRequest, reach: Reach }[] = []
  let held: { caller: Reach, release: () => void }[] = []
  return {
    add: (request) => { queue.push({ request: { ...request }, reach: reachOf(request) }) },
    take(call, caller) {
      const entry = queue.find(({ request, reach }) => (request.call === '*' || request.call === call) && covers(reach, caller))
      if (entry?.request.times !== undefined) {
        entry.request.times -= 1
        queue = queue.filter(({ request }) => request.times !== 0)
      }
      return entry?.request.fault
    },
    list: within => queue.filter(({ reach }) => covers(within, reach)).map(({ request }) => request),
    cleared: caller => new Promise((release) => { held.push({ caller, release }) }),
    clear(within) {
      queue = queue.filter(({ reach }) => !covers(within, reach))
      const { released = [], kept = [] } = Object.groupBy(held, ({ caller }) => covers(within, caller) ? 'released' : 'kept')
      held = kept
      for (const { release } of released) release()
    },
  }
}
