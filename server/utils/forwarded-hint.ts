import type { H3Event } from 'h3'
import type { Log } from '../license/ports.ts'
import { isFromTrustedProxy } from './peer.ts'

/** Looks at requests until one shows that a proxy is in front whose word is not taken, and says so once. */
export function createForwardedHint(): (event: H3Event, trustProxy: readonly string[], log: Log) => void {
  let told = false
  return (event, trustProxy, log) => {
    const { headers, socket } = event.node.req
    // A hint is enough: the header is anybody's to send, so nothing follows from it.
    if (told || headers['x-forwarded-for'] === undefined || isFromTrustedProxy(event, trustProxy)) return
    told = true
    log.warn('a proxy in front names visitors (X-Forwarded-For), but is not believed, so they all share its address for limits and in the '
      + 'activity log; if this is your proxy\'s address, set NC_TRUST_PROXY to it', { address: socket.remoteAddress })
  }
}
