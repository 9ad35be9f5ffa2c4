import type { ReplicaSet, ReplicasView, Role } from '../../shared/contracts.ts'
import { withoutAddresses } from '../../shared/redaction.ts'
import type { App } from '../runtime/app.ts'
import type { ReplicaSeen } from '../runtime/replica-watch.ts'
import { disagreementsOf } from '../runtime/replica-watch.ts'
import { adviceOnReplicas } from '../runtime/sentences.ts'
import { replicaViewOf } from './views.ts'

/* What people are shown of the processes that share a database. A name is the host's; a viewer sees none that is an address. */

/** Those that are alive, and what they disagree about; undefined on SQLite, and while the database cannot be asked. */
export async function replicaSetOf(watch: App['replicas'], role: Role): Promise<ReplicaSet | undefined> {
  const seen = await watch.seen().catch(() => [])
  return seen.length === 0 ? undefined : shownTo(role, setOf(seen))
}

/** The same, and who answers; undefined also for one that is alone. */
export async function replicasOf({ replicas, storage, config }: Pick<App, 'replicas' | 'storage' | 'config'>, role: Role): Promise<ReplicasView | undefined> {
  const [seen, now] = await Promise.all([replicas.seen(), storage.licenses.databaseTime()]).catch(() => [[], null] as const)
  if (seen.length < 2) return undefined
  const set = setOf(seen)
  const asOf = now ?? Math.max(...seen.map(({ seenAt }) => seenAt))
  return shownTo(role, {
    ...set, asOf: new Date(asOf).toISOString(), answeredBy: config.replica, remedy: adviceOnReplicas(set.disagreeAbout).join(' ') || null,
  })
}

const setOf = (seen: readonly ReplicaSeen[]): ReplicaSet => ({ seen: seen.map(replicaViewOf), disagreeAbout: disagreementsOf(seen) })
const shownTo = <T extends ReplicaSet>(role: Role, set: T): T => role === 'admin' ? set : withoutAddresses(set)
