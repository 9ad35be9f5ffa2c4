import { hash, verify } from '@node-rs/argon2'

/** OWASP's minimum for Argon2id: 19 MiB, two passes, one lane. Runs in the thread pool. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

let decoy: Promise<string> | undefined

/** Takes a password; returns its Argon2id hash as a PHC string. */
export function hashPassword(password: string): Promise<string> {
  return hash(password, PARAMETERS)
}

/** Takes a hash (undefined: there is no such account) and a password; returns whether they fit, in the same time either way. */
export async function verifyPassword(stored: string | undefined, password: string): Promise<boolean> {
  const fits = await verify(stored ?? await (decoy ??= hashPassword('no account has this password')), password)
  return stored !== undefined && fits
}
