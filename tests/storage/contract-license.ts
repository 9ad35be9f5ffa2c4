import { describe, expect, it } from 'vitest'
import { findingOf, seen } from '../../shared/findings.ts'
import type { Bench } from './contract.ts'
import { deactivation, eventOf, fresh, HOUR, licenseOf, markOf, NOW, removalOf, saveOf, trusted, verdictOf } from './samples.ts'

/** Installation, activating, removing, and what every commit promises. */
export function describeLicense({ open }: Bench): void {
  describe('installation', () => {
    it('keeps the first identity for good', async () => {
      const { licenses } = await open()
      expect(await licenses.installation(fresh)).toEqual(fresh)
      expect(await licenses.installation({ ...fresh, instanceId: 'b2'.repeat(16) })).toEqual(fresh)
    })

    it('starts without a license', async () => {
      const { licenses } = await open()
      expect(await licenses.read()).toEqual({
        revision: 0, version: 0, license: null, marks: [], trusted: null, anchor: null, seatsUsed: null, provisionedDigest: null, renewalAttemptAt: null,
        lastRequest: null, previous: null, deactivatedAt: null,
      })
    })
  })

  describe('an activation', () => {
    it('stores license, seq, trusted time, event and digest as one step, and grows revision and version', async () => {
      const { licenses } = await open()
      const license = licenseOf({
        verdict: 'a.verdict.sig', verdictRun: { verdict: 'revoked', since: NOW - HOUR }, failingSince: NOW, lastError: 'NET_TLS', consecutiveFailures: 3,
        lastFinding: findingOf(seen('NET_TLS', 'certificate_expired', { host: 'license.example' }), NOW),
      })
      const written = await licenses.commit(saveOf(0, { license, provisionedDigest: 'digest' }))
      expect(written).toEqual({
        revision: 1, version: 1, license, marks: [markOf(1)], trusted, anchor: null, seatsUsed: null, provisionedDigest: 'digest', renewalAttemptAt: null,
        lastRequest: null, previous: null, deactivatedAt: null,
      })
      expect(await licenses.read()).toEqual(written)
      expect(await licenses.listEvents({ limit: 10 })).toEqual([{ ...eventOf(), id: 1, firstAt: NOW, count: 1 }])
    })

    it('replaces every column of the license before', async () => {
      const { licenses } = await open()
      await licenses.commit(saveOf(0, { provisionedDigest: 'digest' }))
      const license = licenseOf({
        method: 'offline', jti: 'lease-2', secret: null, maskedKey: null, nextAt: null, lastSuccessAt: null,
        lastAttemptAt: null,
      })
      expect(await licenses.commit(saveOf(1, { license, seq: markOf(2) }))).not.toBe('stale')
      expect(await licenses.read()).toMatchObject({ revision: 2, license, provisionedDigest: 'digest' })
    })

    it('sets trusted time outright, backwards too', async () => {
      const { licenses } = await open()
      await licenses.saveTrustedTime({ ...trusted, at: NOW + HOUR })
      await licenses.commit(saveOf(0))
      expect((await licenses.read()).trusted).toEqual(trusted)
    })

    it('queues telling the vendor about the license that is replaced', async () => {
      const { licenses } = await open()
      await licenses.commit(saveOf(0, { deactivate: deactivation }))
      expect(await licenses.dueDeactivations(NOW + HOUR)).toEqual([{ ...deactivation, id: 1, attempts: 0 }])
    })

    it.each([
      ['another revision', saveOf(0, { license: licenseOf({ jti: 'lease-9' }), seq: markOf(9), deactivate: deactivation })],
      ['a lower seq', saveOf(1, { license: licenseOf({ jti: 'lease-4' }), seq: markOf(4), deactivate: deactivation })],
      ['an equal seq of another lease', saveOf(1, { license: licenseOf({ jti: 'other' }), seq: markOf(5, 'other'), deactivate: deactivation })],
    ])('changes nothing on %s', async (_, input) => {
      const { licenses } = await open()
      await licenses.commit(saveOf(0, { license: licenseOf({ jti: 'lease-5' }), seq: markOf(5) }))
      const before = await licenses.read()
      expect(await licenses.commit({ ...input, provisionedDigest: 'digest' })).toBe('stale')
      expect(await licenses.read()).toEqual(before)
      expect(before.marks).toEqual([markOf(5)])
      expect(await licenses.listEvents({ limit: 10 })).toHaveLength(1)
      expect(await licenses.dueDeactivations(NOW + HOUR)).toEqual([])
    })

    it('takes the same lease again, and any seq of another license', async () => {
      const { licenses } = await open()
      await licenses.commit(saveOf(0, { seq: markOf(5, 'lease-1') }))
      expect(await licenses.commit(saveOf(1, { seq: markOf(5, 'lease-1') }))).not.toBe('stale')
      expect(await licenses.commit(saveOf(2, { seq: markOf(0, 'other', 'lic_2') }))).not.toBe('stale')
    })

    it('keeps long leases, text of any script and numbers up to 2^53 - 1', async () => {
      const { licenses } = await open()
      const license = licenseOf({ lease: 'x'.repeat(32_768), maskedKey: 'nc_••••••••żółć🔑' })
      const details = { organization: 'Größe "quoted" \u0000\u001b[31m\u202e', seats: null, count: 4 }
      const seq = markOf(Number.MAX_SAFE_INTEGER)
      await licenses.commit(saveOf(0, { license, event: eventOf({ details }), seq }))
      expect((await licenses.read()).license).toEqual(license)
      expect((await licenses.listEvents({ limit: 1 }))[0]?.details).toEqual(details)
      expect((await licenses.read()).marks).toEqual([seq])
    })

    it('cancels what was still to be told of the same license and of one not known, and of no other', async () => {
      const { licenses } = await open()
      for (const [n, sub] of ['lic_1', 'lic_2', null].entries()) {
        await licenses.commit(saveOf(n, { seq: markOf(n, 'lease-1', `lic_other_${n}`), deactivate: { ...deactivation, sub, lease: `of ${sub}` } }))
      }
      expect((await licenses.dueDeactivations(NOW + HOUR)).map(due => due.lease)).toEqual(['of lic_1', 'of lic_2', 'of null'])
      await licenses.commit(saveOf(3, { seq: markOf(1) }))
      expect((await licenses.dueDeactivations(NOW + HOUR)).map(due => due.lease)).toEqual(['of lic_2'])
    })
  })

  describe('a removal', () => {
    it('removes the license, keeps its seq and trusted time, and queues telling the vendor', async () => {
      const { licenses } = await open()
      await licenses.commit(saveOf(0, { seq: markOf(7, 'lease-1') }))
      const written = await licenses.commit(removalOf(1, deactivation))
      expect(written).toMatchObject({ revision: 2, version: 2, license: null, trusted, marks: [markOf(7, 'lease-1')] })
      expect(await licenses.read()).toEqual(written)
      expect(await licenses.dueDeactivations(NOW + HOUR)).toHaveLength(1)
      expect((await licenses.listEvents({ limit: 1 }))[0]?.kind).toBe('removed')
    })

    it('changes nothing on another revision', async () => {
      const { licenses } = await open()
      await licenses.commit(saveOf(0))
      const before = await licenses.read()
      expect(await licenses.commit(removalOf(0, deactivation))).toBe('stale')
      expect(await licenses.read()).toEqual(before)
    })

    it('changes nothing where there is no license', async () => {
      const { licenses } = await open()
      expect(await licenses.commit(removalOf(0, deactivation))).toBe('stale')
      expect(await licenses.readVersion()).toBe(0)
      expect(await licenses.dueDeactivations(NOW + HOUR)).toEqual([])
    })
  })

  describe('a decision', () => {
    it('that fails writes nothing', async () => {
      const { licenses } = await open()
      await licenses.commit(saveOf(0))
      const before = await licenses.read()
      const change = () => { throw new TypeError('defect') }
      await expect(licenses.commit({ if: { revision: 1 }, seq: markOf(2), change, event: eventOf() })).rejects.toThrow()
      expect(await licenses.read()).toEqual(before)
    })

    it('is shown what is stored, and may find that there is nothing left to write', async () => {
      const { licenses } = await open()
      await licenses.commit(saveOf(0))
      const before = await licenses.read()
      const shown: unknown[] = []
      const written = await licenses.commit({
        if: { revision: 1 }, seq: markOf(2), trusted: { ...trusted, at: 0 }, provisionedDigest: 'digest', event: eventOf(),
        change(stored) {
          shown.push(stored)
          return 'stale'
        },
      })
      expect(shown).toEqual([licenseOf()])
      expect(written).toBe('stale')
      expect(await licenses.read()).toEqual(before)
      expect(await licenses.listEvents({ limit: 9 })).toHaveLength(1)
    })
  })

  it('F84: reads the license and the marks of every license ever accepted as of one moment', async () => {
    const { licenses } = await open()
    await licenses.commit(saveOf(0, { seq: markOf(5, 'lease-1') }))
    await licenses.commit(saveOf(1, { license: licenseOf({ jti: 'other' }), seq: markOf(2, 'other', 'lic_2') }))
    const { license, marks } = await licenses.read()
    expect(license?.jti).toBe('other')
    expect(marks.toSorted((a, b) => a.sub < b.sub ? -1 : 1)).toEqual([markOf(5, 'lease-1'), markOf(2, 'other', 'lic_2')])
    await licenses.commit(verdictOf({ jti: 'other', seq: markOf(3, 'verdict', 'lic_2'), at: NOW }))
    expect(await licenses.read()).toMatchObject({
      license: { verdict: 'a.verdict.sig' }, marks: expect.arrayContaining([markOf(3, 'verdict', 'lic_2')]),
    })
    await licenses.commit(removalOf(3))
    expect(await licenses.read()).toMatchObject({ license: null, marks: expect.arrayContaining([markOf(5, 'lease-1')]) })
  })

  it('rejects with STORAGE_UNAVAILABLE once closed, and can be closed twice', async () => {
    const storage = await open()
    await storage.ping()
    await storage.close()
    await storage.licenses.close()
    await expect(storage.ping()).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    await expect(storage.licenses.commit(saveOf(0))).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
  })
}
