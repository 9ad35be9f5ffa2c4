import type { CallFailure, PreparedCall } from '../license/ports.ts'
import type { LicenseServerClient } from '../license-server/client.ts'

/** A client whose calls fail with what `failing` says, while it says something; they leave nothing then. */
export function withOutage(client: LicenseServerClient, failing: () => CallFailure | null): LicenseServerClient {
  const wrap = <T>({ shown, send }: PreparedCall<T>): PreparedCall<T> => ({ shown, send: async signal => failing() ?? send(signal) })
  return {
    ...client,
    activate: request => wrap(client.activate(request)),
    checkIn: request => wrap(client.checkIn(request)),
    renew: request => wrap(client.renew(request)),
    deactivate: request => wrap(client.deactivate(request)),
    ping: async signal => failing() ?? client.ping(signal),
  }
}
