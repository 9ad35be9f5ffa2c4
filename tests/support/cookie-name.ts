import { createHash } from 'node:crypto'

/** What a session's cookie is called, as the contract has it. */
export function cookieNameOf(instanceId: string, prefix: '' | '__Host-' | '__Secure-' = ''): string {
  return `${prefix}nc_license_session_${createHash('sha256').update(instanceId).digest('hex').slice(0, 8)}`
}

/** Whatever session cookie is among those that an answer sets. */
export const SESSION_COOKIE = /^(?:__Host-|__Secure-)?nc_license_session_[\da-f]{8}=/
