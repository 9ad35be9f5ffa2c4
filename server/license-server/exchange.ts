import type { Socket } from 'node:net'
import type { buildConnector, Dispatcher } from 'undici'
import { Client } from 'undici'
import type { NetworkErrorCode } from '../../shared/errors.ts'
import type { Seen } from '../../shared/findings.ts'
import { seen } from '../../shared/findings.ts'
import { bareHost, portOf } from './address.ts'
import { causesOf, codesOf, NetworkFailure, orAborted } from './network-failure.ts'
import { closedError } from './sockets.ts'
import type { OpenWay } from './way.ts'

/* One HTTP exchange with the license server. Every call goes through here, so that every limit applies to every call. */

/** Milliseconds for the whole call, body included, and for connecting alone, TLS included. */
export const LIMITS = { total: 10_000, connect: 5_000 }
export type Limits = typeof LIMITS
const MAX_BODY = 64 * 1024
const NO_HTTP = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_HEADERS_OVERFLOW', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'])

export interface ExchangeOptions {
  /** Sent as part of `User-Agent`. */
  version: string
  openWay: OpenWay
  limits: Limits
  /** Sent with every message. */
  callHeaders?: () => Record<string, string>
}

export interface Message {
  method: 'GET' | 'POST'
  url: string
  /** Sent as JSON; undefined for none. */
  body: unknown
  /** Sent as a bearer token; null for none. */
  secret: string | null
  signal: AbortSignal | undefined
  /** Asked once the connection is there, right before anything is sent over it: no ends the call. */
  mayStill?: (() => boolean) | undefined
}

export interface Answer {
  /** The address that was asked. */
  url: URL
  /** Whether the operator has set that address. */
  configured: boolean
  status: number
  headers: Dispatcher.ResponseData['headers']
  text: string
  /** False if more than 64 KiB arrived, of which `text` is only the beginning. */
  complete: boolean
}

export type Exchange = (message: Message) => Promise<Answer>

/** How far an answer has come. */
interface Progress { headers: Answer['headers'] | null, bytes: number }

/** Sends one message and reads its answer, whatever the status; never follows a redirect. Rejects with NetworkFailure. */
export function createExchange({ version, openWay, limits, callHeaders }: ExchangeOptions): Exchange {
  return async ({ method, url: address, body, secret, signal, mayStill = () => true }) => {
    const url = new URL(address)
    const total = AbortSignal.timeout(limits.total)
    const ended = signal ? AbortSignal.any([signal, total]) : total
    const soon = AbortSignal.any([ended, AbortSignal.timeout(limits.connect)])
    const way = openWay(url)
    let client: Client | null = null
    try {
      await way.resolve(soon)
      await way.connect(soon)
      // Beyond the proxy only the limit of the whole call applies: whoever is slow there is the proxy, or what lies behind it.
      await way.tunnel(ended)
      await way.secure(way.proxy ? ended : soon)
      client = new Client(url.origin, { connect: (_options, callback) => void setImmediate(handOver, way.socket, mayStill, callback) })
      const progress: Progress = { headers: null, bytes: 0 }
      const asking = ask(client, {
        method, path: url.pathname + url.search, signal: ended,
        headers: { ...callHeaders?.(), ...headersOf(version, body, secret) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }, progress)
      return { url, configured: way.configured, ...await orAborted(ended, asking).catch((error: unknown) => {
        throw new NetworkFailure(seenOf(error, progress, url, limits), error)
      }) }
    }
    catch (error) {
      // Whoever asked wants no answer any more: how far the call had come says nothing about the network.
      if (error instanceof NetworkFailure && signal?.aborted) {
        throw new NetworkFailure(seen('NET_CONNECT', 'reset_while_receiving', { host: bareHost(url) }), signal.reason)
      }
      throw error
    }
    finally {
      // A call every few hours gains nothing from a pool, and a fresh connection is never stale.
      void client?.destroy().catch(() => undefined)
      way.close()
    }
  }
}

/**
 * Gives a client its connection: later, as the client is not ready for one that is there at once, and never a broken one, for
 * which it would ask again without end.
 */
function handOver(socket: Socket, mayStill: () => boolean, callback: buildConnector.Callback): void {
  if (!mayStill()) callback(closedError(), null)
  else if (socket.destroyed) callback(socket.errored ?? closedError(), null)
  else callback(null, socket)
}

async function ask(client: Client, options: Dispatcher.RequestOptions, progress: Progress): Promise<Omit<Answer, 'url' | 'configured'>> {
  // The signal is the only timer: two that expire together would give one silence two names.
  const response = await client.request({ ...options, headersTimeout: 0, bodyTimeout: 0 })
  progress.headers = response.headers
  return { status: response.statusCode, headers: response.headers, ...await readBody(response.body, progress) }
}

function headersOf(version: string, body: unknown, secret: string | null): Record<string, string> {
  return {
    'accept': 'application/json',
    'accept-encoding': 'identity',
    'user-agent': `nocodb-license/${version}`,
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(secret === null ? {} : { authorization: `Bearer ${secret}` }),
  }
}

/** Counts while reading: `Content-Length` may be absent or wrong. */
async function readBody(body: Dispatcher.ResponseData['body'], progress: Progress): Promise<Pick<Answer, 'text' | 'complete'>> {
  const chunks: Buffer[] = []
  for await (const chunk of body) {
    progress.bytes += chunk.length
    if (progress.bytes > MAX_BODY) break
    chunks.push(Buffer.from(chunk))
  }
  return { text: Buffer.concat(chunks).toString('utf8'), complete: progress.bytes <= MAX_BODY }
}

/** What became of an exchange whose connection was good. */
function seenOf(error: unknown, { headers, bytes }: Progress, url: URL, limits: Limits): Seen<NetworkErrorCode> {
  const codes = codesOf(error)
  const facts = {
    host: bareHost(url), errno: codes[0] ?? null,
    ...(headers ? { bytes, promised: promisedBy(headers) } : {}),
  }
  const late = { ...facts, seconds: Math.max(1, Math.round(limits.total / 1000)), errno: null }
  if (error instanceof Error && error.name === 'TimeoutError') {
    if (headers) return seen('NET_TIMEOUT', 'stalled_while_receiving', late)
    return seen('NET_TIMEOUT', 'no_answer', { ...late, setting: url.protocol === 'https:' ? null : 'plain' })
  }
  if (isNoHttp(error, codes)) return seen('SERVER_RESPONSE_INVALID', 'unreadable_answer', facts)
  if (codes.some(code => /^ERR_SSL_|^EPROTO$/.test(code))) return seen('NET_TLS', 'handshake_cut', { ...facts, port: portOf(url) })
  // A connection that is reset breaks; one that ends before the answer does has cut it.
  if (!headers || codes.includes('ECONNRESET')) return seen('NET_CONNECT', 'reset_while_receiving', facts)
  return seen('NET_CONNECT', 'cut_answer', facts)
}

/** Whether something came back, but no HTTP response. The parser's own errors have no code. */
function isNoHttp(error: unknown, codes: string[]): boolean {
  return causesOf(error).some(({ name }) => name === 'HTTPParserError') || codes.some(code => NO_HTTP.has(code))
}

function promisedBy(headers: Answer['headers']): number | null {
  const length = Number(headers['content-length'])
  return Number.isSafeInteger(length) ? length : null
}
