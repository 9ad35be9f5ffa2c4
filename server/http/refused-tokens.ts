import type { Log } from '../license/ports.ts'

export interface RefusedTokens {
  /** Notes a bearer token that opened nothing: from where, for which call, and why. The token itself never gets here. */
  note(refusal: { address: string, call: string, because: string }): void
}

const WINDOW = 60_000
/** Addresses told by name in one window. */
const NAMED = 50

/**
 * Tells of refused bearer tokens without filling the log: the first of an address at once, the rest of its minute as one
 * count; of more than fifty addresses in a minute the others together.
 */
export function createRefusedTokens(log: Log): RefusedTokens {
  const more = new Map<string, number>()
  let others = 0
  let timer: NodeJS.Timeout | undefined

  function tellRest(): void {
    timer = undefined
    for (const [address, count] of more) if (count > 0) log.warn('bearer tokens refused in the last minute', { address, count })
    if (others > 0) log.warn('bearer tokens of further addresses refused in the last minute', { count: others })
    more.clear()
    others = 0
  }

  return {
    note({ address, call, because }) {
      timer ??= setTimeout(tellRest, WINDOW).unref()
      const count = more.get(address)
      if (count !== undefined) more.set(address, count + 1)
      else if (more.size >= NAMED) others++
      else {
        more.set(address, 0)
        log.warn('bearer token refused', { address, call, because })
      }
    },
  }
}
