import { createHash } from 'node:crypto'

/** The name of the session cookie, as in the contract. */
export function cookieNameOf(instanceId: string, prefix: '' | '__Host-' | '__Secure-' = ''): string {
  return `${prefix}nc_license_session_${createHash('sha256').update(instanceId).digest('hex').slice(0, 8)}`
}

/** The session cookie among those a response sets. */
export const SESSION_COOKIE = /^(?:__Host-|__Secure-)?nc_license_session_[\da-f]{8}=/
