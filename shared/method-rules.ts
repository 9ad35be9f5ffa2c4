/*
 * What each method of activation means for a license: for the screen and the server alike. Nothing else compares a method
 * with a name. A new method begins with a row here; the compiler and the tests then ask for its lease
 * (`server/license/claims.ts`), its words in every language and a migration.
 */

/** The steps of a save, in order. */
export const SAVE_STEPS = ['checked', 'contacted', 'verified', 'stored'] as const
export type SaveStep = (typeof SAVE_STEPS)[number]

export interface MethodRules {
  /** What is pasted: a key, which a call exchanges for a lease, or a token, which is one. */
  credential: 'key' | 'token'
  /** How keys of this method begin; null for a method without keys. The longest match decides. */
  keyPrefix: string | null
  /** The kind of statement its lease is, by the `typ` of the JWS. */
  statement: 'lease' | 'offline'
  /** Its lease answers our nonce, and so sets trusted time outright, even backwards; any other only raises it. */
  setsTrustedTime: boolean
  saveSteps: readonly SaveStep[]
  /** The rate limit that a save counts against. */
  saveLimit: 'activate' | 'token'
  /** Its lease is swapped for a fresh one at regular intervals, and features pause if that fails for too long. */
  checksIn: boolean
  /** Renewed when a person asks for it, and at a start near the end of the term. */
  renewsOnRequest: boolean
  /** Nothing is sent to the license server, whatever happens. */
  silent: boolean
  /** The license server may be told, unasked, that a license was removed: this one or an earlier one. */
  tellsRemovals: boolean
  /** Available on Enterprise plans only. */
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

/** The one that is shown while there is no license and nobody has chosen. */
export const FIRST_METHOD: Method = METHODS[0]

/** Those whose token is asked for by a message, which may leave the server on paper. */
export const TOKEN_METHODS: readonly Method[] = METHODS.filter(method => METHOD_RULES[method].credential === 'token')

/** The rules of a license's method; undefined if there is no license. */
export function rulesOf(method: Method | null | undefined): MethodRules | undefined {
  return method ? METHOD_RULES[method] : undefined
}

/** For how long this server tries to tell the license server of a removed license, ms; after that the vendor has to free its activation. */
export const TOLD_FOR = 7 * 86_400_000
