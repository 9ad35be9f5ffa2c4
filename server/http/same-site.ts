import type { H3Event } from 'h3'
import { LicenseError } from '../license/errors.ts'

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Takes a request and the origin people reach us under; throws CROSS_SITE for a write that another site caused. Browsers
 * send `Origin` or `Sec-Fetch-Site` with every such request; scripts outside a browser carry no one's cookie.
 */
export function requireSameSite(event: H3Event, origin: string): void {
  const { method, headers } = event.node.req
  if (SAFE.has(method ?? 'GET')) return
  const site = headers['sec-fetch-site']
  // The browser's own word, which no page can forge; `Origin` needs us to know our address, which a proxy may hide.
  const foreign = site === undefined
    ? headers.origin !== undefined && headers.origin !== origin
    : site !== 'same-origin' && site !== 'none'
  if (foreign) throw new LicenseError('CROSS_SITE', { details: { expected: origin, found: headers.origin ?? null } })
}
