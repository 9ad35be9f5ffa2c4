import type { ClaimSwap, Held, StoredClaim, Watched } from '../../../server/license/check-in-claim.ts'
import { CLAIM_LENGTH, heldAfter, mayCall, release, takeOver, WATCH } from '../../../server/license/check-in-claim.ts'

/*
 * Replicas, their database and the vendor, small enough to try every order in which they can act, die, freeze, or lose an answer or the
 * database. What they decide is the product's own code. Times are milliseconds from now on, so that states that differ in nothing but
 * when they happen are one.
 */

/** The step of time: whoever is neither dead nor frozen acts at least that often. */
const STEP = 2_500

type At =
  | { at: 'idle' }
  | { at: 'taking', swap: ClaimSwap }
  | { at: 'reading' }
  | { at: 'sending', lease: number }
  | { at: 'writing', lease: number, answer: number }
  | { at: 'leaving' }

interface Replica { me: string, frozen: boolean, watched: Watched | null, held: Held | null, doing: At }

export interface State {
  up: boolean
  claim: StoredClaim
  /** The lease that is stored, by its number, and whether it is due. */
  lease: number
  due: boolean
  dues: number
  head: number
  next: number[]
  issued: number
  /** For each lease: how often it was presented, and how often whoever had presented it died, froze, or was cut off before writing. */
  calls: number[]
  excuses: number[]
  replicas: Replica[]
  faults: number
}

/** A defect to plant, to see whether the exploration finds it. */
export interface Defects { noTerm?: true, noFence?: true, sendsLate?: true, takesAtOnce?: true }

export interface Limits { replicas: number, dues: number, faults: number }

export interface Step { name: string, state: State, violation?: string }

export function beginning({ replicas, faults }: Limits): State {
  return {
    up: true, claim: { holder: null, term: 0, beat: 0, validUntil: 0, now: 0 }, lease: 0, due: false, dues: 0, head: 0, next: [], issued: 0,
    calls: [], excuses: [], faults,
    replicas: Array.from({ length: replicas }, (_, n) => ({ me: `r${n}`, frozen: false, watched: null, held: null, doing: { at: 'idle' } })),
  }
}

/** Every state that may follow. */
export function stepsFrom(state: State, limits: Limits, defects: Defects = {}): Step[] {
  const steps: Step[] = []
  const step = (name: string, change: (next: State) => string | undefined | void) => {
    const next = copyOf(state)
    const violation = change(next) ?? undefined
    steps.push({ name, state: next, ...(violation === undefined ? {} : { violation }) })
  }
  state.replicas.forEach((replica, n) => {
    if (isActing(replica, state)) step(`${replica.me} ${replica.doing.at}`, next => act(next, n, defects))
    if (state.faults > 0) addFaults(replica, n, step)
    if (replica.frozen) step(`${replica.me} thaws`, (next) => { replicaOf(next, n).frozen = false })
  })
  if (!state.due && state.dues < limits.dues) step('due', (next) => { next.due = true; next.dues++ })
  if (state.up && state.faults > 0) step('the database goes', (next) => { next.up = false; next.faults-- })
  if (!state.up) step('the database is back', (next) => { next.up = true })
  const busy = state.replicas.some(replica => isActing(replica, state) && replica.doing.at !== 'idle')
  if (!busy) step('time passes', next => letTimePass(next, defects))
  return steps
}

function copyOf(state: State): State {
  return {
    ...state, claim: { ...state.claim }, next: [...state.next], calls: [...state.calls], excuses: [...state.excuses],
    replicas: state.replicas.map(each => ({ ...each, held: each.held && { ...each.held } })),
  }
}

/** Whoever waits for another's claim looks whenever time passes, and at any time once it has run out. */
function isActing({ me, frozen, doing }: Replica, { up, due, claim }: State): boolean {
  if (frozen) return false
  if (doing.at === 'idle') return due && up && (claim.holder === null || claim.holder === me || claim.now >= claim.validUntil)
  return up || doing.at === 'sending' || doing.at === 'taking' || doing.at === 'reading'
}

function addFaults({ me, frozen, watched, doing }: Replica, n: number, step: (name: string, change: (next: State) => void) => void): void {
  const excused = (next: State) => {
    next.faults--
    if (doing.at === 'writing') next.excuses[doing.lease] = (next.excuses[doing.lease] ?? 0) + 1
  }
  step(`${me} is killed`, (next) => {
    excused(next)
    next.replicas[n] = { me: `${me}'`, frozen: false, watched: null, held: null, doing: { at: 'idle' } }
  })
  if (!frozen && (doing.at !== 'idle' || watched)) step(`${me} freezes`, (next) => { excused(next); replicaOf(next, n).frozen = true })
  if (doing.at === 'taking') {
    step(`${me} loses the answer`, (next) => {
      next.faults--
      if (next.up) swapped(next, doing.swap)
      Object.assign(replicaOf(next, n), { doing: { at: 'idle' }, watched: null })
    })
  }
}

function replicaOf(state: State, n: number): Replica {
  const replica = state.replicas[n]
  if (!replica) throw new Error('no such replica')
  return replica
}

function swapped(state: State, { beat, holder, term, lasts }: ClaimSwap): boolean {
  if (state.claim.beat !== beat) return false
  state.claim = { holder, term, beat: beat + 1, validUntil: lasts, now: 0 }
  return true
}

function act(state: State, n: number, defects: Defects): string | undefined {
  const replica = replicaOf(state, n)
  const { doing, held } = replica
  switch (doing.at) {
    case 'idle':
      return look(replica, state.claim, defects)
    case 'taking': {
      const got = state.up && swapped(state, doing.swap)
      replica.watched = null
      replica.held = got ? heldAfter(doing.swap, 0) : null
      replica.doing = { at: got ? 'reading' : 'idle' }
      return
    }
    case 'reading':
      replica.doing = state.up && state.due ? { at: 'sending', lease: state.lease } : { at: 'leaving' }
      return
    case 'sending': {
      if (!defects.sendsLate && !(held && mayCall(held, 0))) {
        replica.doing = { at: 'leaving' }
        return
      }
      replica.doing = { at: 'writing', lease: doing.lease, answer: ++state.issued }
      return present(state, doing.lease)
    }
    case 'writing': {
      const inTerm = held?.term === state.claim.term
      const accepted = defects.noFence || ((inTerm || defects.noTerm) && state.lease === doing.lease)
      if (accepted) Object.assign(state, { lease: doing.answer, due: false })
      replica.doing = { at: 'leaving' }
      return accepted && !inTerm ? 'somebody wrote who had lost the claim' : undefined
    }
    case 'leaving':
      if (held) swapped(state, release(held))
      Object.assign(replica, { held: null, doing: { at: 'idle' } })
  }
}

function look(replica: Replica, claim: StoredClaim, { takesAtOnce }: Defects): undefined {
  const { watched, swap } = takeOver(replica.watched, claim, replica.me, 0)
  replica.watched = watched
  const isOver = takesAtOnce && claim.now >= claim.validUntil
  const taken = swap ?? (isOver ? { beat: claim.beat, holder: replica.me, term: claim.term + 1, lasts: CLAIM_LENGTH } : null)
  if (taken) replica.doing = { at: 'taking', swap: taken }
}

/** The vendor's side: what it reports as a fork, and how often it was asked for one due time. */
function present(state: State, lease: number): string | undefined {
  const forked = state.head !== lease && !state.next.includes(lease)
  if (state.head !== lease) Object.assign(state, { head: lease, next: [] })
  state.next.push(state.issued)
  state.calls[lease] = (state.calls[lease] ?? 0) + 1
  if (forked) return 'the vendor saw a fork'
  return (state.calls[lease] ?? 0) > 1 + (state.excuses[lease] ?? 0) ? 'one due time was called for twice' : undefined
}

/** What lies so far back that it makes no difference any more is not told apart. */
const LONG_AGO = -(CLAIM_LENGTH + WATCH + STEP)

function letTimePass(state: State, defects: Defects): void {
  const before = (at: number) => Math.max(LONG_AGO, at - STEP)
  state.claim.validUntil = Math.max(0, state.claim.validUntil - STEP)
  for (const replica of state.replicas) {
    const { held, watched } = replica
    if (held) held.until = mayCall(held, STEP) ? held.until - STEP : 0
    if (watched) replica.watched = watched.last < 0 ? null : { ...watched, since: before(watched.since), last: before(watched.last) }
    if (state.due && state.up && !replica.frozen && replica.doing.at === 'idle') look(replica, state.claim, defects)
  }
}

export interface Exploration { states: number, violation: { what: string, story: string[] } | null }

/** Visits every state that can be reached, nearest first, up to the first that must not be. */
export function explore(limits: Limits, defects: Defects = {}): Exploration {
  const first = beginning(limits)
  const cameFrom = new Map<string, { from: string | null, name: string }>([[keyOf(first), { from: null, name: 'beginning' }]])
  let edge = [first]
  while (edge.length > 0) {
    const further: State[] = []
    for (const state of edge) {
      const from = keyOf(state)
      for (const { name, state: next, violation } of stepsFrom(state, limits, defects)) {
        if (violation !== undefined) return { states: cameFrom.size, violation: { what: violation, story: [...storyOf(cameFrom, from), name] } }
        const key = keyOf(next)
        if (cameFrom.has(key)) continue
        cameFrom.set(key, { from, name })
        further.push(next)
      }
    }
    edge = further
  }
  return { states: cameFrom.size, violation: null }
}

/** Replicas that differ in nothing but their place are interchangeable. */
function keyOf({ replicas, claim, ...state }: State): string {
  const ago = (swap: { beat: number, term: number }) => [claim.beat - swap.beat, claim.term - swap.term]
  const parts = replicas.map(({ me, frozen, watched, held, doing }) => JSON.stringify([
    claim.holder === me, frozen, watched && [claim.beat - watched.beat, watched.since, watched.last], held && [...ago(held), held.until],
    doing.at === 'taking' ? ago(doing.swap) : doing,
  ]))
  return JSON.stringify([Object.values(state), claim.holder !== null, claim.validUntil, parts.toSorted()])
}

function storyOf(cameFrom: ReadonlyMap<string, { from: string | null, name: string }>, key: string): string[] {
  const story: string[] = []
  for (let at: string | null = key; at !== null;) {
    const step = cameFrom.get(at)
    if (!step) break
    story.unshift(step.name)
    at = step.from
  }
  return story
}
