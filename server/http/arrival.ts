import type { IncomingMessage, ServerResponse } from 'node:http'
import type { H3Event } from 'h3'
import type { Base } from '../runtime/app.ts'
import { addressOf, pathInside } from '../runtime/base-path.ts'
import { requestIdOf } from '../runtime/request-context.ts'
import type { Answer } from './answer.ts'
import { setHeaders } from './answer.ts'
import { answerHeadAsGet } from './head-request.ts'
import type { Peer } from './peer.ts'
import { createForwardedHint, isFromTrustedProxy, isTrustworthy, peerOf } from './peer.ts'

/* What happens to every request before anything looks at it, whether the framework answers it or server/http/ahead.ts. */

declare module 'h3' {
  interface H3EventContext {
    /** See runtime/request-context.ts. */
    requestId: string
  }
}

const ID_HEADER = 'x-request-id'

/** Gives the request its id, and returns it. */
export function identify(event: H3Event, base: Base | undefined): string {
  const { req } = event.node
  // API calls made while a page is rendered, and the error page, belong to the visitor's one request.
  const believed = '__unenv__' in req || isFromTrustedProxy(event, base?.config.trustProxy ?? [])
  const id = requestIdOf(req.headers[ID_HEADER], believed)
  req.headers[ID_HEADER] = id
  event.context.requestId = id
  return id
}

/** The header by which a response says the id of its request. */
export function showId({ context: { requestId }, node: { res } }: H3Event): void {
  res.setHeader(ID_HEADER, requestId)
}

/** At `debug`, logs every request, without its query, which may contain anything. */
export function noteAtDebug({ node: { req, res } }: H3Event, base: Base | undefined): void {
  if (base?.config.logLevel !== 'debug' || '__unenv__' in req) return
  const startedAt = performance.now()
  const [path] = (req.url ?? '').split('?')
  const { method } = req
  res.once('close', () => base.log.debug('request', { method, path, status: res.statusCode, ms: Math.round(performance.now() - startedAt) }))
}

let prefixTold = false

/** Rewrites the request's target to a path from the root. */
export function enterBasePath({ node: { req } }: H3Event, basePath: string, base: Base | undefined): void {
  tellPrefixOnce(req.headers['x-forwarded-prefix'], basePath, base)
  req.url = pathInside(req.url ?? '/', basePath)
  // The framework builds addresses from this, whether or not a proxy stripped the base path.
  req.originalUrl = addressOf(req.url, basePath)
}

/** Once is enough: anybody can send this header, so it proves nothing. */
function tellPrefixOnce(prefix: unknown, basePath: string, base: Base | undefined): void {
  if (prefixTold || prefix === undefined || basePath !== '/') return
  prefixTold = true
  base?.log.warn('a request came with X-Forwarded-Prefix, which is ignored; if people open this panel below a path, set NC_PUBLIC_URL to the whole address')
}

const COMMON = {
  'content-security-policy': 'default-src \'none\'; frame-ancestors \'none\'',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'x-download-options': 'noopen',
  'x-permitted-cross-domain-policies': 'none',
  'x-xss-protection': '0',
}
/** Names and values by turns, as Node takes them. */
const EVERYWHERE: readonly string[] = Object.entries(COMMON).flat()
/** On any other origin browsers ignore the last two, and complain on every page. */
const WHERE_TRUSTWORTHY: readonly string[] = Object.entries({ ...COMMON, 'cross-origin-opener-policy': 'same-origin', 'origin-agent-cluster': '?1' }).flat()

/** The headers that every response carries, whatever produces it. Pages replace the policy with their own, which has a nonce. */
function commonHeaders(peer: Peer | undefined): readonly string[] {
  return peer && isTrustworthy(peer.origin) ? WHERE_TRUSTWORTHY : EVERYWHERE
}

/** Sets the headers that every response carries, and drops malformed ones of the request. */
export function setCommonHeaders(event: H3Event, base: Base | undefined): void {
  const { req, res } = event.node
  keepOutOfCaches(res)
  normalizeRequest(req)
  setHeaders(res, commonHeaders(event.context.peer ?? (base && peerOf(event, base.config))))
}

/** Sends an answer with the headers that every response carries, all at once: one by one takes longer than working the answer out. */
export function sendWhole({ node: { res }, context }: H3Event, { status, headers, body }: Answer): void {
  const head = [...commonHeaders(context.peer), ID_HEADER, context.requestId, ...headers]
  if (body === null) {
    res.writeHead(status, head).end()
    return
  }
  const octets = octetsOf(body)
  head.push('content-length', String(octets.length))
  res.writeHead(status, head).end(octets, 'latin1')
}

/**
 * A text as UTF-8 with one character for each byte: Node sends that as it is, while other text is encoded again for each answer.
 * Most answers are the last one again.
 */
function octetsOf(text: string): string {
  if (lastSent.text !== text) lastSent = { text, octets: Buffer.from(text).toString('latin1') }
  return lastSent.octets
}

let lastSent = { text: '', octets: '' }

/**
 * Keeps errors, and responses that set a cookie, out of all caches, whatever produces them: Nitro answers unknown assets itself,
 * and lets everything at an asset's address be kept for a year.
 */
function keepOutOfCaches(res: ServerResponse): void {
  const { writeHead } = res
  res.writeHead = function (this: ServerResponse, status: number, ...rest: never[]) {
    const isKept = status === 304 || (status >= 200 && status < 300 && !res.hasHeader('set-cookie'))
    if (!isKept) res.setHeader('cache-control', 'no-store')
    return writeHead.call(res, status, ...rest)
  }
}

/** Drops malformed headers that would make the framework fail before any handler of ours runs. */
export function normalizeRequest(req: IncomingMessage): void {
  // A malformed Host fails wherever an address is built from it, and nobody is reached under it.
  if (!isHost(req.headers.host)) req.headers.host = 'localhost'
  // The framework builds addresses from this no matter who sent it. http/peer.ts decides who may send it.
  const forwarded = req.headers['x-forwarded-host']
  if (forwarded !== undefined && !isHost(firstOf(forwarded))) delete req.headers['x-forwarded-host']
  // The framework marks its own request for the error page with this; nobody else may.
  if (req.headers['x-nuxt-error'] !== undefined && !('__unenv__' in req)) delete req.headers['x-nuxt-error']
  answerHeadAsGet(req)
}

function firstOf(header: string | string[] | undefined): string | undefined {
  return String(header ?? '').split(',', 1)[0]?.trim()
}

function isHost(host: string | undefined): boolean {
  if (host === undefined || host === '') return false
  if (host === lastHost) return true
  if (!URL.canParse(`http://${host}`)) return false
  lastHost = host
  return true
}

/** Nearly every request has the host of the one before. */
let lastHost = ''

const hint = createForwardedHint()

/** The peer of a request; for a call within the process, the visitor's that it is made for. Worked out once. */
export function recognizePeer(event: H3Event, { config, log }: Base): Peer {
  const { peer } = event.context
  if (peer) return peer
  hint(event, config.trustProxy, log)
  return event.context.peer = peerOf(event, config)
}
