import type { FindingCause } from '../../shared/findings.ts'
import type { Deed, Injection } from './injection.ts'
import { ANSWERS } from './injections/answers.ts'
import { DATABASE } from './injections/databases.ts'
import { CLOCK, PASTED } from './injections/here.ts'
import { NETWORK } from './injections/network.ts'

/* Which injections a run is asked for, and which of them this machine allows. main.ts sets the environment. */

export interface Case { injection: Injection, deed: Deed }

export const isolated = process.env.DIAGNOSIS_ISOLATED === '1'
/** The library of faketime, if there is one. */
export const faketime = process.env.DIAGNOSIS_FAKETIME
/** `ten`, part of a name, or nothing for a whole run. */
const only = process.env.DIAGNOSIS_ONLY ?? ''
export const isTen = only === 'ten'
export const isWhole = only === ''

export const INJECTIONS: readonly Injection[] = [...NETWORK, ...ANSWERS, ...PASTED, ...CLOCK, ...DATABASE]

/** Causes that no injection brings about, with the reason. */
export const NOT_INJECTED: Partial<Record<FindingCause, string>> = {
  empty: 'The page keeps an empty field from being sent, and says so beside it.',
}

const TEN = [
  'a name that does not exist', 'a firewall that drops', 'an expired certificate', 'a proxy that wants a login',
  'a block page with 403', 'a gateway\'s 502', 'a check-in refused: expired', 'pasted: words around a key',
  'clock: 2 hours behind', 'database: locked by another process',
]

const isAskedFor = ({ name }: Injection) => isTen ? TEN.includes(name) : name.includes(only)
const isPossible = ({ injection }: Case) => (isolated || !injection.isolated) && (faketime !== undefined || !injection.needsClock)

/** Of the ten, each by its first deed. */
export const chosen: readonly Case[] = INJECTIONS.filter(isAskedFor)
  .flatMap(injection => injection.deeds.slice(0, isTen ? 1 : undefined).map(deed => ({ injection, deed })))
export const cases = chosen.filter(isPossible)
export const leftOut = chosen.filter(each => !isPossible(each)).map(titleOf)

export function titleOf({ injection, deed }: Case): string {
  return `${injection.name}, ${deed}`
}
