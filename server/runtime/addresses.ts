import { readFileSync } from 'node:fs'
import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/* Checks the addresses an operator configures. No part of them is silently ignored: one that cannot be used is reported. */

const HOST = /^(?:\[[\da-f:.]+\]|[\w-]+(?:\.[\w-]+)*\.?)$/
/** Segments that a browser, a proxy and this server read the same way: nothing percent-encoded, no `.` or `..`, none empty. */
const PATH = /^(?:\/(?!\.{1,2}(?:\/|$))[\w.~-]+)*\/*$/

/** Why a base address (scheme, host, port, path) cannot be used as it stands; null if all of it can. */
export function addressProblem(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null
  const [, authority = '', path = ''] = /^https?:\/\/([^/?#\\\s]+)([^?#]*)/i.exec(text) ?? []
  if (!url || authority === '' || !['http:', 'https:'].includes(url.protocol)) return 'expected an address that begins with http:// or https://'
  if (/[\s,]/.test(text)) return 'expected one address, without spaces or commas'
  if (authority.includes('@')) return 'expected an address without a user name or password'
  if (/[?#]/.test(text)) return 'expected an address without a query (?) or fragment (#)'
  if (!HOST.test(url.hostname)) return 'expected a host name or an IP address as the host'
  if (!PATH.test(path)) return 'expected a path of only letters, digits and - . _ ~, such as /license'
  return null
}

/**
 * Why an entry of NC_TRUST_PROXY cannot be used; null for a full address, or a range that begins where its prefix length says.
 */
export function trustedRangeProblem(entry: string): string | null {
  const [address = '', bits, ...more] = entry.split('/')
  const version = address.includes('%') ? 0 : isIP(address)
  if (/^\d+$/.test(entry)) return 'a number of hops is not supported; expected the addresses or ranges of the proxies, such as 10.0.0.0/8, 192.168.1.4'
  if (!version || more.length > 0 || (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128)))) {
    return 'expected full addresses or ranges, separated by commas, such as 10.0.0.0/8, 192.168.1.4'
  }
  if (version === 6 && ipaddr.IPv6.parse(address).isIPv4MappedAddress()) return 'expected a plain IPv4 address, without ::ffff: in front of it'
  if (bits === undefined) return null
  const network = version === 4 ? ipaddr.IPv4.networkAddressFromCIDR(entry) : ipaddr.IPv6.networkAddressFromCIDR(entry)
  if (network.toNormalizedString() === ipaddr.parse(address).toNormalizedString()) return null
  return `${entry} is an address within a range; write ${network.toString()}/${bits} for the range, or ${address} for the address`
}

/** Whether a server can listen on this: an IP address or a host name, without scheme, port or brackets. */
export function isListenHost(text: string): boolean {
  return isIP(text) !== 0 || /^(?=.{1,253}$)[a-z\d](?:[a-z\d_-]*[a-z\d])?(?:\.[a-z\d](?:[a-z\d_-]*[a-z\d])?)*\.?$/i.test(text)
}

const CERTIFICATE = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]*-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g

/** Why a certificate file cannot be used in full; null if it can. Node itself carries on without a file it cannot read. */
export function certificateFileProblem(path: string): string | null {
  let text: string
  try {
    text = readFileSync(path, 'latin1')
  }
  catch {
    return 'expected the path of a file that can be read'
  }
  const certificates = text.match(CERTIFICATE) ?? []
  const begun = text.match(/-----BEGIN /g)?.length ?? 0
  if (certificates.length === 0) return 'expected a file of certificates in PEM form'
  return begun === certificates.length && certificates.every(isCertificate) ? null : 'the file holds something that is not a certificate in PEM form'
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined
  }
  catch {
    return false
  }
}

/** Whether the percent signs in a text stand for characters (UTF-8). */
export function decodes(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  }
  catch {
    return false
  }
}
