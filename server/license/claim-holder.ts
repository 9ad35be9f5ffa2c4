import type { Held, Watched } from './check-in-claim.ts'
import { heldAfter, mayCall, release, renewal, takeOver } from './check-in-claim.ts'
import type { ClaimStore, Clock } from './ports.ts'

/** Leave to make scheduled calls. */
export interface Grant {
  /** The term whose writes count; null where nobody else could hold the claim. */
  readonly term: number | null
  /** Whether a call may begin, or go out, at this moment. */
  mayCall(): boolean
  /** Renews it if too little of it is left for another call. False if it has been lost. */
  lasts(): Promise<boolean>
  /** Keeps the claim beyond the work that it was taken for, until the function it returns is called. */
  keep(): () => Promise<void>
}

/** Which replica makes the scheduled calls. */
export interface CheckInClaim {
  /**
   * Runs the work while this process holds the claim, and gives it back afterwards. Null, with nothing run, if another process holds
   * it. Rejects with STORAGE_UNAVAILABLE while the database cannot be asked.
   */
  run<T>(work: (grant: Grant) => Promise<T>): Promise<{ result: T } | null>
}

/** What a commit has to name so that nobody's late answer is written over another's. */
export function termOf(grant: Grant | undefined): { term?: number } {
  return grant === undefined || grant.term === null ? {} : { term: grant.term }
}

/** The claim of the only process there is: always granted, even while the database is away. */
export function createSoleClaim(): CheckInClaim {
  const grant: Grant = { term: null, mayCall: () => true, lasts: async () => true, keep: () => async () => undefined }
  return { run: async work => ({ result: await work(grant) }) }
}

export interface SharedClaimOptions {
  claims: ClaimStore
  clock: Clock
  /** Names this process; no other ever has the same name. */
  me: string
}

/** The claim in a database that several processes share. Pieces of work of this process that overlap share it. */
export function createSharedClaim({ claims, clock, me }: SharedClaimOptions): CheckInClaim {
  let watched: Watched | null = null
  let held: Held | null = null
  let users = 0
  let lastStep: Promise<unknown> = Promise.resolve()
  const uptime = () => clock.read().uptime

  /** One at a time, so that no step decides on what another is about to change. */
  function inOrder<T>(step: () => Promise<T>): Promise<T> {
    const next = lastStep.then(step)
    lastStep = next.catch(() => undefined)
    return next
  }

  async function take(): Promise<boolean> {
    if (held && await prolong()) return true
    try {
      const askedAt = uptime()
      const looked = takeOver(watched, await claims.readClaim(), me, uptime())
      watched = looked.watched
      if (!looked.swap || !await claims.swapClaim(looked.swap)) return false
      held = heldAfter(looked.swap, askedAt)
      return true
    }
    catch (error) {
      // Whoever could not look has not watched.
      watched = null
      throw error
    }
  }

  /** Makes sure that there is enough left of it for a call; false, and it is no longer held, if another process has it. */
  async function prolong(): Promise<boolean> {
    if (!held) return false
    const askedAt = uptime()
    if (mayCall(held, askedAt)) return true
    const swap = renewal(held, me)
    held = await claims.swapClaim(swap) ? heldAfter(swap, askedAt) : null
    return held !== null
  }

  async function leave(): Promise<void> {
    users--
    await inOrder(async () => {
      if (users > 0 || !held) return
      const given = release(held)
      held = null
      // Without the database it runs out by itself.
      await claims.swapClaim(given).catch(() => undefined)
    })
  }

  function grantOf(term: number): Grant {
    const isMine = () => held?.term === term
    return {
      term,
      mayCall: () => held !== null && isMine() && mayCall(held, uptime()),
      lasts: () => inOrder(async () => isMine() && await prolong() && isMine()),
      keep() {
        users++
        return leave
      },
    }
  }

  return {
    async run(work) {
      users++
      try {
        if (!await inOrder(take) || !held) return null
        return { result: await work(grantOf(held.term)) }
      }
      finally {
        await leave()
      }
    },
  }
}
