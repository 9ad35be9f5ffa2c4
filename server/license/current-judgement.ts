import type { LicenseHolder } from './license-holder.ts'
import type { Memory, Moment } from './license-memory.ts'
import type { Clock } from './ports.ts'
import type { Holding } from './state.ts'
import { bordersOf } from './state.ts'
import type { Lease } from './token.ts'
import { isoTime } from './warnings.ts'

/*
 * What hosts ask with every request of theirs is judged once, and again only when the license has changed, when its state may have, or
 * when a clock has jumped.
 */

/** Milliseconds for which a judgement stands at most; the scheduler judges as often. */
const LONGEST = 1000
/** Effective time may gain this much on uptime within LONGEST, ms. */
const LEEWAY = 5

export interface Judgement {
  readonly moment: Moment
  /** What may be used now. */
  readonly features: ReadonlySet<string>
}

export interface CurrentJudgement {
  /** The judgement that stands now: the same object for as long as it does. */
  current(): Judgement
  /** The time that decides the state of the license, ms; to be asked right after `current`. */
  readonly effective: number
}

interface Standing extends Judgement { memory: Memory, forMs: number }

const NONE: ReadonlySet<string> = new Set()

export function createCurrentJudgement(holder: Pick<LicenseHolder, 'observe' | 'memory' | 'holding'>, clock: Clock): CurrentJudgement {
  let standing: Standing | null = null
  let known: { lease: Lease, features: ReadonlySet<string> } | null = null

  function featuresOf({ lease }: Extract<Holding, { kind: 'lease' }>): ReadonlySet<string> {
    if (known?.lease !== lease) known = { lease, features: new Set(lease.claims.features) }
    return known.features
  }

  function judge(): Standing {
    const moment = holder.observe()
    const { holding, memory } = holder
    const features = moment.entitled && holding.kind === 'lease' ? featuresOf(holding) : NONE
    return { memory, moment, forMs: standsFor(holding, moment), features }
  }

  const passedIn = ({ moment, forMs }: Standing) => clock.passedSince(moment.reading, forMs)

  return {
    current() {
      // Asked more often than anything else: nothing is kept here that would have to be allocated.
      if (standing?.memory === holder.memory && passedIn(standing) !== null) return standing
      return standing = judge()
    },
    get effective() { return standing ? standing.moment.effective + (passedIn(standing) ?? 0) : 0 },
  }
}

/** How long a judgement stands if nothing else happens, ms; negative if the next may already differ. */
function standsFor(holding: Holding, { effective, inDoubt }: Moment): number {
  if (inDoubt) return -1
  const borders = holding.kind === 'lease' ? bordersOf(holding.lease.claims).filter(at => at > effective) : []
  return Math.min(LONGEST, ...borders.map(at => at - effective - LEEWAY))
}

/** Makes something of a judgement, and of `more`, once for as long as both stay the same. */
export function onceFor<T, M = null>(make: (judgement: Judgement, more: M) => T): (judgement: Judgement, more: M) => T {
  let last: { judgement: Judgement, more: M, made: T } | null = null
  return (judgement, more) => {
    if (last?.judgement !== judgement || last.more !== more) last = { judgement, more, made: make(judgement, more) }
    return last.made
  }
}

/** Tells an answer that was made a moment ago, at the time it is given (ms): the same object within a millisecond. */
export function createTeller<T extends { serverTime: string }>(): (answer: T, effective: number) => T {
  let last: { answer: T, at: number, told: T } | null = null
  return (answer, effective) => {
    const at = Math.trunc(effective)
    if (last?.answer !== answer || last.at !== at) last = { answer, at, told: { ...answer, serverTime: isoTime(at) } }
    return last.told
  }
}
