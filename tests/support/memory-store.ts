import { LicenseError } from '../../server/license/errors.ts'
import type {
  AttemptOutcome, Installation, LicenseStore, NewEvent, PendingDeactivation, SeqMark, Snapshot, StoredEvent, StoredHold, StoredLicense,
} from '../../server/license/ports.ts'
import type { CheckInDay } from '../../shared/contracts.ts'

/** Storage in memory, for simulations of weeks; held to the same contract as the real ones. */
export interface MemoryStore extends LicenseStore {
  /** Whether the database can be reached. */
  available: boolean
  /** Every event ever appended, oldest first. */
  readonly events: readonly StoredEvent[]
}

interface State {
  installation: Installation | null
  snapshot: Omit<Snapshot, 'marks'>
  seqs: Map<string, SeqMark>
  holds: StoredHold[]
  events: StoredEvent[]
  days: Map<string, CheckInDay>
  deactivations: PendingDeactivation[]
}

export function createMemoryStore(): MemoryStore {
  const state: State = {
    installation: null,
    snapshot: {
      revision: 0, version: 0, license: null, trusted: null, seatsUsed: null, envDigest: null, renewalAttemptAt: null,
      lastRequest: null,
    },
    seqs: new Map(), holds: [], events: [], days: new Map(), deactivations: [],
  }
  let closed = false
  const { snapshot } = state

  async function step<T>(work: () => T): Promise<T> {
    if (closed || !store.available) throw new LicenseError('STORAGE_UNAVAILABLE')
    return structuredClone(work())
  }
  const note = (change: Partial<Snapshot>) => step(() => {
    snapshot.version++
    Object.assign(snapshot, structuredClone(change))
  })

  const store: MemoryStore = {
    available: true,
    get events() { return state.events },
    installation: fresh => step(() => {
      state.installation ??= { ...fresh, createdAt: Math.round(fresh.createdAt) }
      return state.installation
    }),
    read: () => step(() => ({ ...snapshot, marks: [...state.seqs.values()] })),
    readVersion: () => step(() => snapshot.version),
    getSeq: sub => step(() => state.seqs.get(sub) ?? null),
    ...licenseWrites(state, step),
    ...attemptWrites(state, step),
    holdState: (jti, decide) => step(() => {
      const stored = state.holds.filter(hold => hold.jti === jti)
      const grant = decide(structuredClone(stored))
      if (grant) state.holds = [...stored, grant]
    }),
    saveTrustedTime: trusted => step(() => { snapshot.trusted = roundTimes({ ...trusted }) }),
    saveSeatsUsed: seatsUsed => note({ seatsUsed }),
    saveLastRequest: lastRequest => note({ lastRequest }),
    saveRenewalAttempt: at => note({ renewalAttemptAt: Math.round(at) }),
    saveEnvDigest: envDigest => note({ envDigest }),
    ...history(state, step),
    dueDeactivations: now => step(() => state.deactivations.filter(({ nextAt }) => nextAt <= Math.round(now))),
    postponeDeactivation: (id, nextAt) => step(() => {
      const pending = state.deactivations.find(each => each.id === id)
      if (!pending) return
      snapshot.version++
      Object.assign(pending, { nextAt: Math.round(nextAt), attempts: pending.attempts + 1 })
    }),
    dropDeactivation: (id, event) => step(() => {
      const index = state.deactivations.findIndex(each => each.id === id)
      if (index < 0) return
      state.deactivations.splice(index, 1)
      snapshot.version++
      if (event) addEvent(state, event)
    }),
    databaseTime: async () => null,
    async close() { closed = true },
  }
  return store
}

type Step = <T>(work: () => T) => Promise<T>

function licenseWrites(state: State, step: Step): Pick<LicenseStore, 'saveLicense' | 'removeLicense'> {
  const { snapshot, deactivations } = state
  const queue = (deactivate: Parameters<LicenseStore['removeLicense']>[0]['deactivate']) => {
    if (deactivate) deactivations.push({ ...roundTimes(deactivate), id: snapshot.version, attempts: 0 })
  }
  return {
    saveLicense: input => step(() => {
      if (input.revision !== snapshot.revision || !acceptSeq(state, input.seq)) return 'stale'
      snapshot.version++
      snapshot.revision++
      snapshot.license = roundTimes(input.license)
      snapshot.trusted = roundTimes(input.trusted)
      if (input.envDigest !== undefined) snapshot.envDigest = input.envDigest
      deactivations.splice(0, deactivations.length, ...deactivations.filter(({ sub }) => sub !== null && sub !== input.seq.sub))
      queue(input.deactivate)
      addEvent(state, input.event)
      return 'written'
    }),
    removeLicense: input => step(() => {
      if (input.revision !== snapshot.revision || !snapshot.license) return 'stale'
      snapshot.version++
      snapshot.revision++
      snapshot.license = null
      queue(input.deactivate)
      addEvent(state, input.event)
      return 'written'
    }),
  }
}

type AttemptWrites = Pick<LicenseStore, 'replaceLease' | 'recordVerdict' | 'recordFailure' | 'recordState'>
function attemptWrites(state: State, step: Step): AttemptWrites {
  const { snapshot } = state
  const held = (jti: string) => snapshot.license?.jti === jti ? snapshot.license : null
  return {
    replaceLease: ({ sentJti, lease, seq, trusted, outcome, visible }) => step(() => {
      const license = held(sentJti)
      if (!license || !acceptSeq(state, seq)) return 'stale'
      Object.assign(license, { lease, jti: seq.jti, verdict: null })
      succeed(state, license, outcome)
      snapshot.trusted = roundTimes(trusted)
      if (visible) snapshot.revision++
      return 'written'
    }),
    recordVerdict: ({ sentJti, verdict, seq, outcome }) => step(() => {
      const license = held(sentJti)
      if (!license || !acceptSeq(state, seq)) return 'stale'
      license.verdict = verdict
      succeed(state, license, outcome)
      snapshot.revision++
      return 'written'
    }),
    recordFailure: ({ sentJti, code, outcome }) => step(() => {
      const license = held(sentJti)
      if (!license) return 'stale'
      Object.assign(license, roundTimes({
        lastAttemptAt: outcome.at, nextAt: outcome.nextAt, consecutiveFailures: license.consecutiveFailures + 1,
        failingSince: license.failingSince ?? outcome.at, lastError: code,
      }))
      concludeAttempt(state, license, outcome, 'failed')
      return 'written'
    }),
    recordState: ({ jti, state: told, event }) => step(() => {
      const license = held(jti)
      if (!license) return 'stale'
      if (license.lastState === told) return 'written'
      license.lastState = told
      snapshot.version++
      addEvent(state, event)
      return 'written'
    }),
  }
}

function history(state: State, step: Step): Pick<LicenseStore, 'appendEvent' | 'listEvents' | 'pruneEvents' | 'listCheckInDays'> {
  return {
    appendEvent: event => step(() => {
      state.snapshot.version++
      addEvent(state, event)
    }),
    listEvents: page => step(() => {
      const { before = Infinity, limit } = page
      return state.events.filter(({ id, kind }) => id < before && kind === (page.kind ?? kind)).reverse().slice(0, limit)
    }),
    pruneEvents: olderThan => step(() => {
      const kept = state.events.filter(({ at }) => at >= Math.round(olderThan))
      const pruned = state.events.length - kept.length
      state.events = kept
      if (pruned > 0) state.snapshot.version++
      return pruned
    }),
    listCheckInDays: since => step(() =>
      [...state.days.values()].filter(({ day }) => day >= dayOf(since)).sort((a, b) => a.day < b.day ? -1 : 1)),
  }
}

function acceptSeq({ seqs }: State, mark: SeqMark): boolean {
  const known = seqs.get(mark.sub)
  if (known && (known.seq > mark.seq || (known.seq === mark.seq && known.jti !== mark.jti))) return false
  seqs.set(mark.sub, { ...mark })
  return true
}

function succeed(state: State, license: StoredLicense, outcome: AttemptOutcome): void {
  Object.assign(license, roundTimes({
    lastSuccessAt: outcome.at, lastAttemptAt: outcome.at, nextAt: outcome.nextAt, consecutiveFailures: 0, failingSince: null,
    lastError: null,
  }))
  concludeAttempt(state, license, outcome, 'good')
}

function concludeAttempt(state: State, license: StoredLicense, { at, event }: AttemptOutcome, result: 'good' | 'failed'): void {
  state.snapshot.version++
  addEvent(state, event)
  if (license.method !== 'standard') return
  const day = state.days.get(dayOf(at)) ?? { day: dayOf(at), good: 0, failed: 0 }
  state.days.set(day.day, { ...day, [result]: day[result] + 1 })
}

const FOLDED: readonly string[] = ['check_in_succeeded', 'check_in_failed']

function addEvent(state: State, { log: _log, told: _told, ...event }: NewEvent): void {
  const newest = state.events.at(-1)
  const at = Math.round(event.at)
  if (newest && FOLDED.includes(event.kind) && isAlike(newest, event)) Object.assign(newest, { at, count: newest.count + 1 })
  else state.events.push({ ...structuredClone(event), at, id: state.snapshot.version, firstAt: at, count: 1 })
}

function isAlike(a: NewEvent, b: NewEvent): boolean {
  const identity = ({ kind, actor, actorEmail, address, details }: NewEvent) =>
    JSON.stringify([kind, actor, actorEmail, address, Object.entries(details).sort()])
  return identity(a) === identity(b)
}

/** Databases keep whole milliseconds. */
function roundTimes<T extends object>(row: T): T {
  const rounded = Object.entries(row).map(([key, value]) => [key, typeof value === 'number' ? Math.round(value) : value])
  return Object.assign({ ...row }, Object.fromEntries(rounded))
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}
