import type { LookupAddress } from 'node:dns'
import { getServers, lookup as systemLookup } from 'node:dns'
import type { LookupFunction, Socket } from 'node:net'
import { connect as netConnect, isIP } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { connect as tlsConnect } from 'node:tls'
import type { FindingStage } from '../../shared/findings.ts'
import { seen } from '../../shared/findings.ts'
import { authorityOf, bareHost, endpointOf, proxyName, proxyOf } from './address.ts'
import { judgeCertificate } from './certificate.ts'
import { codesOf, isTimeout, NetworkFailure, orAborted } from './network-failure.ts'
import { probeOldTls } from './old-tls.ts'
import { askForTunnel, lookUp, untilReady } from './sockets.ts'
import type { Judgement } from './way-failure.ts'
import { judgeConnection, judgeHandshake, judgeLookUp, judgeTunnel, judgeTunnelStatus } from './way-failure.ts'

/*
 * The way to the license server, step by step. Calls and diagnostics both go it, so that the two cannot see different things.
 */

/** What decides which way leads to the license server. */
export interface Routing {
  /** The proxy to use for a URL, or '' for none. */
  proxyFor: (url: string) => string
  /** Resolves host names; the system's resolver by default. */
  lookup?: LookupFunction
  /** Whether the operator has set the license server's address; false by default. */
  configured?: boolean
}

export type OpenWay = (url: URL) => Way

export interface WayOptions {
  url: URL
  /** The proxy to go through, or null. */
  proxy: URL | null
  /** Whether the operator has set the address. */
  configured: boolean
  lookup: LookupFunction
  /** The machine's clock, by which certificates are judged, ms. */
  now: () => number
}

/** Each step ends, with a NetworkFailure, at the latest when its signal is aborted. */
export interface Way {
  /** Where it leads. */
  readonly url: URL
  /** The proxy that it leads through, or null. */
  readonly proxy: URL | null
  /** Whether the operator has set where it leads. */
  readonly configured: boolean
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

/** Decides, for each address that is to be reached, which way leads there. */
export function createWayOpener({ proxyFor, lookup = systemLookup, configured = false }: Routing): OpenWay {
  return url => createWay({ url, proxy: proxyOf(proxyFor(url.href)), configured, lookup, now: Date.now })
}

export function createWay({ url, proxy, configured, lookup, now }: WayOptions): Way {
  const first = proxy ?? url
  const through = proxy ? { proxy: proxyName(proxy) } : {}
  let addresses: LookupAddress[] | null = null
  let socket: Socket | null = null

  function failure(startedAt: number, error: unknown, { code, cause, facts, stage }: Judgement): NetworkFailure {
    const seconds = Math.max(1, Math.round((performance.now() - startedAt) / 1000))
    const errno = codesOf(error)[0] ?? (isTimeout(error) ? 'ETIMEDOUT' : null)
    return new NetworkFailure(seen(code, cause, { ...endpointOf(url), errno, seconds, ...through, ...facts }, stage), error)
  }

  function requireSocket(): Socket {
    if (!socket) throw new Error('there is no connection yet')
    return socket
  }

  function adopt<S extends Socket>(made: S): S {
    // A connection that breaks while nobody listens must not end the process; and encryption that fails leaves one open.
    made.on('error', error => made.destroy(error))
    socket = made
    return made
  }

  /** The addresses that were found, for the connection: a name is looked up once. */
  const known: LookupFunction = (hostname, options, callback) => {
    const [only] = addresses ?? []
    if (!addresses || !only) return lookup(hostname, options, callback)
    if (options.all) callback(null, addresses)
    else callback(null, only.address, only.family)
  }

  /** Throws NetworkFailure. Nothing is sent over the connection before the certificate has been judged. */
  async function handshake(to: URL, stage: FindingStage, signal: AbortSignal): Promise<TLSSocket> {
    const startedAt = performance.now()
    const whom = endpointOf(to)
    const servername = isIP(whom.host) ? {} : { servername: whom.host }
    const secure = adopt(tlsConnect({
      socket: requireSocket(), host: whom.host, ALPNProtocols: ['http/1.1'], rejectUnauthorized: false, ...servername,
    }))
    try {
      await orAborted(signal, untilReady(secure, 'secureConnect'))
    }
    catch (error) {
      secure.destroy()
      const judged = judgeHandshake(error)
      // Past a proxy, nobody is asked once more: it would take another tunnel.
      const version = judged.cause === 'tls_version' && !proxy ? await probeOldTls({ ...whom, lookup: known }) : null
      throw failure(startedAt, error, { ...judged, facts: { ...whom, version }, stage })
    }
    const wrong = judgeCertificate(secure, whom.host, now())
    if (!wrong) return secure
    secure.destroy()
    throw new NetworkFailure({ ...wrong, stage, facts: { ...wrong.facts, ...through } }, secure.authorizationError)
  }

  return {
    url,
    proxy,
    configured,
    get socket() { return requireSocket() },
    close: () => void socket?.destroy(),
    async resolve(signal) {
      const host = bareHost(first)
      if (isIP(host)) return null
      const startedAt = performance.now()
      try {
        addresses = await orAborted(signal, lookUp(lookup, host))
      }
      catch (error) {
        const ms = performance.now() - startedAt
        const asked = { of: endpointOf(first), proxied: proxy !== null, configured, ms, resolvers: getServers() }
        throw failure(startedAt, error, judgeLookUp(error, asked))
      }
      return { host, addresses: addresses.map(({ address }) => address) }
    },
    async connect(signal) {
      const startedAt = performance.now()
      const made = adopt(netConnect({ ...endpointOf(first), lookup: known }))
      try {
        await orAborted(signal, untilReady(made, 'connect'))
      }
      catch (error) {
        made.destroy()
        throw failure(startedAt, error, judgeConnection(error, { proxied: proxy !== null, configured }))
      }
      const address = made.remoteAddress ?? null
      if (proxy?.protocol === 'https:') await handshake(proxy, 'proxy', signal)
      return { address }
    },
    async tunnel(signal) {
      if (!proxy) return
      const startedAt = performance.now()
      let status: number
      try {
        status = await orAborted(signal, askForTunnel(requireSocket(), proxy, authorityOf(url)))
      }
      catch (error) {
        throw failure(startedAt, error, judgeTunnel(error))
      }
      const refused = judgeTunnelStatus(status, proxy)
      if (refused) throw failure(startedAt, null, refused)
    },
    secure: async signal => url.protocol === 'https:' ? await handshake(url, 'tls', signal) : null,
  }
}
