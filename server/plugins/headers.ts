import type { IncomingMessage, ServerResponse } from 'node:http'
import { setResponseHeaders } from 'h3'
import { defineNitroPlugin } from 'nitropack/runtime'
import { getBase } from '../runtime/app.ts'
import { isTrustworthy, peerOf } from '../http/peer.ts'

/** Sets what every answer carries, whatever makes it. Pages replace the policy by their own, with a nonce. */
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
 * What is no success is not to be kept by anybody, and what sets a cookie is for one visitor alone, whoever makes the answer:
 * Nitro answers an unknown asset by itself, and gives whatever lies under the address of assets a year.
 */
function keepOutOfCaches(res: ServerResponse): void {
  const writeHead = res.writeHead.bind(res)
  res.writeHead = (status: number, ...rest: never[]) => {
    const isKept = status === 304 || (status >= 200 && status < 300 && !res.hasHeader('set-cookie'))
    if (!isKept) res.setHeader('cache-control', 'no-store')
    return writeHead(status, ...rest)
  }
}

/** Mends what would fail in the framework before any handler of ours: such headers count as absent. */
function normalizeRequest(req: IncomingMessage): void {
  // A host that is none would fail wherever an address is made of it; nobody is reached under it.
  if (!isHost(req.headers.host)) req.headers.host = 'localhost'
  // The framework makes addresses of it whoever sent it; who may send it is decided in http/peer.ts.
  if (!isHost(firstOf(req.headers['x-forwarded-host']))) delete req.headers['x-forwarded-host']
  // By this one the framework tells itself that it asks for its error page; nobody else has a say in that.
  if (!('__unenv__' in req)) delete req.headers['x-nuxt-error']
  // HEAD is GET without the body (RFC 9110 §9.3.2); Node has noted already that none is to be sent.
  if (req.method === 'HEAD') req.method = 'GET'
}

function firstOf(header: string | string[] | undefined): string | undefined {
  return String(header ?? '').split(',', 1)[0]?.trim()
}

function isHost(host: string | undefined): boolean {
  return Boolean(host) && URL.canParse(`http://${host}`)
}
