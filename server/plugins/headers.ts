import type { IncomingMessage, ServerResponse } from 'node:http'
import { setResponseHeaders } from 'h3'
import { defineNitroPlugin } from 'nitropack/runtime'
import { getBase } from '../runtime/app.ts'
import { isTrustworthy, peerOf } from '../http/peer.ts'
import { answerHeadAsGet } from '../http/head-request.ts'

/**
 * Sets the headers that every response carries, whatever produces it. Pages replace the policy with their own, which has a
 * nonce.
 */
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
    // On any other origin browsers ignore these, and complain on every page.
    if (config && isTrustworthy((event.context.peer ?? peerOf(event, config)).origin)) {
      setResponseHeaders(event, { 'cross-origin-opener-policy': 'same-origin', 'origin-agent-cluster': '?1' })
    }
  })
})

/**
 * Keeps errors, and responses that set a cookie, out of all caches, whatever produces them: Nitro answers unknown assets itself,
 * and lets everything at an asset's address be kept for a year.
 */
function keepOutOfCaches(res: ServerResponse): void {
  const writeHead = res.writeHead.bind(res)
  res.writeHead = (status: number, ...rest: never[]) => {
    const isKept = status === 304 || (status >= 200 && status < 300 && !res.hasHeader('set-cookie'))
    if (!isKept) res.setHeader('cache-control', 'no-store')
    return writeHead(status, ...rest)
  }
}

/** Drops malformed headers that would make the framework fail before any handler of ours runs. */
function normalizeRequest(req: IncomingMessage): void {
  // A malformed Host fails wherever an address is built from it, and nobody is reached under it.
  if (!isHost(req.headers.host)) req.headers.host = 'localhost'
  // The framework builds addresses from this no matter who sent it. http/peer.ts decides who may send it.
  if (!isHost(firstOf(req.headers['x-forwarded-host']))) delete req.headers['x-forwarded-host']
  // The framework marks its own request for the error page with this; nobody else may.
  if (!('__unenv__' in req)) delete req.headers['x-nuxt-error']
  answerHeadAsGet(req)
}

function firstOf(header: string | string[] | undefined): string | undefined {
  return String(header ?? '').split(',', 1)[0]?.trim()
}

function isHost(host: string | undefined): boolean {
  return Boolean(host) && URL.canParse(`http://${host}`)
}
