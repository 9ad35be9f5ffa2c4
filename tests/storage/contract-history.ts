import { describe, expect, it } from 'vitest'
import type { EventPage } from '../../server/license/ports.ts'
import type { Bench } from './contract.ts'
import { deactivation, eventOf, HOUR, NOW, saveOf } from './samples.ts'

/** Activity log, queue of deactivations, the database's clock. */
export function describeHistory({ open }: Bench): void {
  describe('activity log', () => {
    const failed = (at: number, details = {}) =>
      eventOf({ kind: 'check_in_failed', at, actor: 'system', actorEmail: null, address: null, details })

    it('lists newest first, in pages', async () => {
      const { licenses } = await open()
      for (let n = 1; n <= 5; n++) await licenses.appendEvent(eventOf({ details: { n } }))
      const first = await licenses.listEvents({ limit: 2 })
      expect(first.map(event => event.details.n)).toEqual([5, 4])
      const rest = await licenses.listEvents({ before: first[1]?.id ?? 0, limit: 10 })
      expect(rest.map(event => event.details.n)).toEqual([3, 2, 1])
      expect(await licenses.readVersion()).toBe(5)
    })

    it('lists one kind alone, in pages, whatever lies between', async () => {
      const { licenses } = await open()
      for (let n = 1; n <= 5; n++) {
        await licenses.appendEvent(eventOf({ kind: 'removed', details: { n } }))
        await licenses.appendEvent(eventOf({ kind: n % 2 ? 'renewed' : 'verdict' }))
      }
      const first = await licenses.listEvents({ kind: 'removed', limit: 2 })
      expect(first.map(event => [event.id, event.kind, event.details.n])).toEqual([[9, 'removed', 5], [7, 'removed', 4]])
      const next = await licenses.listEvents({ kind: 'removed', before: 7, limit: 2 })
      expect(next.map(event => event.details.n)).toEqual([3, 2])
      // From between two of them, and beyond the last.
      const rest = await licenses.listEvents({ kind: 'removed', before: 2, limit: 9 })
      expect(rest.map(event => event.details.n)).toEqual([1])
      expect(await licenses.listEvents({ kind: 'removed', before: 1, limit: 9 })).toEqual([])
      expect(await licenses.listEvents({ kind: 'activated', limit: 9 })).toEqual([])
      expect((await licenses.listEvents({ kind: 'verdict', limit: 9 })).map(event => event.id)).toEqual([8, 4])
    })

    it('lists a group of kinds, in pages, newest first', async () => {
      const { licenses } = await open()
      for (const kind of ['removed', 'account_created', 'verdict', 'check_in_failed', 'removed', 'account_removed'] as const) await licenses.appendEvent(eventOf({ kind }))
      const idsOf = async (page: EventPage) => (await licenses.listEvents(page)).map(({ id }) => id)
      expect(await idsOf({ kind: 'license', limit: 2 })).toEqual([5, 3])
      expect(await idsOf({ kind: 'license', before: 3, limit: 2 })).toEqual([1])
      expect(await idsOf({ kind: 'accounts', limit: 9 })).toEqual([6, 2])
      expect(await idsOf({ kind: 'check_ins', before: 4, limit: 9 })).toEqual([])
    })

    it.each([undefined, 'license'] as const)('lists in the order of writing, in pages, although the clock was set back: %s', async (kind) => {
      const { licenses } = await open()
      for (const hours of [3, 1, 2, 0]) await licenses.appendEvent(eventOf({ kind: hours % 2 ? 'removed' : 'verdict', at: NOW + hours * HOUR }))
      const idsOf = async (page: EventPage) => (await licenses.listEvents({ ...page, ...(kind ? { kind } : {}) })).map(({ id }) => id)
      expect([await idsOf({ limit: 2 }), await idsOf({ before: 3, limit: 2 })]).toEqual([[4, 3], [2, 1]])
    })

    it('folds a run of equal check-ins into one entry', async () => {
      const { licenses } = await open()
      await licenses.appendEvent(failed(NOW, { code: 'NET_DNS', tries: 1 }))
      await licenses.appendEvent(failed(NOW + HOUR, { tries: 1, code: 'NET_DNS' }))
      await licenses.appendEvent(failed(NOW + 2 * HOUR, { code: 'NET_DNS', tries: 1 }))
      expect(await licenses.listEvents({ limit: 9 })).toEqual([
        { ...failed(NOW + 2 * HOUR, { code: 'NET_DNS', tries: 1 }), id: 1, firstAt: NOW, count: 3 },
      ])
    })

    it.each([
      ['kind', { kind: 'check_in_succeeded' as const }],
      ['actor', { actor: 'user' as const }],
      ['e-mail', { actorEmail: 'a@example.com' }],
      ['address', { address: '192.0.2.9' }],
      ['details', { details: { code: 'NET_TLS' } }],
    ])('does not fold check-ins of another %s', async (_, changes) => {
      const { licenses } = await open()
      await licenses.appendEvent(failed(NOW))
      await licenses.appendEvent({ ...failed(NOW), ...changes })
      expect(await licenses.listEvents({ limit: 9 })).toHaveLength(2)
    })

    it('folds neither across another entry nor anything but check-ins', async () => {
      const { licenses } = await open()
      await licenses.appendEvent(failed(NOW))
      await licenses.appendEvent(eventOf())
      await licenses.appendEvent(eventOf())
      await licenses.appendEvent(failed(NOW))
      const counts = (await licenses.listEvents({ limit: 9 })).map(event => event.count)
      expect(counts).toEqual([1, 1, 1, 1])
    })

    it('prunes what is older, and never uses an id again', async () => {
      const { licenses } = await open()
      await licenses.appendEvent(eventOf({ at: NOW - 1 }))
      await licenses.appendEvent(eventOf({ at: NOW }))
      expect(await licenses.pruneEvents(NOW)).toBe(1)
      expect((await licenses.listEvents({ limit: 9 })).map(event => event.id)).toEqual([2])
      expect(await licenses.pruneEvents(NOW + 1)).toBe(1)
      expect(await licenses.pruneEvents(NOW + 1)).toBe(0)
      await licenses.appendEvent(eventOf())
      expect((await licenses.listEvents({ limit: 9 }))[0]?.id).toBeGreaterThan(2)
    })

    it('keeps an old entry that was repeated lately', async () => {
      const { licenses } = await open()
      await licenses.appendEvent(failed(NOW - HOUR))
      await licenses.appendEvent(failed(NOW))
      expect(await licenses.pruneEvents(NOW)).toBe(0)
      expect(await licenses.listEvents({ limit: 9 })).toMatchObject([{ firstAt: NOW - HOUR, at: NOW, count: 2 }])
      expect(await licenses.pruneEvents(NOW + 1)).toBe(1)
    })
  })

  describe('deactivations', () => {
    it('are due at their time, or if that is too far ahead, oldest first, and can be postponed', async () => {
      const { licenses } = await open()
      await licenses.commit(saveOf(0, { deactivate: deactivation }))
      await licenses.commit(saveOf(1, { deactivate: { ...deactivation, lease: 'second', nextAt: NOW } }))
      expect((await licenses.dueDeactivations(NOW)).map(due => due.lease)).toEqual(['second'])
      const all = await licenses.dueDeactivations(NOW + HOUR)
      expect(all.map(due => due.lease)).toEqual([deactivation.lease, 'second'])
      expect((await licenses.dueDeactivations(NOW, NOW + HOUR / 2)).map(due => due.lease)).toEqual([deactivation.lease, 'second'])
      await licenses.postponeDeactivation(1, NOW + 2 * HOUR)
      expect(await licenses.dueDeactivations(NOW + 2 * HOUR)).toContainEqual(
        { ...deactivation, id: 1, nextAt: NOW + 2 * HOUR, attempts: 1 },
      )
    })

    it('show in what is read of the license: when the last of them was queued', async () => {
      const { licenses } = await open()
      expect((await licenses.read()).deactivatedAt).toBeNull()
      await licenses.commit(saveOf(0, { deactivate: { ...deactivation, createdAt: NOW + HOUR } }))
      await licenses.commit(saveOf(1, { deactivate: { ...deactivation, createdAt: NOW } }))
      expect((await licenses.read()).deactivatedAt).toBe(NOW + HOUR)
      for (const id of [1, 2]) await licenses.dropDeactivation(id, null)
      expect((await licenses.read()).deactivatedAt).toBeNull()
    })

    it('are dropped once, with one event', async () => {
      const { licenses } = await open()
      await licenses.commit(saveOf(0, { deactivate: deactivation }))
      const told = eventOf({ kind: 'vendor_told' })
      await licenses.dropDeactivation(1, told)
      await licenses.dropDeactivation(1, told)
      expect(await licenses.dueDeactivations(NOW + HOUR)).toEqual([])
      expect((await licenses.listEvents({ limit: 9 })).map(event => event.kind)).toEqual(['vendor_told', 'activated'])
    })

    it('can be dropped without an event', async () => {
      const { licenses } = await open()
      await licenses.commit(saveOf(0, { deactivate: deactivation }))
      await licenses.dropDeactivation(1, null)
      expect(await licenses.dueDeactivations(NOW + HOUR)).toEqual([])
      expect(await licenses.listEvents({ limit: 9 })).toHaveLength(1)
    })
  })

  it('reads the clock of a database that has one', async () => {
    const storage = await open()
    const time = await storage.licenses.databaseTime()
    if (storage.kind === 'sqlite') expect(time).toBeNull()
    else expect(Math.abs((time ?? 0) - Date.now())).toBeLessThan(HOUR)
  })
}
