import { LicenseError } from '../../server/license/errors.ts'
import { foldsInto } from '../../server/license/events.ts'
import type { StoredClaim } from '../../server/license/check-in-claim.ts'
import type { ClaimStore, Deactivations, Findings, History, LicenseStorage } from '../../server/license/ports.ts'
import type {
  Change, Commit, CountedDay, Installation, NewEvent, PendingDeactivation, SeqMark, Snapshot, StoredEvent, StoredHold,
} from '../../server/license/stored-records.ts'
import { dayOf, mayFollow } from '../../server/license/record.ts'
import type { Diagnostics } from '../../shared/contracts.ts'
import { kindsOf } from '../../shared/contracts.ts'
import type { Finding } from '../../shared/findings.ts'

/** In-memory storage, for simulating weeks; held to the same contract as the real ones. */
export interface MemoryStore extends LicenseStorage {
  /** Whether the database can be reached. */
  available: boolean
  /** Every event ever appended, oldest first. */
  readonly events: readonly StoredEvent[]
}

interface State {
  installation: Installation | null
  snapshot: Omit<Snapshot, 'marks' | 'deactivatedAt'>
  marks: Map<string, SeqMark>
  holds: StoredHold[]
  claim: Omit<StoredClaim, 'now'>
  events: StoredEvent[]
  days: Map<string, CountedDay>
  deactivations: PendingDeactivation[]
  findings: Finding[]
  diagnostics: Diagnostics | null
}

type Step = <T>(work: () => T) => Promise<T>

/** `databaseTime` (ms) makes it a database with a clock of its own, which several processes share. */
export function createMemoryStore({ databaseTime = null }: { databaseTime?: (() => number) | null } = {}): MemoryStore {
  const state: State = {
    installation: null,
    snapshot: {
      revision: 0, version: 0, license: null, trusted: null, anchor: null, seatsUsed: null, provisionedDigest: null, renewalAttemptAt: null,
      lastRequest: null, previous: null,
    },
    marks: new Map(), holds: [],
    claim: { holder: null, term: 0, beat: 0, validUntil: 0 },
    events: [], days: new Map(), deactivations: [], findings: [], diagnostics: null,
  }
  let closed = false
  const { snapshot } = state

  const step: Step = async (work) => {
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
    read: () => step(() => snapshotOf(state)),
    readVersion: () => step(() => snapshot.version),
    changedSince: version => step(() => snapshot.version !== version),
    commit: input => step(() => commit(state, input)),
    installation: fresh => step(() => {
      state.installation ??= { ...fresh, createdAt: Math.round(fresh.createdAt) }
      return state.installation
    }),
    holdState: (jti, decide) => step(() => {
      const stored = state.holds.filter(hold => hold.jti === jti)
      const grant = decide(structuredClone(stored))
      if (grant) state.holds = [...stored, grant]
    }),
    databaseTime: async () => databaseTime?.() ?? null,
    claims: databaseTime && createClaims(state, step, databaseTime),
    saveTrustedTime: trusted => step(() => { snapshot.trusted = roundTimes({ ...trusted }) }),
    dropAnchor: jti => step(() => {
      if (snapshot.anchor?.jti === jti) Object.assign(snapshot, { anchor: null, version: snapshot.version + 1 })
    }),
    saveSeatsUsed: seatsUsed => note({ seatsUsed }),
    saveLastRequest: lastRequest => note({ lastRequest }),
    saveRenewalAttempt: at => note({ renewalAttemptAt: Math.round(at) }),
    forgetPrevious: replacedAt => step(() => {
      if (snapshot.previous?.replacedAt !== replacedAt) return
      snapshot.version++
      snapshot.previous = null
    }),
    saveProvisionedDigest: provisionedDigest => note({ provisionedDigest }),
    ...createHistory(state, step),
    ...createFindings(state, step),
    ...createDeactivations(state, step),
    async close() { closed = true },
  }
  return store
}

function snapshotOf({ snapshot, marks, deactivations }: State): Snapshot {
  const deactivatedAt = deactivations.length > 0 ? Math.max(...deactivations.map(({ createdAt }) => createdAt)) : null
  return { ...snapshot, marks: [...marks.values()], deactivatedAt }
}

function commit(state: State, input: Commit): Snapshot | 'stale' {
  const { snapshot, marks } = state
  const stands = 'jti' in input.if ? snapshot.license?.jti === input.if.jti : snapshot.revision === input.if.revision
  if (input.term !== undefined && input.term !== state.claim.term) return 'stale'
  if (!stands || (input.seq && !mayFollow(marks.get(input.seq.sub) ?? null, input.seq))) return 'stale'
  const decision = input.change(structuredClone(snapshot.license))
  if (decision === 'stale') return 'stale'
  writeChange(state, decision, input)
  return snapshotOf(state)
}

function writeChange(state: State, change: Change, { seq, trusted, anchor, provisionedDigest, event }: Commit): void {
  const { snapshot, marks } = state
  const { license, visible, checkIn, deactivate, cancels, previous } = change
  snapshot.version++
  if (visible) snapshot.revision++
  snapshot.license = license && roundTimes(license)
  if (seq) marks.set(seq.sub, { ...seq })
  if (trusted) snapshot.trusted = roundTimes(trusted)
  if (anchor) snapshot.anchor = roundTimes(anchor)
  if (provisionedDigest !== undefined) snapshot.provisionedDigest = provisionedDigest
  if (previous !== undefined) snapshot.previous = previous && roundTimes(previous)
  if (cancels) state.deactivations = state.deactivations.filter(pending => !cancels(pending))
  if (deactivate) state.deactivations.push({ ...roundTimes(deactivate), id: snapshot.version, attempts: 0 })
  if (checkIn) {
    const day = state.days.get(dayOf(checkIn.at)) ?? { day: dayOf(checkIn.at), good: 0, failed: 0 }
    state.days.set(day.day, { ...day, [checkIn.result]: day[checkIn.result] + 1 })
  }
  addEvent(state, event)
}

function createClaims(state: State, step: Step, now: () => number): ClaimStore {
  return {
    readClaim: () => step(() => ({ ...state.claim, now: now() })),
    swapClaim: ({ beat, holder, term, lasts }) => step(() => {
      if (state.claim.beat !== beat) return false
      state.claim = { holder, term, beat: beat + 1, validUntil: now() + lasts }
      return true
    }),
  }
}

function createHistory(state: State, step: Step): History {
  return {
    appendEvent: event => step(() => {
      state.snapshot.version++
      addEvent(state, event)
    }),
    listEvents: page => step(() => {
      const { before = Infinity, limit } = page
      return state.events.filter(({ id, kind }) => id < before && kindsOf(page.kind ?? kind).includes(kind)).reverse().slice(0, limit)
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

function createFindings(state: State, step: Step): Findings {
  return {
    saveFinding: finding => step(() => addFinding(state, finding)),
    listFindings: () => step(() => state.findings),
    saveDiagnostics: result => step(() => {
      state.diagnostics = structuredClone(result)
    }),
    readDiagnostics: () => step(() => state.diagnostics),
  }
}

function addFinding(state: State, finding: Finding): void {
  state.findings = [structuredClone(finding), ...state.findings].slice(0, 10)
}

function createDeactivations(state: State, step: Step): Deactivations {
  const { snapshot } = state
  return {
    dueDeactivations: (now, farthest = Infinity) => step(() =>
      state.deactivations.filter(({ nextAt }) => nextAt <= Math.round(now) || nextAt > Math.round(farthest))),
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
  }
}

function addEvent(state: State, { log: _log, told: _told, ...event }: NewEvent): void {
  const newest = state.events.at(-1)
  const at = Math.round(event.at)
  if (event.finding) addFinding(state, event.finding)
  if (newest && foldsInto(newest, event)) Object.assign(newest, { at, count: newest.count + 1, finding: event.finding })
  else state.events.push({ ...structuredClone(event), at, id: state.snapshot.version, firstAt: at, count: 1 })
}

/** Databases store whole milliseconds. */
function roundTimes<T extends object>(row: T): T {
  const rounded = Object.entries(row).map(([key, value]) => [key, typeof value === 'number' ? Math.round(value) : value])
  return Object.assign({ ...row }, Object.fromEntries(rounded))
}
