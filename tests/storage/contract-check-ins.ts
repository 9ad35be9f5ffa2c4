import { describe, expect, it } from 'vitest'
import type { LicenseStorage } from '../../server/license/ports.ts'
import type { Commit } from '../../server/license/stored-records.ts'
import type { Bench } from './contract.ts'
import { DAY, failureOf, freshLeaseOf, HOUR, licenseOf, markOf, NOW, removalOf, saveOf, silenceOf, toldStateOf, verdictOf } from './samples.ts'

const failing = {
  consecutiveFailures: 4, failingSince: NOW - DAY, lastError: 'NET_DNS', lastFinding: silenceOf(NOW - DAY), verdict: 'old.verdict.sig',
} as const

/** What check-ins, renewals and the passing of time write. */
export function describeCheckIns(bench: Bench): void {
  async function openLicensed(changes = {}): Promise<LicenseStorage> {
    const { licenses } = await bench.open()
    const input = saveOf(0, { license: licenseOf(changes) })
    if (await licenses.commit(input) === 'stale') throw new Error('the sample was not written')
    return licenses
  }

  describe('a fresh lease', () => {
    it('swaps the lease, lifts the verdict, resets the failures and sets trusted time', async () => {
      const licenses = await openLicensed(failing)
      const written = await licenses.commit(freshLeaseOf())
      const at = NOW + HOUR
      expect(written).toMatchObject({
        revision: 1, version: 2, trusted: { at: NOW - HOUR }, marks: [markOf(2)],
        license: licenseOf({
          lease: 'header.lease-2.sig', jti: 'lease-2', lastSuccessAt: at, lastAttemptAt: at, nextAt: at + HOUR,
        }),
      })
      expect(await licenses.read()).toEqual(written)
      expect((await licenses.listEvents({ limit: 1 }))[0]?.kind).toBe('check_in_succeeded')
    })

    it('grows revision when a person sees the change', async () => {
      const licenses = await openLicensed()
      await licenses.commit(freshLeaseOf({ visible: true }))
      expect((await licenses.read()).revision).toBe(2)
    })

    it('counts the day of a standard license, and none of an airgapped one', async () => {
      const standard = await openLicensed()
      await standard.commit(freshLeaseOf())
      expect(await standard.listCheckInDays(NOW)).toEqual([{ day: '2026-03-01', good: 1, failed: 0 }])
      const airgapped = await openLicensed({ method: 'airgapped' })
      await airgapped.commit(freshLeaseOf())
      expect(await airgapped.listCheckInDays(0)).toEqual([])
    })

    it.each([
      ['an answer that comes after another lease', { jti: 'lease-0' }],
      ['a lower seq', { seq: markOf(0) }],
      ['an equal seq of another lease', { seq: markOf(1, 'other') }],
    ])('drops %s', async (_, changes) => {
      const licenses = await openLicensed(failing)
      const before = await licenses.read()
      expect(await licenses.commit(freshLeaseOf(changes))).toBe('stale')
      expect(await licenses.read()).toEqual(before)
      expect(before.marks).toEqual([markOf(1)])
      expect(await licenses.listCheckInDays(0)).toEqual([])
      expect(await licenses.listEvents({ limit: 9 })).toHaveLength(1)
    })

    it('drops an answer that comes after the removal', async () => {
      const licenses = await openLicensed()
      await licenses.commit(removalOf(1))
      expect(await licenses.commit(freshLeaseOf())).toBe('stale')
      expect((await licenses.read()).license).toBeNull()
    })
  })

  describe('a verdict', () => {
    it('stores the verdict beside the lease, counts as a good contact and grows revision', async () => {
      const licenses = await openLicensed(failing)
      const written = await licenses.commit(verdictOf())
      const at = NOW + HOUR
      expect(written).toMatchObject({
        revision: 2, marks: [markOf(2, 'verdict-2')],
        license: licenseOf({ verdict: 'a.verdict.sig', verdictRun: { verdict: 'suspended', since: at }, lastSuccessAt: at, lastAttemptAt: at, nextAt: at + HOUR }),
      })
      expect(await licenses.read()).toEqual(written)
      expect(await licenses.listCheckInDays(0)).toEqual([{ day: '2026-03-01', good: 1, failed: 0 }])
    })

    it('keeps since when it stands while it is given again, and no longer', async () => {
      const licenses = await openLicensed()
      const runAfter = async (commit: Commit) => {
        expect(await licenses.commit(commit)).not.toBe('stale')
        return (await licenses.read()).license?.verdictRun
      }
      const since = NOW + HOUR
      expect(await runAfter(verdictOf({ at: since }))).toEqual({ verdict: 'suspended', since })
      expect(await runAfter(verdictOf({ at: NOW + 7 * HOUR, seq: markOf(3, 'verdict-3') }))).toEqual({ verdict: 'suspended', since })
      expect(await runAfter(failureOf(NOW + 8 * HOUR))).toEqual({ verdict: 'suspended', since })
      const other = verdictOf({ at: NOW + 9 * HOUR, seq: markOf(4, 'verdict-4'), verdict: 'bound_elsewhere' })
      expect(await runAfter(other)).toEqual({ verdict: 'bound_elsewhere', since: NOW + 9 * HOUR })
      expect(await runAfter(freshLeaseOf({ seq: markOf(5) }))).toBeNull()
      const anew = verdictOf({ jti: 'lease-5', at: NOW + DAY, seq: markOf(6, 'verdict-6'), verdict: 'bound_elsewhere' })
      expect(await runAfter(anew)).toEqual({ verdict: 'bound_elsewhere', since: NOW + DAY })
    })

    it('is lifted by a later lease and not by an earlier one', async () => {
      const licenses = await openLicensed()
      await licenses.commit(verdictOf({ seq: markOf(3, 'verdict-3') }))
      expect(await licenses.commit(freshLeaseOf({ seq: markOf(2) }))).toBe('stale')
      expect(await licenses.commit(freshLeaseOf({ seq: markOf(4) }))).not.toBe('stale')
      expect((await licenses.read()).license?.verdict).toBeNull()
    })

    it.each([
      ['another lease', { jti: 'lease-0' }],
      ['a lower seq', { seq: markOf(0) }],
    ])('drops one of %s', async (_, changes) => {
      const licenses = await openLicensed()
      const before = await licenses.read()
      expect(await licenses.commit(verdictOf(changes))).toBe('stale')
      expect(await licenses.read()).toEqual(before)
    })
  })

  describe('a failed attempt', () => {
    it('counts failures since the first, and keeps lease, last success and revision', async () => {
      const licenses = await openLicensed()
      await licenses.commit(failureOf(NOW + HOUR))
      expect(await licenses.commit(failureOf(NOW + 2 * HOUR))).not.toBe('stale')
      expect(await licenses.read()).toMatchObject({
        revision: 1, version: 3,
        license: licenseOf({
          lastAttemptAt: NOW + 2 * HOUR, nextAt: NOW + 3 * HOUR, consecutiveFailures: 2, failingSince: NOW + HOUR,
          lastError: 'NET_TIMEOUT', lastFinding: silenceOf(NOW + 2 * HOUR),
        }),
      })
    })

    it('counts failed and good check-ins by UTC day', async () => {
      const licenses = await openLicensed()
      const midnight = Date.UTC(2026, 2, 2)
      await licenses.commit(failureOf(midnight - 2))
      await licenses.commit(failureOf(midnight - 1))
      await licenses.commit(failureOf(midnight))
      await licenses.commit(freshLeaseOf({ at: midnight + 1 }))
      const second = { day: '2026-03-02', good: 1, failed: 1 }
      expect(await licenses.listCheckInDays(0)).toEqual([{ day: '2026-03-01', good: 0, failed: 2 }, second])
      expect(await licenses.listCheckInDays(midnight + HOUR)).toEqual([second])
    })

    it('is dropped when the lease is another one by now', async () => {
      const licenses = await openLicensed()
      const before = await licenses.read()
      expect(await licenses.commit(failureOf(NOW, 'lease-0'))).toBe('stale')
      expect(await licenses.read()).toEqual(before)
    })
  })

  describe('a state', () => {
    it('tells each state once, whoever asks', async () => {
      const licenses = await openLicensed()
      expect(await licenses.commit(toldStateOf('grace'))).not.toBe('stale')
      expect(await licenses.commit(toldStateOf('grace'))).toBe('stale')
      expect(await licenses.read()).toMatchObject({ license: { lastState: 'grace' }, version: 2, revision: 1 })
      expect((await licenses.listEvents({ limit: 9 })).map(event => event.kind)).toEqual(['state_changed', 'activated'])
    })

    it('is dropped when the lease is another one by now', async () => {
      const licenses = await openLicensed()
      expect(await licenses.commit(toldStateOf('grace', 'lease-0'))).toBe('stale')
      expect((await licenses.read()).license?.lastState).toBe('active')
    })
  })
}
