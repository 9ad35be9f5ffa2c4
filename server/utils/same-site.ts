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
  const foreignSite = site !== undefined && site !== 'same-origin' && site !== 'none'
  const foreignOrigin = headers.origin !== undefined && headers.origin !== origin
  if (foreignSite || foreignOrigin) throw new LicenseError('CROSS_SITE')
}
