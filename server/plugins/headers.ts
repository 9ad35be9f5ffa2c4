import type { ServerResponse } from 'node:http'
import { setResponseHeaders } from 'h3'
import { defineNitroPlugin } from 'nitropack/runtime'
import { normalizeRequest } from '../utils/normalize-request.ts'

/** What every answer carries, whatever makes it; pages get their own policy with a nonce in its place. */
export default defineNitroPlugin((nitro) => {
  nitro.hooks.hook('request', (event) => {
    setResponseHeaders(event, {
      'content-security-policy': 'default-src \'none\'; frame-ancestors \'none\'',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    })
    keepErrorsOutOfCaches(event.node.res)
    normalizeRequest(event.node.req)
  })
})

/** Nitro answers an unknown asset by itself, with headers of its own. */
function keepErrorsOutOfCaches(res: ServerResponse): void {
  const writeHead = res.writeHead.bind(res)
  res.writeHead = (status: number, ...rest: never[]) => {
    if (status >= 400) res.setHeader('cache-control', 'no-store')
    return writeHead(status, ...rest)
  }
}
