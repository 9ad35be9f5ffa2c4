import type { Log } from '../license/ports.ts'
import { createRepeats } from '../runtime/folded-log.ts'

export interface RefusedTokens {
  /** Notes a bearer token that opened nothing: from where, for which call, and why. The token itself never gets here. */
  note(refusal: { address: string, call: string, because: string }): void
  /** Writes what came after the first of each address; called once a minute, and at the stop. */
  flush(): void
}

/** Addresses told by name in one minute. */
const NAMED = 50

/**
 * Tells of refused bearer tokens without filling the log: the first of an address at once, the rest of its minute as one
 * count; of more than fifty addresses in a minute the others together.
 */
export function createRefusedTokens(log: Log): RefusedTokens {
  const { note, flush } = createRepeats<string>({
    named: NAMED,
    tellRest: (address, count) => log.warn('bearer tokens refused in the last minute', { address, count }),
    tellOthers: count => log.warn('bearer tokens of further addresses refused in the last minute', { count }),
  })
  return { note: refusal => note(refusal.address, () => log.warn('bearer token refused', refusal)), flush }
}
