import { describe, expect, it } from 'vitest'
import { createLicenseHolder } from '../../../server/license/license-holder.ts'
import { INSTANCE, HOUR, leaseOf, offlineClaims, standardClaims, verdictOf } from '../../support/claims.ts'
import { createSimulatedClock, START } from '../../support/simulated-clock.ts'
import { keeperOf, markOf, storedOf, storeLicense } from '../../support/holding.ts'
import { createMemoryStore } from '../../support/memory-store.ts'

describe('the holder', () => {
  it('holds nothing and trusts no time where nothing is stored', async () => {
    const holder = await keeperOf(createSimulatedClock())
    expect(holder.holding).toEqual({ kind: 'none' })
    expect(holder.trustedRecord()).toBeNull()
    expect(holder.now()).toMatchObject({ state: 'unlicensed', trusted: null, continuous: false, entitled: false, inDoubt: false })
  })

  it('verifies what is stored, and keeps it while storage is away', async () => {
    const clock = createSimulatedClock()
    const store = createMemoryStore()
    const lease = leaseOf(standardClaims())
    await storeLicense(store, lease, clock, { verdict: verdictOf().jws })
    const holder = await keeperOf(clock, store)
    expect(holder.holding).toEqual({ kind: 'lease', lease, verdict: verdictOf() })
    store.available = false
    await expect(holder.reload()).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    expect(holder.now().state).toBe('revoked')
  })

  it('F64: takes a verdict on another license for what it is: an edited row', async () => {
    const clock = createSimulatedClock()
    const store = createMemoryStore()
    const lease = leaseOf(standardClaims())
    await storeLicense(store, lease, clock, { verdict: verdictOf({ sub: 'lic_2' }).jws })
    expect((await keeperOf(clock, store)).holding).toEqual({ kind: 'invalid', code: 'TOKEN_CLAIMS_INVALID', lease })
  })

  it('lets a defect through instead of calling the license invalid', async () => {
    const clock = createSimulatedClock()
    const store = createMemoryStore()
    await storeLicense(store, leaseOf(standardClaims()), clock)
    const keyring = { kids: [], get: () => { throw new TypeError('defect') } }
    await expect(createLicenseHolder({ store, keyring, clock, instanceId: INSTANCE })).rejects.toThrow(TypeError)
  })

  it('raises its time to a lease that another replica stored', async () => {
    const clock = createSimulatedClock()
    const store = createMemoryStore()
    const holder = await keeperOf(clock, store)
    await storeLicense(store, leaseOf(standardClaims({ iat: START / 1000 + 3600 })), clock)
    await holder.reload()
    expect(holder.now()).toMatchObject({ trusted: START + HOUR, effective: START + HOUR, state: 'active' })
  })

  it('trusts time from an offline token as no answer: it raises, and later clocks still count', async () => {
    const clock = createSimulatedClock()
    const holder = await keeperOf(clock)
    const token = leaseOf(offlineClaims())
    holder.adopt(token, holder.trustedAfter(token), storedOf(token), true)
    clock.shiftWall(HOUR)
    expect(holder.now()).toMatchObject({ effective: START + HOUR, trusted: START, continuous: false })
    const lease = leaseOf(standardClaims())
    holder.adopt(lease, holder.trustedAfter(lease), storedOf(lease), true)
    expect(holder.now()).toMatchObject({ effective: START, continuous: true })
    holder.adopt(token, holder.trustedAfter(token), storedOf(token), true)
    expect(holder.now().effective).toBe(START)
  })

  it('goes on with the stored bookkeeping where it is the later one, under a lease that could not be stored', async () => {
    const clock = createSimulatedClock()
    const store = createMemoryStore()
    const stored = leaseOf(standardClaims())
    await storeLicense(store, stored, clock, { lastAttemptAt: START, lastSuccessAt: START })
    const holder = await keeperOf(clock, store)
    const newer = leaseOf(standardClaims({ seq: 2, jti: 'jti-2', iat: START / 1000 + 60 }))
    holder.adopt(newer, holder.trustedAfter(newer), storedOf(newer, { lastAttemptAt: START + 60_000, lastSuccessAt: START + 60_000, nextAt: 7 }), false)
    await holder.reload()
    expect(holder.snapshot.license).toMatchObject({ lease: newer.jws, jti: 'jti-1', lastAttemptAt: START + 60_000, nextAt: 7 })
    const event = { kind: 'check_in_failed', at: START, actor: 'system', actorEmail: null, address: null, details: {} } as const
    await store.recordFailure({ sentJti: 'jti-1', code: 'NET_DNS', outcome: { at: START + 90_000, nextAt: 8, event } })
    await holder.reload()
    expect(holder.snapshot.license).toMatchObject({
      lease: newer.jws, lastAttemptAt: START + 90_000, lastSuccessAt: START + 60_000, nextAt: 8, consecutiveFailures: 1, lastError: 'NET_DNS',
    })
    expect(holder.snapshot.version).toBe(await store.readVersion())
    expect(holder.holding).toMatchObject({ lease: newer })
  })

  describe('holds what could not be written over the row as this process wrote it itself', () => {
    const event = { kind: 'check_in_succeeded', at: START, actor: 'system', actorEmail: null, address: null, details: {} } as const
    const outcome = { at: START, nextAt: null, event }
    const second = leaseOf(standardClaims({ seq: 3, jti: 'jti-3' }))

    it('F62: a lease that lifts a verdict just written, until another replica records a later one', async () => {
      const store = createMemoryStore()
      const clock = createSimulatedClock()
      await storeLicense(store, leaseOf(standardClaims()), clock)
      const holder = await keeperOf(clock, store)
      const verdict = verdictOf()
      expect(await store.recordVerdict({ sentJti: 'jti-1', verdict: verdict.jws, seq: markOf(verdict), outcome })).toBe('written')
      holder.adoptVerdict(verdict, null)
      holder.adopt(second, holder.trustedAfter(second), storedOf(second), false)
      await holder.reload()
      expect(holder.now().state).toBe('active')
      const later = verdictOf({ seq: 4, jti: 'verdict-2' })
      expect(await store.recordVerdict({ sentJti: 'jti-1', verdict: later.jws, seq: markOf(later), outcome })).toBe('written')
      await holder.reload()
      expect(holder.holding).toMatchObject({ lease: { claims: { seq: 1 } }, verdict: later })
      expect(holder.snapshot.license).toEqual((await store.read()).license)
      expect(holder.now().state).toBe('revoked')
    })

    it('F62: a verdict on a lease just written, which lifted another', async () => {
      const store = createMemoryStore()
      const clock = createSimulatedClock()
      await storeLicense(store, leaseOf(standardClaims()), clock, { verdict: verdictOf({ seq: 1, jti: 'jti-1' }).jws })
      const holder = await keeperOf(clock, store)
      const trusted = holder.trustedAfter(second)
      expect(await store.replaceLease({ sentJti: 'jti-1', lease: second.jws, seq: markOf(second), trusted, outcome, visible: true })).toBe('written')
      holder.adopt(second, trusted, storedOf(second), true)
      const verdict = verdictOf({ seq: 4, verdict: 'suspended' })
      holder.adoptVerdict(verdict, storedOf(second, { verdict: verdict.jws }))
      await holder.reload()
      expect(holder.holding).toMatchObject({ verdict })
    })
  })
})
