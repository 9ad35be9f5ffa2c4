import type { ReplicaDisagreement } from '../../shared/contracts.ts'
import { REPLICA_DISAGREEMENTS } from '../../shared/contracts.ts'
import type { Log } from '../license/ports.ts'
import type { Replica, Replicas } from '../storage/open.ts'

/** Ms: how often each tells of itself, and after how long without that it counts as gone. */
export const TELL_EVERY = 10_000
export const GONE_AFTER = 30_000

export interface ReplicaSeen extends Replica { seenAt: number, holdsClaim: boolean }

/** What this process knows of the others that share its database. */
export interface ReplicaWatch {
  /**
   * Tells the others about this one, looks at what they say, and logs once what they begin to disagree about, and when
   * that ends. Resolves to the database's time, or null where nobody shares it.
   */
  look(): Promise<number | null>
  /** Those that are alive, this one included; empty where nobody shares the database. */
  seen(): Promise<ReplicaSeen[]>
  /** Takes this one out of what the others see, after whatever it is still telling them. */
  leave(): Promise<void>
}

export interface ReplicaWatchOptions {
  replicas: Replicas | null
  /** Who holds the check-in claim; null if nobody does. */
  holder: () => Promise<string | null>
  /** This process, as it is now. */
  self: () => Replica
  log: Pick<Log, 'info' | 'warn'>
}

const ABOUT = {
  version: ({ version }: Replica) => version,
  commit: ({ commit }: Replica) => commit,
  NC_LICENSE_KEY: ({ keyDigest }: Replica) => keyDigest,
  state: ({ state }: Replica) => state,
} satisfies Record<ReplicaDisagreement, (replica: Replica) => string | null>

/** What replicas disagree about. They answer at different moments, so that those that know of different revisions may differ in state. */
export function disagreementsOf(replicas: readonly Replica[]): ReplicaDisagreement[] {
  const newest = Math.max(...replicas.map(({ revision }) => revision))
  const upToDate = replicas.filter(({ revision }) => revision === newest)
  return REPLICA_DISAGREEMENTS.filter(each => new Set((each === 'state' ? upToDate : replicas).map(ABOUT[each])).size > 1)
}

export function createReplicaWatch({ replicas, holder, self, log }: ReplicaWatchOptions): ReplicaWatch {
  let told = ''
  /** A state that differs once may only be told a moment later by some. */
  let before: ReplicaDisagreement[] = []
  /** What is being told: arriving after `leave`, it would bring this one back. */
  let telling: Promise<unknown> = Promise.resolve()

  function tellDisagreements(seen: readonly Replica[]): void {
    const now = disagreementsOf(seen)
    const lasting = now.filter(each => each !== 'state' || before.includes(each))
    before = now
    const text = lasting.join(', ')
    if (text === told) return
    told = text
    if (text) log.warn('replicas disagree: all of them need the same version and the same configuration', { about: text, replicas: seen.map(({ id }) => id).join(', ') })
    else log.info('replicas agree again')
  }

  return {
    async look() {
      if (!replicas) return null
      const asked = replicas.tell(self(), GONE_AFTER)
      telling = Promise.allSettled([telling, asked]).then(() => undefined)
      const { now, seen } = await asked
      tellDisagreements(seen)
      return now
    },
    async seen() {
      if (!replicas) return []
      const holds = await holder()
      const me = self()
      // Of itself it knows what it has not told yet.
      const seen = await replicas.seenWithin(GONE_AFTER)
      return seen.map(each => ({ ...each, ...(each.id === me.id ? me : {}), holdsClaim: each.id === holds }))
    },
    async leave() {
      await telling
      await replicas?.leave(self().id)
    },
  }
}
