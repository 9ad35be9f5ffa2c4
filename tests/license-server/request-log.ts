import type { RecordedRequest, RequestFilter } from '../support/vendor/control-protocol.ts'
import { covers, reachOf } from './reach.ts'
import type { Reach } from './reach.ts'

/** Enough for any test, and a bound for a long load run. */
const KEPT = 5_000

export type NewRequest = Omit<RecordedRequest, 'nth' | 'at' | 'installation' | 'licenseId'>

export interface RequestLog {
  add(request: NewRequest, caller: Reach): void
  list(filter: RequestFilter): RecordedRequest[]
  /** Resolves with the requests that fit once there are `count`, with fewer when `giveUp` is aborted. */
  wait(count: number, filter: RequestFilter, giveUp: AbortSignal): Promise<RecordedRequest[]>
  clear(reach: Reach): void
}

/** What clients sent, oldest first; the newest 5,000 of each installation are kept, and of those that do not say who they are. */
export function createRequestLog(): RequestLog {
  const logs = new Map<string | undefined, { request: RecordedRequest, caller: Reach }[]>()
  const waiting = new Set<{ reach: Reach, look: () => void }>()
  let last = 0

  function list({ call, since = 0, ...scope }: RequestFilter): RecordedRequest[] {
    const reach = reachOf(scope)
    const own = reach.installation === undefined ? [...logs.values()].flat() : logs.get(reach.installation) ?? []
    return own
      .filter(({ request, caller }) => covers(reach, caller) && request.nth > since && (call === undefined || request.call === call))
      .map(({ request }) => request)
      .sort((one, other) => one.nth - other.nth)
  }

  return {
    add(request, caller) {
      const { installation = null, licenseId = null } = caller
      const log = logs.get(caller.installation) ?? []
      logs.set(caller.installation, log)
      last += 1
      log.push({ request: { nth: last, at: new Date().toISOString(), installation, licenseId, ...request }, caller })
      if (log.length > KEPT) log.shift()
      for (const { reach, look } of waiting) if (covers(reach, caller)) look()
    },
    list,
    wait: (count, filter, giveUp) => new Promise((resolve) => {
      const end = (found: RecordedRequest[]): void => {
        waiting.delete(waiter)
        giveUp.removeEventListener('abort', stop)
        resolve(found)
      }
      const look = (): void => {
        const found = list(filter)
        if (found.length >= count) end(found)
      }
      const stop = (): void => end(list(filter))
      const waiter = { reach: reachOf(filter), look }
      waiting.add(waiter)
      giveUp.addEventListener('abort', stop)
      if (giveUp.aborted) stop()
      else look()
    }),
    clear(reach) {
      for (const [installation, log] of logs) {
        const left = log.filter(({ caller }) => !covers(reach, caller))
        if (left.length > 0) logs.set(installation, left)
        else logs.delete(installation)
      }
    },
  }
}
