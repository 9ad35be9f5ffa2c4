import type { NetworkErrorCode } from '../../shared/errors.ts'

/** How far a call got, which decides what silence or a closed connection means. */
export type Stage = 'dns' | 'connect' | 'exchange'

const DNS_CODES = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME', 'ENODATA', 'ESERVFAIL', 'ETIMEOUT'])
const TLS_CODE = /^(?:ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|EPROTO$|ERROR_IN_CERT_|HOSTNAME_MISMATCH$|INVALID_CA$|CRL_)/

/** Maps what the HTTP client threw to the one code that tells the administrator where to look. */
export function networkCodeOf(error: unknown, stage: Stage, viaProxy: boolean): NetworkErrorCode {
  const chain = causesOf(error)
  const codes = chain.map(codeOf)
  if (codes.some(code => TLS_CODE.test(code))) return 'NET_TLS'
  // Connecting to the proxy has a shorter limit: what takes up the whole call's is the server behind it.
  if (viaProxy && stage !== 'exchange') {
    if (chain.some(isTotalTimeout)) return 'NET_TIMEOUT'
    return chain.some(isBehindTunnel) ? 'NET_CONNECT' : 'NET_PROXY'
  }
  if (codes.some(code => code.startsWith('HPE_') || code === 'UND_ERR_INVALID_ARG')) return 'SERVER_RESPONSE_INVALID'
  if (codes.some(code => DNS_CODES.has(code))) return 'NET_DNS'
  const silent = chain.some(isTimeout)
  if (silent && stage === 'dns') return 'NET_DNS'
  if (codes.includes('UND_ERR_CONNECT_TIMEOUT') || codes.includes('ETIMEDOUT')) return 'NET_CONNECT'
  return silent ? 'NET_TIMEOUT' : 'NET_CONNECT'
}

function causesOf(error: unknown): Error[] {
  const chain: Error[] = []
  for (let current = error; current instanceof Error && chain.length < 8; current = current.cause) {
    chain.push(current)
    if (current instanceof AggregateError) chain.push(...current.errors.filter(inner => inner instanceof Error))
  }
  return chain
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : ''
}

function isTimeout(error: Error): boolean {
  return error.name === 'TimeoutError' || ['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT'].includes(codeOf(error))
}

/** The tunnel was up: it was the license server that hung up during the TLS handshake. */
function isBehindTunnel(error: Error): boolean {
  return /before secure TLS connection/.test(error.message)
}

function isTotalTimeout(error: Error): boolean {
  return error.name === 'TimeoutError'
}
