import type { LicenseHolder } from './license-holder.ts'
import type { Memory, Moment } from './license-memory.ts'
import type { Clock, ClockReading } from './ports.ts'
import type { Holding } from './state.ts'
import { bordersOf } from './state.ts'
import type { Lease } from './token.ts'

/** Milliseconds for which a judgement stands at most; the scheduler judges as often. */
const LONGEST = 1000
/** Effective time may gain this much on uptime within LONGEST, ms. */
const LEEWAY = 5

interface Judged { memory: Memory, reading: ClockReading, forMs: number, features: ReadonlySet<string> }

const NONE: ReadonlySet<string> = new Set()

/**
 * Answers which features may be used now. Judges the license anew only when it has changed, when its state may have, or when a
 * clock has jumped.
 */
export function createLicensedFeatures(holder: Pick<LicenseHolder, 'observe' | 'memory' | 'holding'>, clock: Clock): () => ReadonlySet<string> {
  let judged: Judged | null = null
  let known: { lease: Lease, features: ReadonlySet<string> } | null = null

  function featuresOf({ lease }: Extract<Holding, { kind: 'lease' }>): ReadonlySet<string> {
    if (known?.lease !== lease) known = { lease, features: new Set(lease.claims.features) }
    return known.features
  }

  function judge(): ReadonlySet<string> {
    const moment = holder.observe()
    const { holding, memory } = holder
    const features = moment.entitled && holding.kind === 'lease' ? featuresOf(holding) : NONE
    judged = { memory, reading: moment.reading, forMs: standsFor(holding, moment), features }
    return features
  }

  return () => {
    const stands = judged !== null && judged.memory === holder.memory && clock.isWithin(judged.reading, judged.forMs)
    return stands && judged ? judged.features : judge()
  }
}

/** How long a judgement stands if nothing else happens, ms; negative if the next may already differ. */
function standsFor(holding: Holding, { effective, inDoubt }: Moment): number {
  if (inDoubt) return -1
  const borders = holding.kind === 'lease' ? bordersOf(holding.lease.claims).filter(at => at > effective) : []
  return Math.min(LONGEST, ...borders.map(at => at - effective - LEEWAY))
}
