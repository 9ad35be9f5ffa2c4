import type { KeyMethod, Method, TokenMethod } from './method-rules.ts'
import { METHOD_RULES, METHODS } from './method-rules.ts'

declare const judged: unique symbol
/** A license key that has passed `judgePaste`: the only text that may be sent as one. */
export type LicenseKey = string & { readonly [judged]: true }

export type Credential =
  | { method: KeyMethod, key: LicenseKey }
  | { method: TokenMethod, token: string }

/** Every key issued today begins with this. */
export const KEY_PREFIX = 'nc_'
const KEY_METHODS = METHODS.filter(isKeyMethod)
/** How the keys of each method begin, longest first. */
const PREFIXES = KEY_METHODS.map(method => METHOD_RULES[method].keyPrefix).toSorted((a, b) => b.length - a.length)
/** Those that say more than that a text is a key. */
export const TELLING_PREFIXES = PREFIXES.filter(prefix => prefix !== KEY_PREFIX)
const MASK = '••••••••'

function isKeyMethod(method: Method): method is KeyMethod {
  return METHOD_RULES[method].credential === 'key'
}

/** The method of a key, by its prefix. A key without one predates them and is standard. */
export function methodOfKey(key: string): KeyMethod {
  const prefix = PREFIXES.find(each => key.startsWith(each))
  return KEY_METHODS.find(method => METHOD_RULES[method].keyPrefix === prefix) ?? 'standard'
}

/** Masks all but the prefix and, of a key with at least 16 characters, the last four. */
export function maskKey(key: string): string {
  const prefix = PREFIXES.find(each => key.startsWith(each)) ?? ''
  return prefix + MASK + (key.length >= 16 ? key.slice(-4) : '')
}
