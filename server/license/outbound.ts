import { maskKey } from '../../shared/credential.ts'
import type { OutboundRequest } from '../../shared/license.ts'
import type { CallName, RequestOf } from '../license-server/protocol.ts'
import { PROTOCOL } from '../license-server/protocol.ts'
import type { CallOptions, CallOutcome, Clock, LicenseServer, LicenseStore } from './ports.ts'
import type { ResponseOf } from '../license-server/protocol.ts'

type LicenseCall = Exclude<CallName, 'ping'>

/** Takes a call and its body; returns the request as it is shown to people: literal, but for the key and the lease. */
export function describeRequest<C extends LicenseCall>(baseUrl: string, name: C, body: RequestOf<C>, at: number): OutboundRequest {
  const shown = Object.entries(body).map(([member, value]) => [member, maskMember(member, value)])
  return {
    at: new Date(at).toISOString(),
    method: PROTOCOL[name].method,
    url: baseUrl.replace(/\/$/, '') + PROTOCOL[name].path,
    body: Object.fromEntries(shown),
  }
}

function maskMember(member: string, value: unknown): unknown {
  if (member === 'license_key') return maskKey(String(value))
  if (member === 'lease') return `${String(value).slice(0, 8)}… (${String(value).length} characters)`
  return value
}

/** Takes the client and the store; returns the client with every request noted, so that the screen can show the last one. */
export function createNotedServer(server: LicenseServer, store: LicenseStore, clock: Clock): LicenseServer {
  return {
    baseUrl: server.baseUrl,
    async call<C extends LicenseCall>(name: C, body: RequestOf<C>, options?: CallOptions): Promise<CallOutcome<ResponseOf<C>>> {
      // Noted beside the call: an unwritable database must not keep the license from being checked in.
      const noted = store.saveLastRequest(describeRequest(server.baseUrl, name, body, clock.read().wall)).catch(() => undefined)
      const outcome = await server.call(name, body, options)
      await noted
      return outcome
    },
  }
}
