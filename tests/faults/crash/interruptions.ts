/* Proof that kills land amid operations, not between them. */

export const KINDS = ['save', 'checkIn', 'remove'] as const
/** What changes the license. */
export type Kind = (typeof KINDS)[number]

/** How long a change of each kind took the last time, ms. */
export type Pace = Record<Kind, number>

export function somePace(): Pace {
  return { save: 40, checkIn: 40, remove: 20 }
}

/** After how many milliseconds to kill a change that begins now: at any moment of it, or a little later. */
export function aimAt(kind: Kind, pace: Pace): number {
  return Math.random() * 1.2 * pace[kind]
}

export interface Interruptions {
  /** Cycles in which the change that was aimed at was acknowledged before the process was dead. */
  finished: number
  /** Changes that were begun and never acknowledged. */
  killed: Record<Kind, number>
}

export function noInterruptions(): Interruptions {
  return { finished: 0, killed: { save: 0, checkIn: 0, remove: 0 } }
}

/** Fewer say nothing: each kind would be hit a few times at the most. */
export const ENOUGH_CYCLES = 150

/** What so many cycles leave unproven, each kind of change being the target of a third of them. */
export function unprovenOf({ finished, killed }: Interruptions, cycles: number): string[] {
  const rare = KINDS.filter(kind => killed[kind] < cycles / 40)
  return [...rare, ...(finished === 0 ? ['never finished'] : []), ...(finished >= cycles ? ['always finished'] : [])]
}
