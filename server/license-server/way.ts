import type { LookupAddress } from 'node:dns'
import { getServers } from 'node:dns'
import { request as httpRequest } from 'node:http'
import type { LookupFunction, Socket } from 'node:net'
import { connect as netConnect, isIP } from 'node:net'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { connect as tlsConnect } from 'node:tls'
import type { NetworkErrorCode } from '../../shared/errors.ts'
import type { FindingCause, FindingFacts, FindingStage } from '../../shared/findings.ts'
import { seen } from '../../shared/findings.ts'
import { judgeCertificate } from './certificate.ts'
import { causesOf, codesOf, NetworkFailure, orAborted } from './network-failure.ts'

/*
 * The way to the license server, step by step. Calls and diagnostics both go it, so that the two cannot see different things.
 */

export interface WayOptions {
  url: URL
  /** The proxy to go through, or null. */
  proxy: URL | null
  /** Whether the operator has set the address. */
  configured: boolean
  lookup: LookupFunction
  /** This server's clock, ms. */
  now: () => number
}

/** Each step ends, with a NetworkFailure, at the latest when its signal is aborted. */
export interface Way {
  /** Looks up the name that is to be connected to: the proxy's, if there is one. Null if that is an address already. */
  resolve(signal: AbortSignal): Promise<{ host: string, addresses: string[] } | null>
  /** Connects to the license server, or to the proxy. Resolves to the address that answered. */
  connect(signal: AbortSignal): Promise<{ address: string | null }>
  /** Asks the proxy, if there is one, for a tunnel to the license server. */
  tunnel(signal: AbortSignal): Promise<void>
  /** Sets up encryption. Null for a plain address. */
  secure(signal: AbortSignal): Promise<TLSSocket | null>
  /** The connection that the steps have made. */
  readonly socket: Socket
  close(): void
}

const NO_NAME = new Set(['ENOTFOUND', 'ENODATA', 'EAI_NONAME', 'EAI_NODATA'])
const REFUSED = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE'])
const NOT_TLS = /wrong.version.number|packet.length.too.long|record.layer.failure|http.request|bad.record.type/i
const OLD_TLS = /unsupported.protocol|protocol.version|version.too.low|legacy.sigalg|no.protocols.available/i
/** A resolver that says quickly that it cannot say was not silent. */
const QUICK_MS = 1500

export function bareHost({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '')
}

export function portOf({ port, protocol }: URL): number {
  return Number(port) || (protocol === 'https:' ? 443 : 80)
}

/** A proxy as people are told it: without user and password. */
export function proxyName({ protocol, host }: URL): string {
  return `${protocol}//${host}`
}

export function createWay({ url, proxy, configured, lookup, now }: WayOptions): Way {
  const [host, port, first] = [bareHost(url), portOf(url), proxy ?? url]
  const target = { host, port }
  let addresses: LookupAddress[] | null = null
  let socket: Socket | null = null

  function failure(
    startedAt: number, error: unknown, code: NetworkErrorCode, cause: FindingCause, facts: FindingFacts, stage?: FindingStage,
  ): NetworkFailure {
    const seconds = Math.max(1, Math.round((performance.now() - startedAt) / 1000))
    const errno = codesOf(error)[0] ?? (isTimeout(error) ? 'ETIMEDOUT' : null)
    const through = proxy ? { proxy: proxyName(proxy) } : {}
    return new NetworkFailure(seen(code, cause, { ...target, errno, seconds, ...through, ...facts }, stage), error)
  }

  function require(): Socket {
    if (!socket) throw new Error('there is no connection yet')
    return socket
  }

  function adopt<S extends Socket>(made: S): S {
    // A connection that breaks while nobody listens must not end the process; and encryption that fails leaves one open.
    made.on('error', error => made.destroy(error))
    socket = made
    return made
  }

  function nameFailure(startedAt: number, error: unknown): NetworkFailure {
    const missing = codesOf(error).some(code => NO_NAME.has(code))
    if (proxy && missing) return failure(startedAt, error, 'NET_PROXY', 'proxy_not_found', {}, 'dns')
    const facts = { host: bareHost(first), port: portOf(first) }
    const setBy = configured ? 'NC_LICENSE_SERVER_URL' : null
    if (missing) return failure(startedAt, error, 'NET_DNS', 'dns_no_such_name', { ...facts, setting: setBy })
    const setting = !isTimeout(error) && performance.now() - startedAt < QUICK_MS ? 'failed' : null
    return failure(startedAt, error, proxy ? 'NET_PROXY' : 'NET_DNS', 'dns_silent', { ...facts, resolvers: getServers().join(', '), setting })
  }

  function connectFailure(startedAt: number, error: unknown): NetworkFailure {
    const { code, address, silent } = tellingOf(error)
    if (proxy) return failure(startedAt, error, 'NET_PROXY', silent ? 'proxy_silent' : 'proxy_refused', { errno: code, address })
    const cause = silent ? 'dropped' : REFUSED.has(code ?? '') ? 'refused' : 'no_route'
    return failure(startedAt, error, 'NET_CONNECT', cause, { errno: code, address })
  }

  /** Throws NetworkFailure. Nothing is sent over the connection before the certificate has been judged. */
  async function handshake(to: URL, stage: FindingStage, signal: AbortSignal): Promise<TLSSocket> {
    const startedAt = performance.now()
    const host = bareHost(to)
    const whom = { host, port: portOf(to) }
    const options: ConnectionOptions = {
      socket: require(), host, ALPNProtocols: ['http/1.1'], rejectUnauthorized: false, ...(isIP(host) ? {} : { servername: host }),
    }
    const secure = adopt(tlsConnect(options))
    try {
      await orAborted(signal, once(secure, 'secureConnect'))
    }
    catch (error) {
      secure.destroy()
      const text = `${codesOf(error).join(' ')} ${causesOf(error).map(({ message }) => message).join(' ')}`
      if (isTimeout(error)) throw failure(startedAt, error, 'NET_TIMEOUT', 'no_answer', whom, stage)
      if (OLD_TLS.test(text)) throw failure(startedAt, error, 'NET_TLS', 'tls_version', { ...whom, version: await probeVersion(host) }, stage)
      if (NOT_TLS.test(text)) throw failure(startedAt, error, 'NET_TLS', 'not_tls', whom, stage)
      const isAlert = /ERR_SSL|ERR_TLS|EPROTO/.test(text)
      throw failure(startedAt, error, isAlert ? 'NET_TLS' : 'NET_CONNECT', 'handshake_cut', whom, stage)
    }
    const wrong = judgeCertificate(secure, host, now())
    if (!wrong) return secure
    secure.destroy()
    const through = proxy ? { proxy: proxyName(proxy) } : {}
    throw new NetworkFailure({ ...wrong, stage, facts: { ...wrong.facts, ...through } }, secure.authorizationError)
  }

  /** The version that a server offers which knows none that is good; null if it will not say. Only asked to be named. */
  async function probeVersion(host: string): Promise<string | null> {
    if (proxy) return null
    const probe = tlsConnect({
      host, port, lookup: known, rejectUnauthorized: false, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0',
      ...(isIP(host) ? {} : { servername: host }),
    })
    try {
      await orAborted(AbortSignal.timeout(1000), once(probe, 'secureConnect'))
      return probe.getProtocol()?.replace(/^(TLS|SSL)v/, '$1 ').replace(/ 1$/, ' 1.0') ?? null
    }
    catch {
      return null
    }
    finally {
      probe.on('error', () => undefined)
      probe.destroy()
    }
  }

  /** The addresses that were found, for the connection: a name is looked up once. */
  const known: LookupFunction = (hostname, options, callback) => {
    const [only] = addresses ?? []
    if (!addresses || !only) return lookup(hostname, options, callback)
    if (options.all) callback(null, addresses)
    else callback(null, only.address, only.family)
  }

  return {
    get socket() { return require() },
    close: () => void socket?.destroy(),
    async resolve(signal) {
      const name = bareHost(first)
      if (isIP(name)) return null
      const startedAt = performance.now()
      try {
        addresses = await orAborted(signal, lookUp(lookup, name))
      }
      catch (error) {
        throw nameFailure(startedAt, error)
      }
      return { host: name, addresses: addresses.map(({ address }) => address) }
    },
    async connect(signal) {
      const startedAt = performance.now()
      const made = adopt(netConnect({ host: bareHost(first), port: portOf(first), lookup: known }))
      try {
        await orAborted(signal, once(made, 'connect'))
      }
      catch (error) {
        made.destroy()
        throw connectFailure(startedAt, error)
      }
      const address = made.remoteAddress ?? null
      if (proxy?.protocol === 'https:') await handshake(proxy, 'proxy', signal)
      return { address }
    },
    async tunnel(signal) {
      if (!proxy) return
      const startedAt = performance.now()
      const path = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`
      let status: number
      try {
        status = await orAborted(signal, askForTunnel(require(), proxy, path))
      }
      catch (error) {
        throw failure(startedAt, error, 'NET_PROXY', isTimeout(error) ? 'proxy_silent' : 'proxy_refused', {})
      }
      if (status >= 200 && status < 300) return
      if (status !== 407) throw failure(startedAt, null, 'NET_PROXY', status >= 500 ? 'proxy_cannot_reach' : 'proxy_forbids', { status })
      const user = decodeURIComponent(proxy.username)
      throw failure(startedAt, null, 'NET_PROXY', 'proxy_login', { status, user, setting: user === '' ? null : 'login' })
    },
    secure: async signal => url.protocol === 'https:' ? await handshake(url, 'tls', signal) : null,
  }
}

function lookUp(lookup: LookupFunction, name: string): Promise<LookupAddress[]> {
  return new Promise((resolve, reject) => {
    lookup(name, { all: true }, (error, found, family) => {
      if (error) return reject(error)
      const all = typeof found === 'string' ? [{ address: found, family: family ?? isIP(found) }] : found
      if (all.length === 0) return reject(Object.assign(new Error('no address'), { code: 'ENODATA' }))
      resolve(all)
    })
  })
}

/** Rejects with what the socket fails with, or ECONNRESET if it closes. */
function once(socket: Socket, ready: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(ready, resolve)
    socket.once('error', reject)
    socket.once('close', () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })))
  })
}

/** Asks a proxy for a tunnel (RFC 9110 §9.3.6). Resolves to the status of its answer. */
function askForTunnel(socket: Socket, proxy: URL, path: string): Promise<number> {
  const credentials = proxy.username && `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`
  return new Promise((resolve, reject) => {
    const asking = httpRequest({
      createConnection: () => socket, method: 'CONNECT', path,
      headers: { host: path, ...(credentials ? { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` } : {}) },
    })
    asking.on('connect', ({ statusCode = 0 }, same: Socket, head) => {
      if (head.length > 0) same.unshift(head)
      resolve(statusCode)
    })
    asking.on('error', reject)
    asking.end()
  })
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && (error.name === 'TimeoutError' || 'code' in error && error.code === 'ETIMEDOUT')
}

/** Of several addresses, the failure that says most: a refusal before silence, silence before no route. */
function tellingOf(error: unknown): { code: string | null, address: string | null, silent: boolean } {
  const tried = causesOf(error).flatMap((each) => {
    if (each instanceof AggregateError || !('code' in each) || typeof each.code !== 'string') return []
    return [{ code: each.code, address: 'address' in each ? String(each.address) : null }]
  })
  const refused = tried.find(({ code }) => REFUSED.has(code))
  const silent = tried.find(({ code }) => code === 'ETIMEDOUT')
  const [other] = tried
  const telling = refused ?? silent ?? other ?? { code: null, address: null }
  return { ...telling, code: telling.code ?? (isTimeout(error) ? 'ETIMEDOUT' : null), silent: telling === silent || (!other && isTimeout(error)) }
}
