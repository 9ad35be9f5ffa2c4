import type { Log } from '../license/ports.ts'
import { createRepeats } from '../runtime/folded-log.ts'

export interface RefusedTokens {
  /** Records a refused bearer token: where it came from, for which call, and why. Never sees the token itself. */
  note(refusal: { address: string, call: string, because: string }): void
  /** Logs how many more came from each address; called once a minute, and at the stop. */
  flush(): void
}

/** Addresses logged by name between two flushes. */
const NAMED = 50

/**
 * Logs refused bearer tokens without letting them fill the log: the first from an address at once, the rest until the next
 * flush as one count, and all addresses beyond the first fifty as one count together.
 */
export function createRefusedTokens(log: Log): RefusedTokens {
  const { note, flush } = createRepeats<string>({
    named: NAMED,
    tellRest: (address, count) => log.warn('bearer tokens refused in the last minute', { address, count }),
    tellOthers: count => log.warn('bearer tokens from other addresses refused in the last minute', { count }),
  })
  return { note: refusal => note(refusal.address, () => log.warn('bearer token refused', refusal)), flush }
}
