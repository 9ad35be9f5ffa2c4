import type { OutboundRequest } from '../../shared/contracts.ts'
import type { LicenseServer, Notes, PreparedCall } from './ports.ts'

/** The later of two requests: another replica may have sent the last one, or the database may have missed ours. */
export function laterRequest(a: OutboundRequest | null, b: OutboundRequest | null): OutboundRequest | null {
  return (a?.at ?? '') > (b?.at ?? '') ? a : b
}

/** A license server that remembers what it was sent last, refused and unanswered requests included. */
export interface NotedServer extends LicenseServer { lastRequest(): OutboundRequest | null }

/** Wraps `server` so that every request sent is noted, here and in the store, with its time by `now` (ms). */
export function createNotedServer(server: LicenseServer, notes: Pick<Notes, 'saveLastRequest'>, now: () => number): NotedServer {
  let last: OutboundRequest | null = null

  function noted<T>({ shown, send }: PreparedCall<T>): PreparedCall<T> {
    return {
      shown,
      async send(signal, mayStill) {
        last = { at: new Date(now()).toISOString(), ...shown }
        // Noted alongside the call: an unwritable database must not keep the license from checking in.
        const written = notes.saveLastRequest(last).catch(() => undefined)
        const outcome = await send(signal, mayStill)
        await written
        return outcome
      },
    }
  }

  return {
    host: server.host,
    lastRequest: () => last,
    activate: request => noted(server.activate(request)),
    checkIn: request => noted(server.checkIn(request)),
    renew: request => noted(server.renew(request)),
    deactivate: request => noted(server.deactivate(request)),
  }
}
