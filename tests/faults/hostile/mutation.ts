import type { CredentialErrorCode } from '../../../shared/errors.ts'
import type { Dice } from './dice.ts'
import type { Target } from './genuine.ts'

/** One way to spoil a genuine token, and the codes with which it may be refused. */
export interface Mutation {
  name: string
  codes: readonly CredentialErrorCode[]
  make(dice: Dice, target: Target): string
}

export const mutation = (name: string, codes: CredentialErrorCode | readonly CredentialErrorCode[], make: Mutation['make']): Mutation =>
  ({ name, codes: typeof codes === 'string' ? [codes] : codes, make })
