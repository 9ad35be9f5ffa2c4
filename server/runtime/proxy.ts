import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { decodes } from './addresses.ts'

/* Which proxy to use for a URL. The license server's client, the diagnostics and the support bundle all ask here. */

/** The address of the proxy to use for a URL, or '' for none. */
export type ProxyFor = (url: string) => string

export interface ProxySettings {
  /** For https and for http addresses. */
  https: string | null
  http: string | null
  noProxy: string | null
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 }

/** Normalises a proxy's address (a bare `host:port` means http, as with curl); null if it is not one. */
export function proxyAddress(value: string): string | null {
  const text = /^[a-z][a-z\d+.-]*:\/\//i.test(value) ? value : `http://${value}`
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || !['http:', 'https:'].includes(url.protocol)) return null
  const unused = !['', '/'].includes(url.pathname) || url.search || url.hash || /[,\s\\]/.test(value)
  return unused || !decodes(`${url.username}${url.password}`) || !url.hostname ? null : url.href.replace(/\/$/, '')
}

/** Chooses proxies by settings that have been validated. */
export function createProxyFor({ https, http, noProxy }: ProxySettings): ProxyFor {
  const proxies: Readonly<Record<string, string | null>> = { 'https:': https && proxyAddress(https), 'http:': http && proxyAddress(http) }
  const exceptions = entriesOf(noProxy).map(exceptionOf)
  return (address) => {
    const url = new URL(address)
    const proxy = proxies[url.protocol]
    if (!proxy) return ''
    const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
    const port = Number(url.port) || DEFAULT_PORTS[url.protocol] || 0
    return exceptions.some(exception => exception?.(host, port)) ? '' : proxy
  }
}

/** Whether every entry of NO_PROXY is understood. */
export function isNoProxy(value: string): boolean {
  return entriesOf(value).every(entry => exceptionOf(entry) !== null)
}

function entriesOf(noProxy: string | null): string[] {
  return (noProxy ?? '').split(/[,\s]+/).filter(Boolean)
}

type Exception = (host: string, port: number) => boolean

/**
 * Matches `*` (everything); a range (10.0.0.0/8) or an address, by value rather than spelling; `.example.com` or `*.example.com`
 * (every name below it); any other name (itself). A port limits an entry to that port. Null if it is none of these.
 */
function exceptionOf(entry: string): Exception | null {
  if (entry === '*') return () => true
  if (entry.includes('/')) return rangeOf(entry)
  const [, name = '', port] = isIP(entry) ? ['', entry] : /^(\[[^\]]+\]|[^:]+)(?::(\d{1,5}))?$/.exec(entry) ?? []
  const matches = nameOf(name.replace(/^\[|\]$/g, '').toLowerCase())
  return matches && (port === undefined ? matches : (host, asked) => asked === Number(port) && matches(host, asked))
}

function rangeOf(entry: string): Exception | null {
  const [address = '', bits = '', ...more] = entry.split('/')
  const version = isIP(address)
  if (!version || more.length > 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > (version === 4 ? 32 : 128)) return null
  const range = ipaddr.parseCIDR(entry)
  return (host) => {
    if (!isIP(host)) return false
    const parsed = ipaddr.process(host)
    return parsed.kind() === range[0].kind() && parsed.match(range)
  }
}

function nameOf(name: string): Exception | null {
  if (isIP(name)) {
    const wanted = ipaddr.process(name).toNormalizedString()
    return host => isIP(host) !== 0 && ipaddr.process(host).toNormalizedString() === wanted
  }
  if (!/^\*?\.?[\w-]+(?:\.[\w-]+)*\.?$/.test(name)) return null
  const plain = name.replace(/\.$/, '')
  const suffix = plain.replace(/^\*/, '')
  return plain === suffix && !plain.startsWith('.') ? host => host === plain : host => host.endsWith(suffix)
}
