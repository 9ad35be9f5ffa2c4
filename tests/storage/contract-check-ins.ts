import { describe, expect, it } from 'vitest'
import type { LicenseStore } from '../../server/license/ports.ts'
import type { Bench } from './contract.ts'
import { DAY, eventOf, HOUR, licenseOf, markOf, NOW, outcomeOf, saveOf, trusted } from './samples.ts'

type ReplaceInput = Parameters<LicenseStore['replaceLease']>[0]
function replaceOf(changes: Partial<ReplaceInput> = {}): ReplaceInput {
  return {
    sentJti: 'lease-1', lease: 'header.lease-2.sig', seq: markOf(2), trusted: { ...trusted, at: NOW - HOUR },
    outcome: outcomeOf(NOW + HOUR), visible: false, ...changes,
  }
}
const failing = {
  consecutiveFailures: 4, failingSince: NOW - DAY, lastError: 'NET_DNS', verdict: 'old.verdict.sig',
} as const

/** What check-ins, renewals and the passing of time write. */
export function describeCheckIns(bench: Bench): void {
  async function openLicensed(changes = {}): Promise<LicenseStore> {
    const { licenses } = await bench.open()
    const input = saveOf(0, { license: licenseOf(changes) })
    if (await licenses.saveLicense(input) !== 'written') throw new Error('the sample was not written')
    return licenses
  }

  describe('replaceLease', () => {
    it('swaps the lease, lifts the verdict, resets the failures and sets trusted time', async () => {
      const licenses = await openLicensed(failing)
      expect(await licenses.replaceLease(replaceOf())).toBe('written')
      const at = NOW + HOUR
      expect(await licenses.read()).toMatchObject({
        revision: 1, version: 2, trusted: { at: NOW - HOUR },
        license: licenseOf({
          lease: 'header.lease-2.sig', jti: 'lease-2', lastSuccessAt: at, lastAttemptAt: at, nextAt: at + HOUR,
        }),
      })
      expect(await licenses.getSeq('lic_1')).toEqual(markOf(2))
      expect((await licenses.listEvents({ limit: 1 }))[0]?.kind).toBe('check_in_succeeded')
    })

    it('grows revision when a person sees the change', async () => {
      const licenses = await openLicensed()
      await licenses.replaceLease(replaceOf({ visible: true }))
      expect((await licenses.read()).revision).toBe(2)
    })

    it('counts the day of a standard license, and none of an airgapped one', async () => {
      const standard = await openLicensed()
      await standard.replaceLease(replaceOf())
      expect(await standard.listCheckInDays(NOW)).toEqual([{ day: '2026-03-01', good: 1, failed: 0 }])
      const airgapped = await openLicensed({ method: 'airgapped' })
      await airgapped.replaceLease(replaceOf())
      expect(await airgapped.listCheckInDays(0)).toEqual([])
    })

    it.each([
      ['an answer that comes after another lease', { sentJti: 'lease-0' }],
      ['a lower seq', { seq: markOf(0) }],
      ['an equal seq of another lease', { seq: markOf(1, 'other') }],
    ])('drops %s', async (_, changes) => {
      const licenses = await openLicensed(failing)
      const before = await licenses.read()
      expect(await licenses.replaceLease(replaceOf(changes))).toBe('stale')
      expect(await licenses.read()).toEqual(before)
      expect(await licenses.getSeq('lic_1')).toEqual(markOf(1))
      expect(await licenses.listCheckInDays(0)).toEqual([])
      expect(await licenses.listEvents({ limit: 9 })).toHaveLength(1)
    })

    it('drops an answer that comes after the removal', async () => {
      const licenses = await openLicensed()
      await licenses.removeLicense({ revision: 1, event: eventOf({ kind: 'removed' }), deactivate: null })
      expect(await licenses.replaceLease(replaceOf())).toBe('stale')
      expect((await licenses.read()).license).toBeNull()
    })
  })

  describe('recordVerdict', () => {
    const verdictOf = (changes = {}) => ({
      sentJti: 'lease-1', verdict: 'a.verdict.sig', seq: markOf(2, 'verdict-2'), outcome: outcomeOf(NOW + HOUR),
      ...changes,
    })

    it('stores the verdict beside the lease, counts as a good contact and grows revision', async () => {
      const licenses = await openLicensed(failing)
      expect(await licenses.recordVerdict(verdictOf())).toBe('written')
      const at = NOW + HOUR
      expect(await licenses.read()).toMatchObject({
        revision: 2,
        license: licenseOf({ verdict: 'a.verdict.sig', lastSuccessAt: at, lastAttemptAt: at, nextAt: at + HOUR }),
      })
      expect(await licenses.getSeq('lic_1')).toEqual(markOf(2, 'verdict-2'))
      expect(await licenses.listCheckInDays(0)).toEqual([{ day: '2026-03-01', good: 1, failed: 0 }])
    })

    it('is lifted by a later lease and not by an earlier one', async () => {
      const licenses = await openLicensed()
      await licenses.recordVerdict(verdictOf({ seq: markOf(3, 'verdict-3') }))
      expect(await licenses.replaceLease(replaceOf({ seq: markOf(2) }))).toBe('stale')
      expect(await licenses.replaceLease(replaceOf({ seq: markOf(4) }))).toBe('written')
      expect((await licenses.read()).license?.verdict).toBeNull()
    })

    it.each([
      ['another lease', { sentJti: 'lease-0' }],
      ['a lower seq', { seq: markOf(0) }],
    ])('drops one of %s', async (_, changes) => {
      const licenses = await openLicensed()
      const before = await licenses.read()
      expect(await licenses.recordVerdict(verdictOf(changes))).toBe('stale')
      expect(await licenses.read()).toEqual(before)
    })
  })

  describe('recordFailure', () => {
    const failureOf = (at: number, sentJti = 'lease-1') =>
      ({ sentJti, code: 'NET_TIMEOUT' as const, outcome: outcomeOf(at, { kind: 'check_in_failed' }) })

    it('counts failures since the first, and keeps lease, last success and revision', async () => {
      const licenses = await openLicensed()
      await licenses.recordFailure(failureOf(NOW + HOUR))
      expect(await licenses.recordFailure(failureOf(NOW + 2 * HOUR))).toBe('written')
      expect(await licenses.read()).toMatchObject({
        revision: 1, version: 3,
        license: licenseOf({
          lastAttemptAt: NOW + 2 * HOUR, nextAt: NOW + 3 * HOUR, consecutiveFailures: 2, failingSince: NOW + HOUR,
          lastError: 'NET_TIMEOUT',
        }),
      })
    })

    it('counts failed and good check-ins by UTC day', async () => {
      const licenses = await openLicensed()
      const midnight = Date.UTC(2026, 2, 2)
      await licenses.recordFailure(failureOf(midnight - 2))
      await licenses.recordFailure(failureOf(midnight - 1))
      await licenses.recordFailure(failureOf(midnight))
      await licenses.replaceLease(replaceOf({ outcome: outcomeOf(midnight + 1) }))
      const second = { day: '2026-03-02', good: 1, failed: 1 }
      expect(await licenses.listCheckInDays(0)).toEqual([{ day: '2026-03-01', good: 0, failed: 2 }, second])
      expect(await licenses.listCheckInDays(midnight + HOUR)).toEqual([second])
    })

    it('is dropped when the lease is another one by now', async () => {
      const licenses = await openLicensed()
      const before = await licenses.read()
      expect(await licenses.recordFailure(failureOf(NOW, 'lease-0'))).toBe('stale')
      expect(await licenses.read()).toEqual(before)
    })
  })

  describe('recordState', () => {
    const stateOf = (state: 'grace' | 'active', jti = 'lease-1') =>
      ({ jti, state, event: eventOf({ kind: 'state_changed', actor: 'system', details: { to: state } }) })

    it('tells each state once, whoever asks', async () => {
      const licenses = await openLicensed()
      expect(await licenses.recordState(stateOf('grace'))).toBe('written')
      expect(await licenses.recordState(stateOf('grace'))).toBe('written')
      expect(await licenses.read()).toMatchObject({ license: { lastState: 'grace' }, version: 2, revision: 1 })
      expect((await licenses.listEvents({ limit: 9 })).map(event => event.kind)).toEqual(['state_changed', 'activated'])
    })

    it('is dropped when the lease is another one by now', async () => {
      const licenses = await openLicensed()
      expect(await licenses.recordState(stateOf('grace', 'lease-0'))).toBe('stale')
      expect((await licenses.read()).license?.lastState).toBe('active')
    })
  })
}
