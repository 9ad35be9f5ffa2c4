import type { H3Event } from 'h3'
import type { Log } from '../license/ports.ts'
import { isFromTrustedProxy } from './peer.ts'

/** Says once that X-Forwarded-For came from somebody who is not trusted: a proxy in front, perhaps. */
export function createForwardedHint(): (event: H3Event, trustProxy: readonly string[], log: Log) => void {
  let told = false
  return (event, trustProxy, log) => {
    const { headers, socket } = event.node.req
    // A hint is enough: the header is anybody's to send, so nothing follows from it.
    if (told || headers['x-forwarded-for'] === undefined || isFromTrustedProxy(event, trustProxy)) return
    told = true
    log.warn('a request came with X-Forwarded-For from an address that NC_TRUST_PROXY does not name, so the header was ignored; if that '
      + 'is your proxy, name it there: until then all its visitors share one address for limits and in the activity log', { address: socket.remoteAddress })
  }
}
