import { maskKey } from '../../shared/credential.ts'
import type { OutboundRequest } from '../../shared/license.ts'
import type { CallName, RequestOf } from '../license-server/protocol.ts'
import { PROTOCOL } from '../license-server/protocol.ts'
import type { CallOptions, CallOutcome, LicenseServer, Notes } from './ports.ts'
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

/** Takes two requests; returns the later one: another replica may have sent it, or a database that is away not have it. */
export function laterRequest(a: OutboundRequest | null, b: OutboundRequest | null): OutboundRequest | null {
  return (a?.at ?? '') > (b?.at ?? '') ? a : b
}

function maskMember(member: string, value: unknown): unknown {
  if (member === 'license_key') return maskKey(String(value))
  if (member === 'lease') return `${String(value).slice(0, 8)}… (${String(value).length} characters)`
  return value
}

/** A license server that remembers what it was sent last, refused and unanswered requests included. */
export interface NotedServer extends LicenseServer { lastRequest(): OutboundRequest | null }

/** Takes the client, the store and the time (ms); returns the client with every request noted, here and in the store. */
export function createNotedServer(server: LicenseServer, notes: Pick<Notes, 'saveLastRequest'>, now: () => number): NotedServer {
  let last: OutboundRequest | null = null
  return {
    baseUrl: server.baseUrl,
    lastRequest: () => last,
    async call<C extends LicenseCall>(name: C, body: RequestOf<C>, options?: CallOptions): Promise<CallOutcome<ResponseOf<C>>> {
      last = describeRequest(server.baseUrl, name, body, now())
      // Noted beside the call: an unwritable database must not keep the license from being checked in.
      const noted = notes.saveLastRequest(last).catch(() => undefined)
      const outcome = await server.call(name, body, options)
      await noted
      return outcome
    },
  }
}
