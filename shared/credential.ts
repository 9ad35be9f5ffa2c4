/** The three ways a license can be activated; follows from the credential alone. */
export const METHODS = ['standard', 'airgapped', 'offline'] as const
export type Method = (typeof METHODS)[number]

export type Credential =
  | { method: 'standard' | 'airgapped', key: string }
  | { method: 'offline', token: string }

const AIRGAPPED_PREFIX = 'nc_ag_'
const STANDARD_PREFIX = 'nc_'
const MASK = '••••••••'

// White space (\s covers line breaks, NBSP and the BOM) and the zero-width characters that mail clients insert.
const INVISIBLE = /[\s\u180e\u200b-\u200d\u2060\ufeff]+/g
const KEY = /^[\w-]{8,256}$/
const COMPACT_JWS = /^[\w-]+\.[\w-]+\.[\w-]+$/

/** Takes what a person pasted; returns it without white space, line breaks, zero-width characters and BOM. */
export function normalizeCredential(pasted: string): string {
  return pasted.replace(INVISIBLE, '')
}

/**
 * Takes what a person pasted; returns the credential with its method, or undefined when it is neither a license key
 * nor a license token. Looks at the form only: no signature is checked here.
 */
export function parseCredential(pasted: string): Credential | undefined {
  const text = normalizeCredential(pasted)
  if (COMPACT_JWS.test(text)) return { method: 'offline', token: text }
  if (!KEY.test(text)) return undefined
  const prefix = text.slice(0, AIRGAPPED_PREFIX.length)
  if (prefix === AIRGAPPED_PREFIX) return { method: 'airgapped', key: text }
  // A prefix in other letter case is a typing mistake, not another kind of key.
  if (prefix.toLowerCase() === AIRGAPPED_PREFIX) return undefined
  const start = text.slice(0, STANDARD_PREFIX.length)
  if (start !== STANDARD_PREFIX && start.toLowerCase() === STANDARD_PREFIX) return undefined
  return { method: 'standard', key: text }
}

/** Takes a license key; returns it with only its prefix and, from 16 characters on, its last four left readable. */
export function maskKey(key: string): string {
  const prefix = [AIRGAPPED_PREFIX, STANDARD_PREFIX].find(p => key.startsWith(p)) ?? ''
  return prefix + MASK + (key.length >= 16 ? key.slice(-4) : '')
}
