import type { ClaimSwap, StoredClaim } from '../../../server/license/check-in-claim.ts'
import { LicenseError } from '../../../server/license/errors.ts'
import type { ClaimStore, LicenseStorage } from '../../../server/license/ports.ts'
import type { Commit, Snapshot } from '../../../server/license/stored-records.ts'
import type { Process } from './place.ts'
import type { World } from './world.ts'

/* The way of one process to the database: most steps take no time, some are slow, and any can get lost together with the line. */

const SLOW = 0.01
/** Steps that are more often slow than others: where it matters most whether something comes between. */
const OFTEN_SLOW: Readonly<Record<string, number>> = { commit: 0.1, swapClaim: 0.03 }
/** What others notice, or may have waited for. */
const NOTICED = /^(commit|dropAnchor|forget|save(?!TrustedTime)|postpone|dropDeactivation)/

/** What every tick does, or every tick while the vendor is to be told of a removal. */
const ROUTINE = new Set(['changedSince', 'databaseTime', 'saveTrustedTime', 'dueDeactivations'])

const unavailable = () => new LicenseError('STORAGE_UNAVAILABLE')

/** The store, as this process reaches it. */
export function createLine(world: World, process: Process): LicenseStorage {
  const { timeline, fate, database: { store } } = world
  const isOpen = () => world.database.up && process.place.line

  /** What waited for an answer may have something to do within the next second. */
  function goesOn(): void {
    process.stirred = true
    process.wake()
  }

  function refuse(reject: (error: LicenseError) => void): void {
    goesOn()
    reject(unavailable())
  }

  function slowly(name: string, work: () => Promise<unknown>): Promise<unknown> {
    const slowest = fate.chance(0.1) ? 800 : 300
    const [there, back] = [fate.between(1, slowest), fate.between(1, slowest)]
    return new Promise((resolve, reject) => {
      timeline.at(timeline.now + there, () => {
        if (!isOpen()) return process.later(0, () => refuse(reject))
        // It happens even if whoever asked for it is gone.
        const done = work()
        done.then(() => {
          // Whoever was woken when it was asked for may have looked too early.
          if (NOTICED.test(name)) world.disturb()
          struck(name)
        }, () => undefined)
        process.later(back, () => {
          if (!isOpen()) return refuse(reject)
          goesOn()
          resolve(done)
        })
      })
    })
  }

  function struck(name: string): void {
    if (name === 'commit') world.strike(process, 'written')
    if (name === 'swapClaim') world.strike(process, 'taken')
  }

  function pass(name: string, work: () => Promise<unknown>): Promise<unknown> {
    if (isOpen() && NOTICED.test(name)) world.disturb()
    if (!ROUTINE.has(name)) process.stirred = true
    if (!isOpen()) return fate.chance(0.8) ? Promise.reject(unavailable()) : new Promise((_, reject) => process.later(1500, () => refuse(reject)))
    return fate.chance(OFTEN_SLOW[name] ?? SLOW) ? slowly(name, work) : work()
  }

  function through<S extends object>(target: S): S {
    return new Proxy(target, {
      get(_, name) {
        const member: unknown = Reflect.get(target, name, target)
        if (name === 'claims') return through(withDefects(world, process, store, store.claims))
        if (typeof member !== 'function') return member
        return (...given: unknown[]): unknown => pass(String(name), () => Promise.resolve(Reflect.apply(member, target, given)))
      },
    })
  }
  return through(withBadCommits(world, process, store))
}

/** The store as all processes see it: every write is judged. With a defect, it is not what the domain believes. */
function withBadCommits(world: World, process: Process, store: LicenseStorage): LicenseStorage {
  const { defects, judge } = world
  return new Proxy(store, {
    get(_, name) {
      if (name === 'read') return async () => (process.known = await reading(process, store))
      if (name === 'commit') {
        return async (commit: Commit) => {
          const written = await store.commit(defects.noFence ? await unfenced(commit, store) : commit)
          if (written !== 'stale') judge.stored(process, written)
          return written
        }
      }
      return Reflect.get(store, name, store)
    },
  })
}

async function reading(process: Process, store: LicenseStorage): Promise<Snapshot> {
  const { stale } = process
  process.stale = null
  return stale ?? await store.read()
}

async function unfenced({ term: _term, seq: _seq, ...commit }: Commit, store: LicenseStorage): Promise<Commit> {
  const { revision } = await store.read()
  return { ...commit, if: { revision } }
}

function withDefects({ defects }: World, process: Process, store: LicenseStorage, claims: ClaimStore | null): ClaimStore {
  if (!claims) throw new Error('the simulated database has no clock')
  return {
    async readClaim(): Promise<StoredClaim> {
      const claim = await claims.readClaim()
      return defects.takesAtOnce && claim.now >= claim.validUntil ? { ...claim, holder: null } : claim
    },
    async swapClaim(swap: ClaimSwap): Promise<boolean> {
      const before = await claims.readClaim()
      const swapped = await claims.swapClaim(swap)
      if (defects.noReRead && swapped && swap.term > before.term) process.stale = process.known
      return swapped
    },
  }
}
