import type { Socket } from 'node:net'
import type { H3Event } from 'h3'
import ipaddr from 'ipaddr.js'
import { LicenseError } from '../license/errors.ts'
import type { Log } from '../license/ports.ts'

/* Who sent a request, and under which address they reached us. Forwarded headers count only if a trusted proxy sent them. */

export interface Peer {
  /** The client's address, for the log and the activity log. */
  address: string
  /** What rate limits count by: an IPv4 address, or an IPv6 /64, since a client that has one address in it has them all. */
  network: string
  /** Scheme, host and port as the browser sees them; `Origin` must equal this. */
  origin: string
}

declare module 'h3' {
  interface H3EventContext {
    /** For a call within the process, the visitor it is made for. */
    peer?: Peer
  }
}

export interface PeerOptions { trustProxy: readonly string[], publicUrl: URL | null }

/**
 * The last peer of each connection that does not come from a trusted proxy: nothing but the `Host` can differ from one of its
 * requests to the next.
 */
const direct = new WeakMap<Socket, { host: string | undefined, options: PeerOptions, peer: Peer }>()

/** The peer of a request. Reads forwarded headers only if the connection comes from one of `trustProxy`. */
export function peerOf(event: H3Event, options: PeerOptions): Peer {
  const { socket, headers: { host } } = event.node.req
  const last = direct.get(socket)
  if (last && last.host === host && last.options === options) return last.peer
  const peer = workOut(event, options)
  if (!isFromTrustedProxy(event, options.trustProxy)) direct.set(socket, { host, options, peer })
  return peer
}

function workOut(event: H3Event, { trustProxy, publicUrl }: PeerOptions): Peer {
  const { socket, headers } = event.node.req
  const sender = normalize(socket.remoteAddress ?? '')
  const trusted = isTrusted(sender, trustProxy)
  const forwarded = (name: string) => trusted ? firstOf(headers[name]) : undefined
  const scheme = forwarded('x-forwarded-proto') ?? ('encrypted' in socket && socket.encrypted ? 'https' : 'http')
  const host = forwarded('x-forwarded-host') ?? headers.host ?? 'localhost'
  const address = trusted ? clientOf(String(headers['x-forwarded-for'] ?? ''), sender, trustProxy) : sender
  return {
    address,
    network: networkOf(address),
    origin: publicUrl?.origin ?? originOf(scheme, host),
  }
}

/** Whether the connection comes from a proxy whose headers are trusted. */
export function isFromTrustedProxy(event: H3Event, trustProxy: readonly string[]): boolean {
  return trustProxy.length > 0 && isTrusted(normalize(event.node.req.socket.remoteAddress ?? ''), trustProxy)
}

const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Throws CROSS_SITE for a write that another web site triggered. Browsers send `Origin` or `Sec-Fetch-Site` with every such
 * request; scripts outside a browser carry nobody's cookie.
 */
export function requireSameSite(event: H3Event, origin: string): void {
  const { method, headers } = event.node.req
  if (SAFE.has(method ?? 'GET')) return
  const site = headers['sec-fetch-site']
  // No page can forge Sec-Fetch-Site. `Origin` comes second, because it needs our own address, which a proxy may hide.
  const foreign = site === undefined
    ? headers.origin !== undefined && headers.origin !== origin
    : site !== 'same-origin' && site !== 'none'
  if (foreign) throw new LicenseError('CROSS_SITE', { details: { expected: origin, found: headers.origin ?? null } })
}

/** Warns once per process that X-Forwarded-For came from an untrusted address, which may be a proxy that NC_TRUST_PROXY lacks. */
export function createForwardedHint(): (event: H3Event, trustProxy: readonly string[], log: Log) => void {
  let told = false
  return (event, trustProxy, log) => {
    const { headers, socket } = event.node.req
    // Once is enough: anybody can send this header, so it proves nothing.
    if (told || headers['x-forwarded-for'] === undefined || isFromTrustedProxy(event, trustProxy)) return
    told = true
    log.warn('a request came with X-Forwarded-For from an address that NC_TRUST_PROXY does not name, so the header was ignored; if that '
      + 'is your proxy, name it there: until then all its visitors share one address for limits and in the activity log', { address: socket.remoteAddress })
  }
}

/**
 * The client's address. Walks X-Forwarded-For from the right, through trusted proxies, to the first address that is not one of
 * them. Stops at anything that is not an address, since the client may have made up whatever is left of it.
 */
function clientOf(chain: string, direct: string, trustProxy: readonly string[]): string {
  let client = direct
  for (const hop of chain.split(',').reverse()) {
    const address = normalize(withoutPort(hop.trim()))
    if (!address) return client
    client = address
    if (!isTrusted(address, trustProxy)) return client
  }
  return client
}

/** Some proxies append the port: `192.0.2.1:51234`, `[2001:db8::1]:443`. */
function withoutPort(hop: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(hop)?.[1]
  return bracketed ?? (/^[\d.]+:\d+$/.test(hop) ? hop.slice(0, hop.indexOf(':')) : hop)
}

/** Whether browsers consider an origin trustworthy: https, or http on the machine itself (W3C Secure Contexts §3.1). */
export function isTrustworthy(origin: string): boolean {
  if (judged.origin !== origin) judged = { origin, trustworthy: judge(origin) }
  return judged.trustworthy
}

/** Nearly every request has the origin of the one before. */
let judged = { origin: '', trustworthy: false }

function judge(origin: string): boolean {
  if (!URL.canParse(origin)) return false
  const { protocol, hostname } = new URL(origin)
  return protocol === 'https:' || /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)
}

function firstOf(value: string | string[] | undefined): string | undefined {
  return String(value ?? '').split(',')[0]?.trim() || undefined
}

function originOf(scheme: string, host: string): string {
  const url = `${scheme === 'https' ? 'https' : 'http'}://${host}`
  return URL.canParse(url) ? new URL(url).origin : 'null'
}

function normalize(address: string): string {
  try {
    return ipaddr.process(address).toString()
  }
  catch {
    return ''
  }
}

function networkOf(address: string): string {
  if (!address) return 'unknown'
  const parsed = ipaddr.process(address)
  return parsed instanceof ipaddr.IPv6 ? `${parsed.parts.slice(0, 4).map(part => part.toString(16)).join(':')}::/64` : parsed.toString()
}

function isTrusted(address: string, ranges: readonly string[]): boolean {
  if (!address) return false
  const parsed = ipaddr.process(address)
  return ranges.some((range) => {
    const [network, bits] = range.includes('/') ? ipaddr.parseCIDR(range) : wholeAddress(range)
    return network.kind() === parsed.kind() && parsed.match(network, bits)
  })
}

function wholeAddress(range: string): ReturnType<typeof ipaddr.parseCIDR> {
  const address = ipaddr.process(range)
  return [address, address.kind() === 'ipv4' ? 32 : 128]
}
