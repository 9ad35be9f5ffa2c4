import type { KeyMethod, Method, TokenMethod } from './method-rules.ts'
import { METHOD_RULES, METHODS } from './method-rules.ts'

declare const judged: unique symbol
/** A license key that has been judged (`paste.ts`): the only text that may be sent as one. */
export type LicenseKey = string & { readonly [judged]: true }

export type Credential =
  | { method: KeyMethod, key: LicenseKey }
  | { method: TokenMethod, token: string }

/** Begins every key that is issued. */
export const KEY_PREFIX = 'nc_'
const KEY_METHODS = METHODS.filter(isKeyMethod)
/** How the keys of each method begin, the most telling first. */
const PREFIXES = KEY_METHODS.map(method => METHOD_RULES[method].keyPrefix).toSorted((a, b) => b.length - a.length)
/** Those that say more than that it is a key. */
export const TELLING_PREFIXES = PREFIXES.filter(prefix => prefix !== KEY_PREFIX)
const MASK = '••••••••'

function isKeyMethod(method: Method): method is KeyMethod {
  return METHOD_RULES[method].credential === 'key'
}

/** The method of a key by its prefix. A key with none, from before there were any, is a standard one. */
export function methodOfKey(key: string): KeyMethod {
  const prefix = PREFIXES.find(each => key.startsWith(each))
  return KEY_METHODS.find(method => METHOD_RULES[method].keyPrefix === prefix) ?? 'standard'
}

/** The key with only its prefix and, from 16 characters on, its last four left readable. */
export function maskKey(key: string): string {
  const prefix = PREFIXES.find(each => key.startsWith(each)) ?? ''
  return prefix + MASK + (key.length >= 16 ? key.slice(-4) : '')
}
