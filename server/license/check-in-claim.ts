/*
 * Of several replicas on one database, one at a time makes the scheduled calls: whoever holds the claim. It is taken for one piece of
 * work, and given back after it. Pure; `claim-holder.ts` asks the database. Milliseconds throughout.
 */

/** How long a claim stands, by the database's clock for others and by uptime for whoever holds it. */
export const CLAIM_LENGTH = 30_000
/** What has to be left of it for a call to begin: ten seconds for the call, the rest for writing down what it brought. */
export const CALL_NEEDS = 15_000
/**
 * For how long another's claim has to be seen without a sign of life before it is taken over, even if it has run out: after an outage
 * its holder needs a moment to come back and to write what its call has brought.
 */
export const WATCH = 5_000
/** Looks that are further apart than this prove nothing about the time in between. */
const LONGEST_GAP = 3_000

/** The claim as stored. `beat` grows with every write to it, `term` whenever somebody takes it. */
export interface StoredClaim {
  holder: string | null
  term: number
  beat: number
  /** By the database's clock, as is `now`, its reading when this was read. */
  validUntil: number
  now: number
}

/** A write over the claim that was read at `beat`; it does nothing if somebody else has written since. */
export interface ClaimSwap { beat: number, holder: string | null, term: number, lasts: number }

/** What this process has seen of another's claim: unchanged at every look from one uptime to the other. */
export interface Watched { beat: number, since: number, last: number }

/**
 * What `me` does about a claim that was just read at this uptime: the write that takes it, or null while somebody else has it. A claim
 * that was given back is taken at once. Any other has to have run out by the database's clock and been watched for a while, or been
 * watched for longer than any claim stands, whatever that clock says.
 */
export function takeOver(
  watched: Watched | null, stored: StoredClaim, me: string, uptime: number,
): { watched: Watched | null, swap: ClaimSwap | null } {
  const swap: ClaimSwap = { beat: stored.beat, holder: me, term: stored.term + 1, lasts: CLAIM_LENGTH }
  if (stored.holder === null || stored.holder === me) return { watched: null, swap }
  const seen = lookedAgain(watched, stored, uptime)
  const unchangedFor = uptime - seen.since
  const over = (stored.now >= stored.validUntil && unchangedFor >= WATCH) || unchangedFor >= CLAIM_LENGTH + WATCH
  return { watched: seen, swap: over ? swap : null }
}

function lookedAgain(watched: Watched | null, { beat }: StoredClaim, uptime: number): Watched {
  const goesOn = watched !== null && watched.beat === beat && uptime - watched.last <= LONGEST_GAP
  return { beat, since: goesOn ? watched.since : uptime, last: uptime }
}

/** A claim that this process holds, as far as it knows: in which term, and until which uptime. */
export interface Held { term: number, beat: number, until: number }

/** What a swap that was asked for at this uptime has brought: nobody else counts the time from any earlier than that. */
export function heldAfter({ term, beat }: ClaimSwap, askedAt: number): Held {
  return { term, beat: beat + 1, until: askedAt + CLAIM_LENGTH }
}

/** Prolongs a claim in the same term. */
export function renewal({ term, beat }: Held, me: string): ClaimSwap {
  return { beat, holder: me, term, lasts: CLAIM_LENGTH }
}

/** Gives it back. */
export function release({ term, beat }: Held): ClaimSwap {
  return { beat, holder: null, term, lasts: 0 }
}

/** Whether a call may begin: it and the write after it would end before anybody else could take the claim. */
export function mayCall({ until }: Pick<Held, 'until'>, uptime: number): boolean {
  return until - uptime >= CALL_NEEDS
}
