/* What an address says, in the forms that sockets, requests and people need. */

/** The host, an IPv6 address without its brackets. */
export function bareHost({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '')
}

export function portOf({ port, protocol }: URL): number {
  return Number(port) || (protocol === 'https:' ? 443 : 80)
}

/** Host and port as facts. */
export function endpointOf(url: URL): { host: string, port: number } {
  return { host: bareHost(url), port: portOf(url) }
}

/** Host and port as one, such as `[::1]:443`: what a proxy is asked for (RFC 9112 §3.2.3). */
export function authorityOf(url: URL): string {
  return `${url.hostname}:${portOf(url)}`
}

/** A proxy's address, if it is not '', which stands for none. */
export function proxyOf(address: string): URL | null {
  return address === '' ? null : new URL(address)
}

/** A proxy as people are told it: without user and password. */
export function proxyName({ protocol, host }: URL): string {
  return `${protocol}//${host}`
}
