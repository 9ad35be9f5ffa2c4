import { hash, verify } from '@node-rs/argon2'
import { toComparable } from '../../shared/password.ts'
import type { HashingQueue } from './hashing-queue.ts'

/** OWASP's minimum for Argon2id: 19 MiB, two passes, one lane. Runs in the thread pool. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

export interface Passwords {
  /** Argon2id of the password's NFC form, as a PHC string. */
  hash(password: string, address: string): Promise<string>
  /**
   * Whether the password matches the hash. If there is no account (undefined) or the stored text is not a hash (somebody edited
   * it), the answer is false and takes just as long.
   */
  verify(stored: string | undefined, password: string, address: string): Promise<boolean>
  /** Whether the text is a hash that Argon2 can read. */
  isHash(stored: string, address: string): Promise<boolean>
}

/** The only way to Argon2; every call goes through the queue. */
export function createPasswords(queue: HashingQueue): Passwords {
  let decoy: Promise<string> | undefined

  async function fits(stored: string, password: string): Promise<boolean> {
    const comparable = toComparable(password)
    // Hashes from before passwords were normalised hold them as they were typed.
    return await verify(stored, comparable) || (comparable !== password && await verify(stored, password))
  }

  const fitsDecoy = async (password: string) => fits(await (decoy ??= hashDecoy()), password)

  /** One that failed is not kept: an e-mail address that nobody has must go on being answered like any other. */
  const hashDecoy = () => hash('no account has this password', PARAMETERS).catch((error: unknown) => {
    decoy = undefined
    throw error
  })

  return {
    hash: (password, address) => queue.run(address, () => hash(toComparable(password), PARAMETERS)),
    verify: (stored, password, address) => queue.run(address, async () => {
      const fit = stored === undefined ? undefined : await unlessNoHash(fits(stored, password))
      if (fit === undefined) await fitsDecoy(password)
      return fit ?? false
    }),
    isHash: (stored, address) => queue.run(address, async () => await unlessNoHash(verify(stored, '')) !== undefined),
  }
}

/** Undefined if the library cannot read the hash. Other failures, such as too little memory, are thrown. */
async function unlessNoHash(verified: Promise<boolean>): Promise<boolean | undefined> {
  try {
    return await verified
  }
  catch (error) {
    if (Object(error).code === 'InvalidArg') return undefined
    throw error
  }
}
