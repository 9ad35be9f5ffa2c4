/** The three ways a license can be activated; follows from the credential alone. */
export const METHODS = ['standard', 'airgapped', 'offline'] as const
export type Method = (typeof METHODS)[number]

declare const judged: unique symbol
/** A license key that has been judged (`paste.ts`): the only text that may be sent as one. */
export type LicenseKey = string & { readonly [judged]: true }

export type Credential =
  | { method: 'standard' | 'airgapped', key: LicenseKey }
  | { method: 'offline', token: string }

export const AIRGAPPED_PREFIX = 'nc_ag_'
export const KEY_PREFIX = 'nc_'
const MASK = '••••••••'

/** Takes a license key; returns it with only its prefix and, from 16 characters on, its last four left readable. */
export function maskKey(key: string): string {
  const prefix = [AIRGAPPED_PREFIX, KEY_PREFIX].find(p => key.startsWith(p)) ?? ''
  return prefix + MASK + (key.length >= 16 ? key.slice(-4) : '')
}
