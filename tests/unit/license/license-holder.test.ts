import { describe, expect, it } from 'vitest'
import { eventOf } from '../../../server/license/events.ts'
import type { LicenseHolder } from '../../../server/license/license-holder.ts'
import { createLicenseHolder } from '../../../server/license/license-holder.ts'
import type { LicenseStore } from '../../../server/license/ports.ts'
import type { Snapshot } from '../../../server/license/stored-records.ts'
import { recordFailure, recordVerdict, replaceLease, seqMarkOf } from '../../../server/license/record.ts'
import type { Lease, Verdict } from '../../../server/license/token.ts'
import { findingOf, seen } from '../../../shared/findings.ts'
import { DAY, INSTANCE, HOUR, leaseOf, offlineClaims, standardClaims, verdictOf } from '../../support/claims.ts'
import { createSimulatedClock, START } from '../../support/simulated-clock.ts'
import { holderOf, storedOf, storeLicense, storeRow } from '../../support/holding.ts'
import { createMemoryStore } from '../../support/memory-store.ts'

const made = { at: START, nextAt: null }
const fresh = leaseOf(standardClaims({ seq: 3, jti: 'jti-3' }))
const event = eventOf('check_in_succeeded', START, { kind: 'system' })

function requireSnapshot(written: Snapshot | 'stale'): Snapshot {
  if (written === 'stale') throw new Error('the sample was not written')
  return written
}
async function commitVerdict(store: LicenseStore, jti: string, verdict: Verdict): Promise<Snapshot> {
  return requireSnapshot(await store.commit({ if: { jti }, seq: seqMarkOf(verdict), change: recordVerdict(verdict, made, null), event }))
}
async function commitLease(store: LicenseStore, jti: string, lease: Lease): Promise<Snapshot> {
  return requireSnapshot(await store.commit({ if: { jti }, seq: seqMarkOf(lease), change: replaceLease(lease, made, true), event }))
}
/** As the store would answer a save of it. */
const savedOf = (snapshot: Snapshot, lease: Lease): Snapshot => ({ ...snapshot, license: storedOf(lease), marks: [seqMarkOf(lease)] })

describe('the holder', () => {
  it('holds nothing and trusts no time where nothing is stored', async () => {
    const holder = await holderOf(createSimulatedClock())
    expect(holder.holding).toEqual({ kind: 'none' })
    expect(holder.observe()).toMatchObject({ state: 'unlicensed', trusted: null, record: null, continuous: false, entitled: false, inDoubt: false })
  })

  it('verifies what is stored, and keeps it while storage is away', async () => {
    const clock = createSimulatedClock()
    const store = createMemoryStore()
    const lease = leaseOf(standardClaims())
    await storeLicense(store, lease, clock, { verdict: verdictOf().jws })
    const holder = await holderOf(clock, store)
    expect(holder.holding).toEqual({ kind: 'lease', lease, verdict: verdictOf() })
    store.available = false
    await expect(holder.reload()).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    expect(holder.observe().state).toBe('revoked')
  })

  it('F64: takes a verdict on another license for what it is: an edited row', async () => {
    const clock = createSimulatedClock()
    const store = createMemoryStore()
    const lease = leaseOf(standardClaims())
    await storeLicense(store, lease, clock, { verdict: verdictOf({ sub: 'lic_2' }).jws })
    expect((await holderOf(clock, store)).holding).toEqual({ kind: 'invalid', code: 'TOKEN_CLAIMS_INVALID', lease })
  })

  it('lets a defect through instead of calling the license invalid', async () => {
    const clock = createSimulatedClock()
    const store = createMemoryStore()
    await storeLicense(store, leaseOf(standardClaims()), clock)
    const keyring = { kids: [], get: () => { throw new TypeError('defect') } }
    await expect(createLicenseHolder({ store, keyring, clock, instanceId: INSTANCE })).rejects.toThrow(TypeError)
  })

  it('does not put an older reading over what was adopted while it was under way', async () => {
    const clock = createSimulatedClock()
    const store = createMemoryStore()
    await storeLicense(store, leaseOf(standardClaims()), clock)
    const holder = await holderOf(clock, store)
    const { read } = store
    const [begun, arrived] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    store.read = async () => {
      store.read = read
      const older = await read()
      begun.resolve()
      await arrived.promise
      return older
    }
    await store.saveSeatsUsed(1)
    const reading = holder.reload()
    await begun.promise
    const { trusted } = await holder.timeAfter(fresh)
    holder.adoptLease(fresh, trusted, await commitLease(store, 'jti-1', fresh))
    arrived.resolve()
    await reading
    expect(holder.holding).toMatchObject({ lease: fresh })
    expect(holder.snapshot).toEqual(await store.read())
  })

  it.each<[string, (holder: LicenseHolder, written: Snapshot) => unknown]>([
    ['lease', async (holder, written) => holder.adoptLease(fresh, (await holder.timeAfter(fresh)).trusted, written)],
    ['verdict', (holder, written) => holder.adoptVerdict(verdictOf(), written)],
    ['removal', (holder, written) => holder.adoptRemoval(written)],
  ])('does not put a %s of its own over what has been read since it was written', async (_what, adopt) => {
    const clock = createSimulatedClock()
    const store = createMemoryStore()
    await storeLicense(store, leaseOf(standardClaims()), clock)
    const holder = await holderOf(clock, store)
    const written = await commitLease(store, 'jti-1', fresh)
    await store.saveSeatsUsed(9)
    await storeLicense(store, leaseOf(standardClaims({ seq: 4, jti: 'jti-4' })), clock)
    const read = await holder.reload()
    await adopt(holder, written)
    expect(holder.snapshot).toEqual(read)
    expect(holder.holding).toMatchObject({ lease: { claims: { jti: 'jti-4' } }, verdict: null })
  })

  it('raises its time to a lease that another replica stored', async () => {
    const clock = createSimulatedClock()
    const store = createMemoryStore()
    const holder = await holderOf(clock, store)
    await storeLicense(store, leaseOf(standardClaims({ iat: START / 1000 + 3600 })), clock)
    await holder.reload()
    expect(holder.observe()).toMatchObject({ trusted: START + HOUR, effective: START + HOUR, state: 'active' })
  })

  it('goes by what the vendor signed, on a clock that replicas share and that is ahead, after a day in which no process ran', async () => {
    const machine = createSimulatedClock()
    const clock = { ...machine, read: () => ({ ...machine.read(), wall: machine.real() + 300_000, shared: true as const }) }
    const store = createMemoryStore({ databaseTime: () => clock.read().wall })
    const lease = leaseOf(standardClaims())
    const { uptime, boot, wall } = clock.read()
    const trusted = { at: START, uptime, boot, continuous: true }
    await storeRow(store, storedOf(lease), seqMarkOf(lease), { trusted, anchor: { jti: lease.claims.jti, at: START, wall } })
    machine.advance(24 * HOUR)
    expect((await holderOf(clock, store)).observe()).toMatchObject({ trusted: START + 24 * HOUR, effective: START + 24 * HOUR })
  })

  it.each([['ended', 400 * 24 * HOUR], ['paused', 10 * 24 * HOUR]])(
    'F55: does not believe at a start a shared clock by which the license has %s: that clock may have jumped', async (_, jump) => {
      const machine = createSimulatedClock()
      let ahead = 0
      const clock = { ...machine, read: () => ({ ...machine.read(), wall: machine.real() + ahead, shared: true as const }) }
      const store = createMemoryStore({ databaseTime: () => clock.read().wall })
      const lease = leaseOf(standardClaims())
      const { uptime, boot, wall } = clock.read()
      const anchor = { jti: lease.claims.jti, at: START, wall }
      await storeRow(store, storedOf(lease), seqMarkOf(lease), { trusted: { at: START, uptime, boot, continuous: true }, anchor })
      expect((await holderOf(clock, store)).memory.anchor).toMatchObject({ anchor, broken: false })
      ahead = jump
      const holder = await holderOf(clock, store)
      expect(holder.memory.anchor).toMatchObject({ anchor, broken: true })
      expect(holder.observe()).toMatchObject({ state: 'active', entitled: true, trusted: START })
    })

  it('F64: goes by no anchor beside an offline token, which never makes one, whether at a start or in a row that is read', async () => {
    const machine = createSimulatedClock()
    const clock = { ...machine, read: () => ({ ...machine.read(), shared: true as const }) }
    const store = createMemoryStore({ databaseTime: () => clock.read().wall })
    const token = leaseOf(offlineClaims())
    const { uptime, boot, wall } = clock.read()
    await storeRow(store, storedOf(token), seqMarkOf(token), {
      trusted: { at: START, uptime, boot, continuous: true }, anchor: { jti: token.claims.jti, at: START - DAY, wall },
    })
    const holder = await holderOf(clock, store)
    expect(holder.memory.anchor).toBeNull()
    machine.advance(400 * DAY)
    await holder.reload()
    expect(holder.memory.anchor).toBeNull()
    expect(holder.observe()).toMatchObject({ state: 'expired', entitled: false })
  })

  it('trusts time from an offline token as no answer: it raises, and later clocks still count', async () => {
    const clock = createSimulatedClock()
    const holder = await holderOf(clock)
    const token = leaseOf(offlineClaims())
    holder.adoptLease(token, (await holder.timeAfter(token)).trusted, savedOf(holder.snapshot, token))
    clock.shiftWall(HOUR)
    expect(holder.observe()).toMatchObject({ effective: START + HOUR, trusted: START, continuous: false })
    const lease = leaseOf(standardClaims())
    holder.adoptLease(lease, (await holder.timeAfter(lease)).trusted, savedOf(holder.snapshot, lease))
    expect(holder.observe()).toMatchObject({ effective: START, continuous: true })
    holder.adoptLease(token, (await holder.timeAfter(token)).trusted, savedOf(holder.snapshot, token))
    expect(holder.observe().effective).toBe(START)
  })

  it('goes on with the stored bookkeeping where it is the later one, under a lease that could not be stored', async () => {
    const clock = createSimulatedClock()
    const store = createMemoryStore()
    const stored = leaseOf(standardClaims())
    await storeLicense(store, stored, clock, { lastAttemptAt: START, lastSuccessAt: START })
    const holder = await holderOf(clock, store)
    const newer = leaseOf(standardClaims({ seq: 2, jti: 'jti-2', iat: START / 1000 + 60 }))
    const row = storedOf(newer, { lastAttemptAt: START + 60_000, lastSuccessAt: START + 60_000, nextAt: 7 })
    holder.adoptUnstoredLease(newer, (await holder.timeAfter(newer)).trusted, row)
    await holder.reload()
    expect(holder.snapshot.license).toMatchObject({ lease: newer.jws, jti: 'jti-1', lastAttemptAt: START + 60_000, nextAt: 7 })
    const finding = findingOf(seen('NET_DNS', 'dns_silent', { host: 'vendor.example' }), START + 90_000)
    await store.commit({ if: { jti: 'jti-1' }, change: recordFailure(finding, { at: START + 90_000, nextAt: 8 }), event })
    await holder.reload()
    expect(holder.snapshot.license).toMatchObject({
      lease: newer.jws, lastAttemptAt: START + 90_000, lastSuccessAt: START + 60_000, nextAt: 8, consecutiveFailures: 1, lastError: 'NET_DNS',
      lastFinding: finding,
    })
    expect(holder.snapshot.version).toBe(await store.readVersion())
    expect(holder.holding).toMatchObject({ lease: newer })
  })

  describe('holds what could not be written over the row as this process wrote it itself', () => {
    const second = leaseOf(standardClaims({ seq: 3, jti: 'jti-3' }))

    it('F62: a lease that lifts a verdict just written, until another replica records a later one', async () => {
      const store = createMemoryStore()
      const clock = createSimulatedClock()
      await storeLicense(store, leaseOf(standardClaims()), clock)
      const holder = await holderOf(clock, store)
      const verdict = verdictOf()
      holder.adoptVerdict(verdict, await commitVerdict(store, 'jti-1', verdict))
      holder.adoptUnstoredLease(second, (await holder.timeAfter(second)).trusted, storedOf(second))
      await holder.reload()
      expect(holder.observe().state).toBe('active')
      const later = verdictOf({ seq: 4, jti: 'verdict-2' })
      await commitVerdict(store, 'jti-1', later)
      await holder.reload()
      expect(holder.holding).toMatchObject({ lease: { claims: { seq: 1 } }, verdict: later })
      expect(holder.snapshot.license).toEqual((await store.read()).license)
      expect(holder.observe().state).toBe('revoked')
    })

    it('F62: a verdict on a lease just written, which lifted another', async () => {
      const store = createMemoryStore()
      const clock = createSimulatedClock()
      await storeLicense(store, leaseOf(standardClaims()), clock, { verdict: verdictOf({ seq: 1, jti: 'jti-1' }).jws })
      const holder = await holderOf(clock, store)
      const { trusted } = await holder.timeAfter(second)
      holder.adoptLease(second, trusted, await commitLease(store, 'jti-1', second))
      const verdict = verdictOf({ seq: 4, verdict: 'suspended' })
      holder.adoptUnstoredVerdict(verdict, storedOf(second, { verdict: verdict.jws }))
      await holder.reload()
      expect(holder.holding).toMatchObject({ verdict })
    })
  })
})
