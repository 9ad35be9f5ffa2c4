import { lookup as systemLookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { isIP } from 'node:net'
import type { Dispatcher } from 'undici'
import { Agent, ProxyAgent, request } from 'undici'
import type { NetworkErrorCode } from '../../shared/errors.ts'
import type { CallFailure, CallOptions, CallOutcome, LicenseServer } from '../license/ports.ts'
import type { CallName, RequestOf, ResponseOf } from './protocol.ts'
import { PROTOCOL, refusalSchema } from './protocol.ts'
import type { Stage } from './transport-error.ts'
import { networkCodeOf } from './transport-error.ts'

/** Milliseconds: everything of one call, body included; and the connection alone, TLS included. */
export const LIMITS = { total: 10_000, connect: 5_000 }
export type Limits = typeof LIMITS
const MAX_BODY = 64 * 1024

export interface ClientOptions {
  baseUrl: string
  version: string
  /** Takes a URL; returns the proxy to use for it, or '' for none. */
  proxyFor: (url: string) => string
  limits?: Limits
  /** How names are resolved. */
  lookup?: LookupFunction
}

export interface LicenseServerClient extends LicenseServer {
  ping(signal?: AbortSignal): Promise<CallOutcome<ResponseOf<'ping'>>>
}

interface Answer {
  status: number
  headers: Dispatcher.ResponseData['headers']
  text: string
  /** False: more than MAX_BODY was sent; `text` is its beginning. */
  complete: boolean
}

/** Takes the address of the license server; returns the client for it. Its calls never reject and never follow a redirect. */
export function createLicenseServerClient(options: ClientOptions): LicenseServerClient {
  const { baseUrl, version, proxyFor, limits = LIMITS, lookup = systemLookup } = options
  const base = baseUrl.replace(/(?<!\/)\/+$/, '')

  async function exchange(name: CallName, body: unknown, { secret, signal }: CallOptions): Promise<Answer> {
    const url = base + PROTOCOL[name].path
    const proxy = proxyFor(url)
    // An address needs no look-up.
    const progress: { stage: Stage } = { stage: isIP(new URL(proxy || url).hostname.replace(/^\[|\]$/g, '')) ? 'connect' : 'dns' }
    const dispatcher = createDispatcher(proxy, progress, limits, lookup)
    const timeout = AbortSignal.timeout(limits.total)
    const ended = signal ? AbortSignal.any([signal, timeout]) : timeout
    const ask = async (): Promise<Answer> => {
      const response = await request(url, {
        method: PROTOCOL[name].method,
        dispatcher,
        signal: ended,
        // One clock alone: two that end at the same time would give the silence two names.
        headersTimeout: 0,
        bodyTimeout: 0,
        headers: {
          'accept': 'application/json',
          'accept-encoding': 'identity',
          'user-agent': `nocodb-license/${version}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      progress.stage = 'exchange'
      return { status: response.statusCode, headers: response.headers, ...await readBody(response.body) }
    }
    try {
      return await settledBy(ended, ask())
    }
    catch (error) {
      throw new TransportFailure(networkCodeOf(timeout.aborted ? timeout.reason : error, progress.stage, proxy !== ''), error)
    }
    finally {
      // A call every few hours gains nothing from a pool; a fresh connection cannot be a stale one.
      void dispatcher.destroy().catch(() => undefined)
    }
  }

  async function call<C extends CallName>(name: C, body: unknown, options: CallOptions = {}): Promise<CallOutcome<ResponseOf<C>>> {
    try {
      return readAnswer(name, await exchange(name, body, options))
    }
    catch (error) {
      if (error instanceof TransportFailure) return failure(error.code, { answered: false, cause: error.cause })
      return failure('SERVER_RESPONSE_INVALID', { cause: error })
    }
  }

  return {
    baseUrl: base,
    call: <C extends Exclude<CallName, 'ping'>>(name: C, body: RequestOf<C>, options?: CallOptions) => call(name, body, options),
    ping: signal => call('ping', undefined, signal ? { signal } : {}),
  }
}

/** Rejects when the signal ends the work, which undici leaves waiting while a proxy says nothing to CONNECT. */
function settledBy<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = () => reject(signal.reason)
    if (signal.aborted) end()
    signal.addEventListener('abort', end, { once: true })
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', end))
  })
}

class TransportFailure extends Error {
  readonly code: NetworkErrorCode
  constructor(code: NetworkErrorCode, cause: unknown) {
    super(code, { cause })
    this.code = code
  }
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
    // Beyond the proxy only the limit of the whole call counts: who is silent there is the license server.
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

function failure(code: NetworkErrorCode, more: Partial<Omit<CallFailure, 'ok' | 'code'>> = {}): CallFailure {
  return { ok: false, code, refusal: null, answered: true, retryAfterMs: null, ...more }
}

function readAnswer<C extends CallName>(name: C, answer: Answer): CallOutcome<ResponseOf<C>> {
  const { status } = answer
  if (status === 407) return failure('NET_PROXY')
  if ((status >= 300 && status < 400) || status === 511) return failure('NET_CAPTIVE_PORTAL')
  if (status >= 200 && status < 300) return readSuccess(name, answer)
  return readRefusal(answer)
}

function readSuccess<C extends CallName>(name: C, { headers, text, complete }: Answer): CallOutcome<ResponseOf<C>> {
  const type = headerOf(headers, 'content-type')
  if (/html/i.test(type) || /^\s*</.test(text)) return failure('NET_CAPTIVE_PORTAL')
  const encoded = !['', 'identity'].includes(headerOf(headers, 'content-encoding').toLowerCase())
  if (!complete || encoded || !/^application\/(?:[\w.-]+\+)?json\b/i.test(type)) return failure('SERVER_RESPONSE_INVALID')
  const parsed = PROTOCOL[name].response.safeParse(parseJson(text))
  if (!parsed.success) return failure('SERVER_RESPONSE_INVALID')
  return { ok: true, value: parsed.data as ResponseOf<C> }
}

function readRefusal({ status, headers, text }: Answer): CallFailure {
  const parsed = refusalSchema.safeParse(parseJson(text))
  const refusal = parsed.success && status < 500 ? parsed.data.error.code : null
  const limited = status === 429 || refusal === 'rate_limited'
  return failure(limited ? 'SERVER_RATE_LIMITED' : 'SERVER_ERROR', { refusal, retryAfterMs: retryAfterOf(headers), cause: `HTTP ${status}` })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  }
  catch {
    return undefined
  }
}

function headerOf(headers: Answer['headers'], name: string): string {
  const value = headers[name]
  return (Array.isArray(value) ? value[0] : value) ?? ''
}

/** `Retry-After` (RFC 9110 §10.2.3) in ms, a date measured against the answer's own `Date`; null where it makes no sense. */
function retryAfterOf(headers: Answer['headers']): number | null {
  const value = headerOf(headers, 'retry-after').trim()
  if (/^\d{1,15}$/.test(value)) return Number(value) * 1000
  const wait = Date.parse(value) - Date.parse(headerOf(headers, 'date'))
  return /[a-z]/i.test(value) && Number.isFinite(wait) && wait > 0 ? wait : null
}
