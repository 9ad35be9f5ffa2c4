import type { CallFailure, CallOutcome, LicenseServer, PreparedCall } from '../../../server/license/ports.ts'
import { failure, HOST, refused } from '../../support/simulated-vendor.ts'
import type { Process } from './place.ts'
import type { World } from './world.ts'

/* The way of one process to the license server: it takes time, and either end can be out of reach, in either direction. */

/** No call takes longer, ms. */
const LONGEST = 10_000

interface Call<T> { name: string, sent?: () => void, answer: () => CallOutcome<T> }

/** The license server, as this process reaches it. */
export function createRoute(world: World, process: Process): LicenseServer {
  const { timeline, fate, vendor, judge } = world
  const isOpen = () => world.vendorUp && process.place.route

  function exchange<T>({ name, sent, answer }: Call<T>, signal: AbortSignal | undefined, mayStill: () => boolean): Promise<CallOutcome<T>> {
    const began = timeline.now
    const slowest = fate.chance(0.15) ? 5500 : 400
    const [opens, there, back] = [fate.between(1, slowest), fate.between(1, slowest), fate.between(1, slowest)]
    return new Promise((resolve) => {
      const end = (outcome: CallOutcome<T>) => {
        signal?.removeEventListener('abort', abort)
        world.disturb()
        resolve(outcome)
      }
      const abort = () => end(failure('NET_CONNECT'))
      const giveUp = () => {
        judge.failed()
        process.later(began + LONGEST - timeline.now, () => end(failure('NET_TIMEOUT')))
      }
      signal?.addEventListener('abort', abort)
      process.later(opens, () => {
        if (signal?.aborted) return
        if (!isOpen()) return fate.chance(0.7) ? end(lost()) : giveUp()
        if (!mayStill()) return end(failure('NET_CONNECT'))
        sent?.()
        world.tell(process.name, name)
        timeline.at(timeline.now + there, () => {
          const answered = troubled() ?? answer()
          judge.seenByVendor()
          world.strike(process, 'sent')
          const arrives = timeline.now + back
          if (arrives > began + LONGEST || fate.chance(0.01)) return giveUp()
          // Whoever was frozen meanwhile finds the answer, or that its time is over.
          process.later(back, () => end(isOpen() && (timeline.now <= began + LONGEST || fate.chance(0.5)) ? answered : failure('NET_TIMEOUT')))
        })
      })
    })
  }

  const lost = () => failure(fate.pick(['NET_DNS', 'NET_CONNECT', 'NET_PROXY', 'NET_CAPTIVE_PORTAL']))

  function troubled(): CallFailure | null {
    if (!fate.chance(0.02)) return null
    judge.failed()
    const retryAfterMs = fate.pick([null, 60_000, 3_600_000, 86_400_000])
    return fate.chance(0.3) ? { ...refused('rate_limited'), retryAfterMs } : failure('SERVER_ERROR', { answered: true, retryAfterMs })
  }

  function prepare<T>(call: Call<T>): PreparedCall<T> {
    return {
      shown: { method: 'POST', url: `https://${HOST}/${call.name}`, body: {} },
      send: (signal, mayStill = () => true) => exchange(call, signal, mayStill),
    }
  }

  return {
    host: HOST,
    activate: request => prepare({ name: 'activates', answer: () => vendor.activate(request, timeline.now) }),
    checkIn: request => prepare({
      name: 'checks in', sent: () => judge.sent(process, request.lease), answer: () => vendor.checkIn(request, timeline.now),
    }),
    renew: () => prepare({ name: 'renews', answer: () => refused('bad_request') }),
    deactivate: () => prepare({ name: 'gives a license back', answer: () => ({ ok: true, value: null }) }),
  }
}
