import { hash, verify } from '@node-rs/argon2'
import { toComparable } from '../../shared/password.ts'
import type { Places } from './places.ts'

/** OWASP's minimum for Argon2id: 19 MiB, two passes, one lane. Runs in the thread pool. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

export interface Passwords {
  /** Argon2id of the password's NFC form, as a PHC string. */
  hash(password: string, address: string): Promise<string>
  /** Whether the password fits the hash; undefined (there is no such account) never does, and takes as long. */
  verify(stored: string | undefined, password: string, address: string): Promise<boolean>
}

/** The only way to Argon2: every hash takes a place of the address that asked for it. */
export function createPasswords(places: Places): Passwords {
  let decoy: Promise<string> | undefined

  async function fits(stored: string, password: string): Promise<boolean> {
    const comparable = toComparable(password)
    // A hash made before passwords were brought into one form holds what was typed then.
    return await verify(stored, comparable) || (comparable !== password && await verify(stored, password))
  }

  return {
    hash: (password, address) => places.run(address, () => hash(toComparable(password), PARAMETERS)),
    verify: (stored, password, address) => places.run(address, async () => {
      const fit = await fits(stored ?? await (decoy ??= hash('no account has this password', PARAMETERS)), password)
      return stored !== undefined && fit
    }),
  }
}
