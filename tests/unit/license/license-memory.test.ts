import { beforeAll, describe, expect, it } from 'vitest'
import { beginDoubt } from '../../../server/license/doubt.ts'
import type { Memory } from '../../../server/license/license-memory.ts'
import {
  isBeneathUnstored, observe, overRead, snapshotOf, withoutLicense, withRead, withStoredLease, withStoredVerdict, withUnstoredAttempt,
  withUnstoredLease, withUnstoredVerdict,
} from '../../../server/license/license-memory.ts'
import type { HeldAnchor } from '../../../server/license/shared-anchor.ts'
import type { ClockReading } from '../../../server/license/ports.ts'
import type { Snapshot, StoredLicense, TrustedTimeRecord } from '../../../server/license/stored-records.ts'
import { seqMarkOf } from '../../../server/license/record.ts'
import type { Lease } from '../../../server/license/token.ts'
import { DAY, HOUR, INSTANCE, leaseOf, standardClaims, verdictOf } from '../../support/claims.ts'
import { storedOf } from '../../support/holding.ts'
import { START } from '../../support/simulated-clock.ts'

const lease = leaseOf(standardClaims())
const fresh = leaseOf(standardClaims({ seq: 3, jti: 'jti-3', iat: START / 1000 + 3600 }))
const verdict = verdictOf()
const trusted: TrustedTimeRecord = { at: START, uptime: 1000, boot: 'a', continuous: true }
const reading = (changes: Partial<ClockReading> = {}): ClockReading => ({ wall: START, uptime: 1000, boot: 'a', ...changes })

function snapshot(license: StoredLicense | null, changes: Partial<Snapshot> = {}): Snapshot {
  return {
    revision: 1, version: 1, license, marks: [seqMarkOf(lease)], trusted, anchor: null, seatsUsed: null, provisionedDigest: null,
    renewalAttemptAt: null, lastRequest: null, previous: null,
    deactivatedAt: null,
    ...changes,
  }
}

function memoryOf(changes: Partial<Memory> = {}): Memory {
  const stored = snapshot(storedOf(lease, { lastAttemptAt: START, lastSuccessAt: START }))
  return deepFreeze({
    instanceId: INSTANCE, stored, unstored: null, holding: { kind: 'lease', lease, verdict: null }, verified: stored, trusted, newestAt: START, anchored: false,
    anchor: null, lookedAt: { uptime: 1000, boot: 'a' }, doubt: beginDoubt(null), ...changes,
  })
}

/** Whatever is handed in must be left as it is; here a change would throw. */
function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    Object.values(value).forEach(deepFreeze)
  }
  return value
}

describe('an observation', () => {
  it.each<[string, Partial<Memory>, Partial<ClockReading>, object]>([
    ['of nothing has no trusted time', { holding: { kind: 'none' }, trusted: null }, {}, { state: 'unlicensed', trusted: null, record: null, continuous: false, entitled: false }],
    ['advances trusted time with the uptime', {}, { wall: START + HOUR, uptime: 1000 + HOUR }, { trusted: START + HOUR, effective: START + HOUR, continuous: true }],
    ['leaves trusted time where it is across a reboot', {}, { boot: 'b', wall: START + HOUR, uptime: 5 }, { trusted: START, effective: START + HOUR, continuous: false }],
    ['takes the later clock', {}, { wall: START - DAY }, { trusted: START, effective: START, wall: START - DAY }],
    ['takes the wall clock where it is the later one', {}, { wall: START + DAY }, { effective: START + DAY, state: 'grace', entitled: true }],
    ['takes trusted time alone once the vendor has answered', { anchored: true }, { wall: START + DAY }, { effective: START, state: 'active' }],
    ['is of the state that the time makes', {}, { wall: START + 9 * DAY, uptime: 1000 + 9 * DAY }, { state: 'paused', entitled: false, inDoubt: false }],
    ['is of a mismatch on another installation', { instanceId: 'f'.repeat(32) }, {}, { state: 'mismatch', entitled: false }],
    ['holds the last state for what is left of the interval', { doubt: beginDoubt({ jti: 'jti-1', until: 2000 }) }, { wall: START + 30 * DAY }, { state: 'active', entitled: true, inDoubt: true }],
    ['holds it no longer', { doubt: beginDoubt({ jti: 'jti-1', until: 1000 }) }, { wall: START + 30 * DAY }, { state: 'paused', entitled: false, inDoubt: false }],
  ])('%s', (_, changes, at, expected) => {
    const { moment } = observe(memoryOf(changes), reading(at))
    expect(moment).toMatchObject(expected)
    expect(moment.record?.at ?? null).toBe(moment.trusted)
  })

  it('made twice of one reading is the same, and remembers the same', () => {
    for (const wall of [START, START + 30 * DAY, START - DAY]) {
      const once = observe(memoryOf(), reading({ wall, uptime: 7000 }))
      expect(observe(deepFreeze(once.memory), reading({ wall, uptime: 7000 }))).toEqual(once)
    }
  })

  it('remembers trusted time: a week of right clocks lends no weight to a wrong one', () => {
    const WEEK = 7 * DAY
    const { memory } = observe(memoryOf(), reading({ wall: START + WEEK, uptime: 1000 + WEEK }))
    const { moment } = observe(memory, reading({ wall: START + WEEK + 301_000, uptime: 2000 + WEEK }))
    expect(moment.trusted).toBeCloseTo(START + WEEK + 1000, -1)
  })

  it('remembers what the next needs: a wall clock that has jumped is held once it has been seen to be right', () => {
    const jumped = reading({ wall: START + 30 * DAY, uptime: 2000 })
    expect(observe(memoryOf(), jumped).moment).toMatchObject({ state: 'paused', inDoubt: false })
    const { memory } = observe(memoryOf(), reading())
    expect(observe(deepFreeze(memory), jumped).moment).toMatchObject({ state: 'active', inDoubt: true })
  })
})

describe('where replicas share a clock that is five minutes ahead', () => {
  const AHEAD = 300_000
  const shared = (elapsed: number): ClockReading => reading({ wall: START + AHEAD + elapsed, uptime: 1000 + elapsed, shared: true })
  const anchor: HeldAnchor = { anchor: { jti: 'jti-1', at: START, wall: START + AHEAD }, since: shared(0), broken: false }

  it('an observation after a day without one goes on by what the vendor signed', () => {
    const { memory, moment } = observe(memoryOf({ anchor }), shared(DAY))
    expect(memory.anchor?.broken).toBe(false)
    expect(moment).toMatchObject({ trusted: START + DAY, effective: START + DAY, wall: START + DAY + AHEAD })
  })

  // While no anchor held, trusted time has leant towards the clock by a minute.
  const leant = memoryOf({ trusted: { at: START + HOUR + 60_000, uptime: 1000 + HOUR, boot: 'a', continuous: true } })
  const rowOf = (held: Lease, wall: number) =>
    snapshot(storedOf(held), { version: 2, marks: [seqMarkOf(held)], anchor: { jti: held.claims.jti, at: held.claims.iat * 1000, wall } })
  const afterReading = (memory: Memory, held: Lease, wall: number) =>
    observe(deepFreeze(withRead(memory, rowOf(held, wall), { kind: 'lease', lease: held, verdict: null }, shared(HOUR))), shared(HOUR))

  it('a lease that answered another of them sets the time back', () => {
    const { memory, moment } = afterReading(leant, fresh, START + HOUR + AHEAD)
    expect(memory.anchor?.broken).toBe(false)
    expect(moment).toMatchObject({ trusted: START + HOUR, effective: START + HOUR, continuous: true })
  })

  it.each<[string, Memory, Lease, number]>([
    ['by an old row that is put back', memoryOf({ ...leant, newestAt: START + HOUR }), fresh, START + HOUR + AHEAD],
    ['by an anchor that is edited', leant, lease, START + HOUR + AHEAD],
    ['by a clock that was set back since the answer', leant, fresh, START + DAY],
    ['by the first license that is seen', memoryOf({ ...leant, newestAt: null }), fresh, START + HOUR + AHEAD],
  ])('nothing sets it back %s', (_, memory, held, wall) => {
    expect(afterReading(memory, held, wall).moment).toMatchObject({ trusted: START + HOUR + 60_000, effective: START + HOUR + AHEAD })
  })

  it('nothing sets it back by an old row that is put back, and by the one before that again', () => {
    const { memory } = afterReading(memoryOf({ ...leant, newestAt: START + HOUR }), lease, START + HOUR + AHEAD)
    expect(afterReading(memory, fresh, START + HOUR + AHEAD).moment).toMatchObject({ trusted: START + HOUR + 60_000, effective: START + HOUR + AHEAD })
  })
})

describe('what could not be stored', () => {
  const row = storedOf(fresh, { lastAttemptAt: START + HOUR, lastSuccessAt: START + HOUR, nextAt: 7 })
  const failed = storedOf(lease, {
    lastAttemptAt: START + HOUR, nextAt: 9, consecutiveFailures: 2, failingSince: START + HOUR, lastError: 'NET_DNS', lastSuccessAt: START,
  })
  const at = { ...trusted, at: START + HOUR }
  let unstored: Memory
  beforeAll(() => { unstored = deepFreeze(withUnstoredLease(memoryOf(), fresh, at, row, reading())) })

  it('is held with its row, under the stored jti, which the next write is compared with', () => {
    expect(unstored).toMatchObject({ holding: { lease: fresh, verdict: null }, anchored: true, trusted: at, stored: memoryOf().stored })
    expect(snapshotOf(unstored).license).toEqual({ ...row, jti: 'jti-1' })
    expect(snapshotOf(unstored).version).toBe(1)
  })

  const read = (changes: Partial<StoredLicense> = {}, marks = [seqMarkOf(lease)]) =>
    snapshot(storedOf(lease, { lastAttemptAt: START, lastSuccessAt: START, ...changes }), { version: 2, marks })

  it.each<[string, Snapshot, boolean]>([
    ['the row it was to replace', read(), true],
    ['that row with other bookkeeping', read({ consecutiveFailures: 3, lastState: 'grace' }), true],
    ['another lease', read({ jti: 'jti-9' }), false],
    ['a verdict that somebody else has recorded', read({ verdict: verdict.jws }), false],
    ['a later statement than its own', read({}, [{ sub: 'lic_1', seq: 4, jti: 'jti-4' }]), false],
    ['no license at all', snapshot(null), false],
  ])('goes on over %s: %s', (_, found, expected) => {
    expect(isBeneathUnstored(unstored, found)).toBe(expected)
  })

  it('goes on over nothing where only an attempt could not be counted', () => {
    expect(isBeneathUnstored(withUnstoredAttempt(memoryOf(), failed), read())).toBe(false)
  })

  it.each<[string, Partial<StoredLicense>, object]>([
    ['its own bookkeeping', {}, { lastAttemptAt: START + HOUR, nextAt: 7, consecutiveFailures: 0 }],
    ['the stored bookkeeping where that is later',
      { lastAttemptAt: START + 2 * HOUR, nextAt: 8, consecutiveFailures: 1 }, { lastAttemptAt: START + 2 * HOUR, nextAt: 8, consecutiveFailures: 1 }],
    ['the state that was told', { lastState: 'grace' }, { lastState: 'grace' }],
  ])('goes on with %s', (_, stored, expected) => {
    const over = overRead(unstored, read(stored))
    expect(snapshotOf(over)).toMatchObject({ version: 2, license: { lease: fresh.jws, verdict: null, jti: 'jti-1', lastSuccessAt: START + HOUR, ...expected } })
    expect(over.holding).toBe(unstored.holding)
  })

  it('gives way to what was read', () => {
    const found = read({ verdict: verdict.jws })
    const memory = withRead(unstored, found, { kind: 'lease', lease, verdict }, reading())
    expect(memory).toMatchObject({ unstored: null, verified: found })
    expect(snapshotOf(memory)).toBe(found)
  })

  it.each<[string, Partial<StoredLicense>, object]>([
    ['stays over the row it was made on', {}, { lastAttemptAt: START + HOUR, nextAt: 9, consecutiveFailures: 2, failingSince: START + HOUR, lastError: 'NET_DNS' }],
    ['takes nothing else of the row', { lastState: 'grace', verdict: 'v' }, { lastState: 'grace', verdict: 'v', consecutiveFailures: 2 }],
    ['gives way to a later one', { lastAttemptAt: START + HOUR, nextAt: 8 }, { nextAt: 8, consecutiveFailures: 0 }],
    ['gives way to another lease', { jti: 'jti-9' }, { jti: 'jti-9', consecutiveFailures: 0 }],
  ])('of a failed attempt %s', (_, stored, expected) => {
    const noted = withUnstoredAttempt(memoryOf(), failed)
    expect(snapshotOf(noted).license).toEqual(failed)
    expect(snapshotOf(withRead(noted, read(stored), noted.holding, reading())).license).toMatchObject(expected)
  })

  it('of a failed attempt on top of a lease keeps that lease', () => {
    const noted = withUnstoredAttempt(unstored, { ...row, consecutiveFailures: 1 })
    expect(snapshotOf(noted).license).toMatchObject({ lease: fresh.jws, consecutiveFailures: 1 })
    expect(isBeneathUnstored(noted, read())).toBe(true)
  })

  it('of a failed attempt still holds once the lease that came after it has given way', () => {
    const both = withUnstoredLease(withUnstoredAttempt(memoryOf(), failed), fresh, at, row, reading())
    const found = read({ verdict: verdict.jws })
    expect(snapshotOf(withRead(both, found, { kind: 'lease', lease, verdict }, reading())).license)
      .toMatchObject({ verdict: verdict.jws, consecutiveFailures: 2, nextAt: 9 })
  })

  it('of a verdict stands on the lease, stored or not', () => {
    const later = verdictOf({ seq: 4 })
    const both = withUnstoredVerdict(unstored, later, { ...row, verdict: later.jws })
    expect(both.holding).toMatchObject({ lease: fresh, verdict: later })
    const written = snapshot(storedOf(lease, { verdict: later.jws, verdictRun: { verdict: 'revoked', since: START - DAY } }), { version: 2 })
    const over = withStoredVerdict(unstored, later, written)
    expect(snapshotOf(over)).toMatchObject({ version: 2, license: { lease: fresh.jws, verdict: later.jws } })
    // The lease that could not be stored has ended the run that the row tells of.
    expect(snapshotOf(over).license?.verdictRun).toEqual({ verdict: 'revoked', since: START })
    expect(snapshotOf(overRead(over, written)).license?.verdictRun).toEqual({ verdict: 'revoked', since: START })
    expect(isBeneathUnstored(over, snapshot(storedOf(lease, { verdict: later.jws })))).toBe(true)
  })
})

describe('what was stored', () => {
  it('takes the place of what could not be, a lease and a removal alike', () => {
    const before = withUnstoredLease(memoryOf(), fresh, trusted, storedOf(fresh), reading())
    const written = snapshot(storedOf(fresh), { version: 2 })
    expect(snapshotOf(withStoredLease(before, fresh, trusted, written, reading()))).toBe(written)
    const removed = withoutLicense(before, snapshot(null, { version: 3 }))
    expect(removed).toMatchObject({ holding: { kind: 'none' }, unstored: null, stored: { version: 3, license: null } })
  })

  it('still sets the time, backwards too, if it has been read again before its commit has ended', () => {
    const read = memoryOf({ stored: snapshot(storedOf(fresh), { version: 3 }), trusted: { ...trusted, at: START + DAY } })
    const after = withStoredLease(read, fresh, trusted, snapshot(storedOf(fresh), { version: 2 }), reading())
    expect(after).toMatchObject({ trusted, anchored: true, stored: read.stored })
  })

  it('is verified when it is read again: nobody knows what else is in the row', () => {
    expect(withStoredLease(memoryOf(), fresh, trusted, snapshot(storedOf(fresh)), reading()).verified).toBeNull()
    expect(withStoredVerdict(memoryOf(), verdict, snapshot(storedOf(lease, { verdict: verdict.jws }))).verified).toBeNull()
  })

  it('by another replica raises trusted time to what was signed', () => {
    const memory = withRead(memoryOf(), snapshot(storedOf(fresh)), { kind: 'lease', lease: fresh, verdict: null }, reading())
    expect(memory.trusted).toMatchObject({ at: START + HOUR, continuous: false })
    const same = memoryOf()
    expect(withRead(same, same.stored, same.holding, reading()).trusted).toBe(trusted)
  })
})
