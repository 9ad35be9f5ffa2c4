import { lookup as systemLookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { isIP } from 'node:net'
import type { Dispatcher } from 'undici'
import { Agent, ProxyAgent, request } from 'undici'
import type { NetworkErrorCode } from '../../shared/errors.ts'
import type { Stage } from './transport-error.ts'
import { networkCodeOf } from './transport-error.ts'

/* One HTTP exchange with the license server. Every call goes through here, so that every limit applies to every call. */

/** Milliseconds for the whole call, body included, and for connecting alone, TLS included. */
export const LIMITS = { total: 10_000, connect: 5_000 }
export type Limits = typeof LIMITS
const MAX_BODY = 64 * 1024

export interface ExchangeOptions {
  /** Sent as part of `User-Agent`. */
  version: string
  /** The proxy to use for a URL, or '' for none. */
  proxyFor: (url: string) => string
  limits?: Limits
  /** Resolves host names; the system's resolver by default. */
  lookup?: LookupFunction
}

export interface Message {
  method: 'GET' | 'POST'
  url: string
  /** Sent as JSON; undefined for none. */
  body: unknown
  /** Sent as a bearer token; null for none. */
  secret: string | null
  signal: AbortSignal | undefined
}

export interface Answer {
  status: number
  headers: Dispatcher.ResponseData['headers']
  text: string
  /** False if more than 64 KiB arrived, of which `text` is only the beginning. */
  complete: boolean
}

/** No complete answer arrived; `cause` is what the HTTP client threw. */
export class TransportFailure extends Error {
  readonly code: NetworkErrorCode
  constructor(code: NetworkErrorCode, cause: unknown) {
    super(code, { cause })
    this.code = code
  }
}

export type Exchange = (message: Message) => Promise<Answer>

/** Sends one message and reads its answer, whatever the status; never follows a redirect. Rejects with TransportFailure. */
export function createExchange({ version, proxyFor, limits = LIMITS, lookup = systemLookup }: ExchangeOptions): Exchange {
  return async ({ method, url, body, secret, signal }) => {
    const proxy = proxyFor(url)
    // An IP address needs no lookup.
    const progress: { stage: Stage } = { stage: isIP(new URL(proxy || url).hostname.replace(/^\[|\]$/g, '')) ? 'connect' : 'dns' }
    const dispatcher = createDispatcher(proxy, progress, limits, lookup)
    const timeout = AbortSignal.timeout(limits.total)
    const ended = signal ? AbortSignal.any([signal, timeout]) : timeout
    const ask = async (): Promise<Answer> => {
      const response = await request(url, {
        method,
        dispatcher,
        signal: ended,
        // A single timer: two that expire together would give one silence two names.
        headersTimeout: 0,
        bodyTimeout: 0,
        headers: headersOf(version, body, secret),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      progress.stage = 'exchange'
      return { status: response.statusCode, headers: response.headers, ...await readBody(response.body) }
    }
    try {
      return await orAborted(ended, ask())
    }
    catch (error) {
      throw new TransportFailure(networkCodeOf(timeout.aborted ? timeout.reason : error, progress.stage, proxy !== ''), error)
    }
    finally {
      // A call every few hours gains nothing from a pool, and a fresh connection is never stale.
      void dispatcher.destroy().catch(() => undefined)
    }
  }
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

/** Rejects as soon as the signal is aborted: undici keeps waiting while a proxy does not answer CONNECT. */
function orAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = () => reject(signal.reason)
    if (signal.aborted) end()
    signal.addEventListener('abort', end, { once: true })
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', end))
  })
}

function createDispatcher(proxy: string, progress: { stage: Stage }, limits: Limits, lookup: LookupFunction): Dispatcher {
  const staged: LookupFunction = (hostname, options, callback) => {
    lookup(hostname, options, (error, ...found) => {
      if (!error) progress.stage = 'connect'
      callback(error, ...found)
    })
  }
  const connect = { timeout: limits.connect, lookup: staged }
  return proxy === ''
    ? new Agent({ connect })
    // Beyond the proxy only the limit of the whole call applies: whoever is silent there is the license server.
    : new ProxyAgent({ uri: proxy, connect, proxyTls: connect, requestTls: { timeout: 2 * limits.total } })
}

/** Counts while reading: `Content-Length` may be absent or wrong. */
async function readBody(body: Dispatcher.ResponseData['body']): Promise<Pick<Answer, 'text' | 'complete'>> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > MAX_BODY) break
    chunks.push(Buffer.from(chunk))
  }
  return { text: Buffer.concat(chunks).toString('utf8'), complete: size <= MAX_BODY }
}
