import type { Random } from '../../../server/license/ports.ts'
import type { MemoryStore } from '../../support/memory-store.ts'
import type { Fate } from './fate.ts'
import type { Judge } from './judge.ts'
import type { Process } from './place.ts'
import type { Timeline } from './timeline.ts'
import type { Vendor } from './vendor.ts'

/** Where something can strike: after a call went out, after the claim was taken, after a write was made and before its answer. */
export type StrikePoint = 'sent' | 'taken' | 'written'

/** A bug to plant, to see whether the simulation finds it. */
export interface Defects {
  /** A commit is written whatever has happened since. */
  noFence?: true
  /** Whoever has taken the claim goes on with what it knew before. */
  noReRead?: true
  /** Features pause when the grace period begins. */
  noGrace?: true
  /** A claim that has run out is taken at the first look. */
  takesAtOnce?: true
}

/** The one database, and its clock. */
export interface Database {
  readonly store: MemoryStore
  up: boolean
  /** By its own clock, ms, and when that was last moved, by the true time. */
  time(): number
  readonly movedAt: number
}

/** What all replicas of one simulated installation share. */
export interface World {
  readonly timeline: Timeline
  readonly fate: Fate
  readonly random: Random
  readonly database: Database
  readonly vendor: Vendor
  vendorUp: boolean
  readonly judge: Judge
  readonly defects: Defects
  readonly instanceId: string
  /** Adds a line to the trace. */
  tell(who: string, what: string): void
  /** Lets fate strike a process at the worst moment. */
  strike(process: Process, point: StrikePoint): void
  /** Something has changed that replicas may notice: those that sleep through a calm wake up. */
  disturb(): void
  /** Nothing that replicas may notice has changed since that time, ms. */
  isCalm(since: number): boolean
}
