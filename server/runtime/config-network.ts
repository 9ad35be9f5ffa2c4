import { addressProblem, certificateFileProblem, isListenHost, trustedRangeProblem } from './addresses.ts'
import type { Environment, Source } from './config-source.ts'
import { listOf } from './config-source.ts'
import type { ProxyFor } from './proxy.ts'
import { createProxyFor, isNoProxy, proxyAddress } from './proxy.ts'

/* Variables about where this server is reached, and how it reaches others. Problems are recorded in the source. */

/** Null for the default. */
export function port(source: Source): string | null {
  const value = source.text('PORT')
  if (value && /^\d{1,5}$/.test(value) && Number(value) <= 65_535) return String(Number(value))
  if (value) source.reject('PORT', 'expected a port number from 0 to 65535')
  return null
}

/** Null to listen on every address. */
export function host(source: Source): string | null {
  const value = source.text('HOST')
  if (value && !isListenHost(value)) source.reject('HOST', 'expected only an IP address or a host name, such as 0.0.0.0, without scheme, port or brackets')
  return value
}

/** What `localhost` leads to as well, as the URL standard writes it. */
const LOCALHOST: ReadonlySet<string> = new Set(['0.0.0.0', '[::]', 'localhost', '127.0.0.1', '[::1]'])

/** Where a server that listens there is reached from its own machine. */
export function localUrl({ port, host }: { port: number, host: string | null }): string {
  const url = `http://${host?.includes(':') ? `[${host}]` : host}:${port}`
  // No URL can name the network interface, as in fe80::1%eth0.
  const name = host !== null && URL.canParse(url) ? new URL(url).hostname : 'localhost'
  return `http://${LOCALHOST.has(name) ? 'localhost' : name}:${port}`
}

export function publicUrl(source: Source): URL | null {
  const value = source.text('NC_PUBLIC_URL')
  if (!value) return null
  const problem = addressProblem(value)
  if (!problem) return new URL(value)
  source.reject('NC_PUBLIC_URL', `${problem} (the address people open, such as https://nocodb.example.com/license)`)
  return null
}

export function trustProxy(source: Source): string[] {
  const ranges = listOf(source.text('NC_TRUST_PROXY'))
  for (const range of ranges) {
    const problem = trustedRangeProblem(range)
    if (problem) source.reject('NC_TRUST_PROXY', problem)
  }
  return ranges
}

export function trustWarnings(ranges: readonly string[]): string[] {
  return ranges.some(range => range.endsWith('/0'))
    ? ['NC_TRUST_PROXY trusts every address: anybody who connects can choose the address under which they are logged and limited']
    : []
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

export function licenseServerUrl(source: Source): string {
  const value = source.text('NC_LICENSE_SERVER_URL') ?? 'https://app.nocodb.com'
  const problem = addressProblem(value)
  if (problem) {
    source.reject('NC_LICENSE_SERVER_URL', problem)
    return value
  }
  const url = new URL(value)
  if (url.protocol !== 'https:' && !isLoopback(url)) source.reject('NC_LICENSE_SERVER_URL', 'expected an https:// address (http:// only to a loopback address)')
  return url.href.replace(/(?<!\/)\/+$/, '')
}

export function proxies(source: Source): ProxyFor {
  const [https, http, noProxy] = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'].map(name => source.proxyText(name))
  for (const [name, value] of [['HTTPS_PROXY', https], ['HTTP_PROXY', http]] as const) {
    if (value && !proxyAddress(value)) {
      source.reject(name, 'expected http://host:port or https://host:port, without a path, with user and password percent-encoded')
    }
  }
  if (noProxy && !isNoProxy(noProxy)) {
    source.reject('NO_PROXY', 'expected host names, addresses and ranges separated by commas, such as localhost, .example.com, 10.0.0.0/8')
  }
  return createProxyFor({ https: https ?? null, http: http ?? null, noProxy: noProxy ?? null })
}

/** Node has already tried to read the file, and carries on without it if that failed. */
export function checkCertificates(source: Source, env: Environment): void {
  if (!source.text('NODE_EXTRA_CA_CERTS')) return
  const problem = certificateFileProblem(env.NODE_EXTRA_CA_CERTS ?? '')
  if (problem) source.reject('NODE_EXTRA_CA_CERTS', problem)
}
