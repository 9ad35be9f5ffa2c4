/*
 * What a license does that was activated in each way: the one place that knows, for the screen and for the server. Another
 * way begins with a row here; what the compiler and the tests ask for after that is its lease (`server/license/claims.ts`), words for each
 * language and a migration.
 */

/** The steps of a save, in the order in which they are done. */
export const SAVE_STEPS = ['checked', 'contacted', 'verified', 'stored'] as const
export type SaveStep = (typeof SAVE_STEPS)[number]

export interface MethodRules {
  /** What is pasted. A key is exchanged for a lease, by a call; a token is one. */
  credential: 'key' | 'token'
  /** How keys of this method begin; null for a method without keys. The longest that fits decides. */
  keyPrefix: string | null
  /** Which kind of statement its lease is, by the `typ` of the JWS. */
  statement: 'lease' | 'offline'
  /** Its lease answered our nonce, and so sets trusted time outright, backwards too; any other only raises it. */
  setsTrustedTime: boolean
  saveSteps: readonly SaveStep[]
  /** The limit by which saves are counted. */
  saveLimit: 'activate' | 'token'
  /** Leases are swapped for fresh ones as they say, and features pause when that fails for too long. */
  checksIn: boolean
  /** A renewal is asked for by a person, and at a start near the end of the term. */
  renewsOnRequest: boolean
  /** Nothing is sent to the license server, whatever happens. */
  silent: boolean
  /** The license server may be told something nobody has asked for: that a license was removed, its own or an earlier one. */
  tellsRemovals: boolean
  /** Part of Enterprise plans alone. */
  enterpriseOnly: boolean
}

export const METHOD_RULES = {
  standard: {
    credential: 'key', keyPrefix: 'nc_', statement: 'lease', setsTrustedTime: true, saveSteps: SAVE_STEPS, saveLimit: 'activate',
    checksIn: true, renewsOnRequest: false, silent: false, tellsRemovals: true, enterpriseOnly: false,
  },
  airgapped: {
    credential: 'key', keyPrefix: 'nc_ag_', statement: 'lease', setsTrustedTime: true, saveSteps: SAVE_STEPS, saveLimit: 'activate',
    checksIn: false, renewsOnRequest: true, silent: false, tellsRemovals: false, enterpriseOnly: true,
  },
  offline: {
    credential: 'token', keyPrefix: null, statement: 'offline', setsTrustedTime: false, saveSteps: ['checked', 'verified', 'stored'],
    saveLimit: 'token', checksIn: false, renewsOnRequest: false, silent: true, tellsRemovals: false, enterpriseOnly: true,
  },
} as const satisfies Record<string, MethodRules>

/** How a license was activated; follows from the credential alone. */
export type Method = keyof typeof METHOD_RULES
type MethodBy<C extends MethodRules['credential']> = { [M in Method]: (typeof METHOD_RULES)[M]['credential'] extends C ? M : never }[Method]
export type KeyMethod = MethodBy<'key'>
export type TokenMethod = MethodBy<'token'>

/** In the order in which people are offered them. */
export const METHODS = ['standard', 'airgapped', 'offline'] as const satisfies readonly Method[]

/** The rules of the method of a license that may not be there. */
export function rulesOf(method: Method | null | undefined): MethodRules | undefined {
  return method ? METHOD_RULES[method] : undefined
}
