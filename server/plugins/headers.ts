import type { ServerResponse } from 'node:http'
import { setResponseHeaders } from 'h3'
import { defineNitroPlugin } from 'nitropack/runtime'
import { getBase } from '../runtime/composition.ts'
import { normalizeRequest } from '../http/normalize-request.ts'
import { isTrustworthy, peerOf } from '../http/peer.ts'

/** What every answer carries, whatever makes it; pages get their own policy with a nonce in its place. */
export default defineNitroPlugin((nitro) => {
  nitro.hooks.hook('request', (event) => {
    setResponseHeaders(event, {
      'content-security-policy': 'default-src \'none\'; frame-ancestors \'none\'',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    })
    keepOutOfCaches(event.node.res)
    normalizeRequest(event.node.req)
    const config = getBase()?.config
    // Anywhere else a browser ignores them, and says so on every page.
    if (config && isTrustworthy((event.context.peer ?? peerOf(event, config)).origin)) {
      setResponseHeaders(event, { 'cross-origin-opener-policy': 'same-origin', 'origin-agent-cluster': '?1' })
    }
  })
})

/**
 * Whoever made the answer: what is no success is not kept by anybody, and what sets a cookie is for one visitor. Nitro
 * answers an unknown asset by itself, and gives whatever lies under the address of assets a year.
 */
function keepOutOfCaches(res: ServerResponse): void {
  const writeHead = res.writeHead.bind(res)
  res.writeHead = (status: number, ...rest: never[]) => {
    const isKept = status === 304 || (status >= 200 && status < 300 && !res.hasHeader('set-cookie'))
    if (!isKept) res.setHeader('cache-control', 'no-store')
    return writeHead(status, ...rest)
  }
}
