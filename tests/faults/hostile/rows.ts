import { olderOnes, wrongClaims, wrongDates, wrongInstallations, wrongKinds } from './claims.ts'
import { createDice } from './dice.ts'
import { otherSpellings, unsigned, wrongSignatures } from './encoding.ts'
import type { Target } from './genuine.ts'
import type { Mutation } from './mutation.ts'
import { otherForms, ownKeys, wrongAlgorithms, wrongKids, wrongSigners } from './signers.ts'
import { empty, foreignText } from './text.ts'

export interface HostileRow { row: string, about: string, share: number, mutations: readonly Mutation[] }
export interface Hostile { mutation: Mutation, credential: string }

/** Every row with its share of all credentials, in per cent; tokens would have their key fetched from `listener`. */
export function hostileRows(listener: string): readonly HostileRow[] {
  return [
    { row: 'F01', about: 'empty credentials', share: 2, mutations: empty },
    { row: 'F03', about: 'characters and prefixes no credential has', share: 8, mutations: foreignText },
    { row: 'F10', about: 'unsigned tokens', share: 8, mutations: unsigned },
    { row: 'F11', about: 'tokens of another algorithm', share: 8, mutations: wrongAlgorithms },
    { row: 'F12', about: 'tokens that bring their key', share: 6, mutations: ownKeys(listener) },
    { row: 'F13', about: 'tokens of an unknown kid', share: 7, mutations: wrongKids },
    { row: 'F14', about: 'tokens with a wrong signature', share: 14, mutations: wrongSignatures },
    { row: 'F15', about: 'tokens in another spelling', share: 8, mutations: otherSpellings },
    { row: 'F16', about: 'other serialisations', share: 8, mutations: otherForms },
    { row: 'F17', about: 'signed tokens with impossible claims', share: 14, mutations: wrongClaims },
    { row: 'F18', about: 'signed statements of another kind', share: 6, mutations: wrongKinds },
    { row: 'F19', about: 'tokens for another installation', share: 3, mutations: wrongInstallations },
    { row: 'F20', about: 'older tokens', share: 3, mutations: olderOnes },
    { row: 'F21', about: 'tokens of another signer', share: 3, mutations: wrongSigners },
    { row: 'F22', about: 'tokens that are over or not begun', share: 2, mutations: wrongDates },
  ]
}

/** So many hostile credentials of a row, its ways of spoiling one taking turns. */
export function* hostileCredentials({ row, mutations }: HostileRow, count: number, seed: number, target: Target): Generator<Hostile> {
  const dice = createDice(seed ^ Number.parseInt(row.slice(1), 10) * 0x9e3779b1)
  for (let n = 0; n < count; n++) {
    const mutation = mutations[n % mutations.length]
    if (mutation) yield { mutation, credential: mutation.make(dice, target) }
  }
}
