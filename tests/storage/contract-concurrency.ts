import { describe, expect, it } from 'vitest'
import type { Storage } from '../../server/storage/open.ts'
import { inTurns } from '../support/in-turns.ts'
import type { Bench } from './contract.ts'
import { eventOf, failureOf, fresh, freshLeaseOf, licenseOf, markOf, NOW, saveOf, silenceOf, toldStateOf, userOf } from './samples.ts'

function replica(storages: Storage[], n: number): Storage {
  const storage = storages[n % storages.length]
  if (!storage) throw new Error('nothing was opened')
  return storage
}

/** As many as race: the last of many more could wait for longer than a write may. */
const AT_ONCE = 20

/** Several stores on one database, all at once. */
export function describeConcurrency({ openShared }: Bench): void {
  const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)

  describe('replicas', () => {
    it('migrate at once, exactly one of them making the tables', async () => {
      const storages = await openShared(4)
      expect(storages.filter(storage => storage.created)).toHaveLength(1)
      for (const storage of storages) await storage.ping()
    })

    it('agree on one installation', async () => {
      const storages = await openShared(2)
      const ids = await Promise.all(numbers(20).map(n =>
        replica(storages, n).licenses.installation({ ...fresh, instanceId: `${n}`.padStart(32, '0') })))
      expect(new Set(ids.map(installation => installation.instanceId)).size).toBe(1)
    })

    it('F83: grant one interval of a held state, however many ask at once', async () => {
      const storages = await openShared(2)
      const granted: number[] = []
      await Promise.all(numbers(20).map(n => replica(storages, n).licenses.holdState('lease-1', (stored) => {
        if (stored.length > 0) return null
        granted.push(n)
        return { jti: 'lease-1', boot: `boot-${n}`, uptime: 1, wall: NOW, length: 10_000 }
      })))
      expect(granted).toHaveLength(1)
    })

    it('F66: write exactly one of 200 saves of one revision', async () => {
      const storages = await openShared(2)
      const written = await inTurns(numbers(200), AT_ONCE, n => replica(storages, n).licenses.commit(
        saveOf(0, { license: licenseOf({ jti: `lease-${n}` }), seq: markOf(n) }),
      ))
      expect(written.filter(result => result === 'stale')).toHaveLength(199)
      const jti = `lease-${written.findIndex(result => result !== 'stale')}`
      expect(await storages[0]?.licenses.read()).toMatchObject({ revision: 1, version: 1, license: { jti } })
    })

    it('keep the last ten of many findings that race, each once', async () => {
      const storages = await openShared(2)
      const found = (n: number) => silenceOf(NOW + n)
      await Promise.all(numbers(30).map(n => replica(storages, n).licenses.saveFinding(found(n))))
      const kept = await storages[0]?.licenses.listFindings() ?? []
      expect(kept).toHaveLength(10)
      expect(new Set(kept.map(({ at }) => at)).size).toBe(10)
      expect(await storages[1]?.licenses.listFindings()).toEqual(kept)
      expect(await storages[0]?.licenses.readVersion()).toBe(0)
    })

    it('lose no write of many that race', async () => {
      const storages = await openShared(2)
      await inTurns(numbers(60), AT_ONCE, n => replica(storages, n).licenses.appendEvent(
        eventOf({ kind: n % 3 === 0 ? 'check_in_failed' : 'activated', details: { n } }),
      ))
      const events = await storages[1]?.licenses.listEvents({ limit: 100 }) ?? []
      expect(events.map(event => event.details.n).sort((a, b) => Number(a) - Number(b))).toEqual(numbers(60))
      expect(new Set(events.map(event => event.id)).size).toBe(60)
      expect(await storages[0]?.licenses.readVersion()).toBe(60)
    })

    it('take one of two answers to the same check-in', async () => {
      const storages = await openShared(2)
      const [first, second] = storages.map(storage => storage.licenses)
      if (!first || !second) throw new Error('two storages are needed')
      await first.commit(saveOf(0))
      const results = await Promise.all([
        first.commit(freshLeaseOf({ seq: markOf(2), at: NOW })), second.commit(freshLeaseOf({ seq: markOf(3), at: NOW })),
      ])
      const [written, ...others] = results.filter(result => result !== 'stale')
      expect(others).toEqual([])
      expect(written).toEqual(await first.read())
      expect(await second.listCheckInDays(0)).toEqual([{ day: '2026-03-01', good: 1, failed: 0 }])
    })

    it('count every failed check-in of many at once, whatever each had read before', async () => {
      const storages = await openShared(2)
      await storages[0]?.licenses.commit(saveOf(0))
      await Promise.all(numbers(20).map(n => replica(storages, n).licenses.commit(failureOf(NOW + n))))
      expect((await storages[0]?.licenses.read())?.license).toMatchObject({ consecutiveFailures: 20 })
      expect(await storages[1]?.licenses.listCheckInDays(0)).toEqual([{ day: '2026-03-01', good: 0, failed: 20 }])
    })

    it('tell a state once, however many have noticed it', async () => {
      const storages = await openShared(2)
      await storages[0]?.licenses.commit(saveOf(0))
      await Promise.all(numbers(20).map(n => replica(storages, n).licenses.commit(toldStateOf('grace'))))
      expect(await storages[1]?.licenses.listEvents({ kind: 'state_changed', limit: 9 })).toHaveLength(1)
      expect(await storages[0]?.licenses.readVersion()).toBe(2)
    })

    it('never lose the last administrator to two removals at once', async () => {
      const storages = await openShared(2)
      const [first, second] = storages.map(storage => storage.accounts)
      if (!first || !second) throw new Error('two storages are needed')
      const [a, b] = [userOf({ role: 'admin' }), userOf({ role: 'admin' })]
      await first.createUser(a, eventOf())
      await second.createUser(b, eventOf())
      const results = await Promise.all([
        first.deleteUser(a.id, eventOf()), second.updateUser(b.id, { role: 'viewer' }, eventOf()),
      ])
      expect(results.sort()).toEqual(['stale', 'written'])
      expect(await first.countAdmins()).toBe(1)
    })

    it('see a write of the other in version', async () => {
      const [first, second] = await openShared(2)
      const before = await second?.licenses.readVersion()
      await first?.licenses.saveSeatsUsed(3)
      expect(await second?.licenses.readVersion()).toBe((before ?? 0) + 1)
    })
  })
}
