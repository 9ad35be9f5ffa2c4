import { describe, expect, it } from 'vitest'
import type { Bench } from './contract.ts'
import type { Commit, PreviousLicense } from '../../server/license/stored-records.ts'
import { licenseOf, NOW, saveOf } from './samples.ts'

/** What is noted beside the license. */
export function describeNotes({ open }: Bench): void {
  describe('the anchor', () => {
    const anchor = { jti: 'lease-1', at: NOW - 5, wall: NOW + 7 }

    it('F55: is stored with the lease, and forgotten for that lease alone, in a write that others notice', async () => {
      const { licenses } = await open()
      await licenses.commit({ ...saveOf(0), anchor })
      await licenses.dropAnchor('lease-0')
      const before = await licenses.read()
      expect(before.anchor).toEqual(anchor)
      await licenses.dropAnchor('lease-1')
      expect(await licenses.read()).toEqual({ ...before, anchor: null, version: before.version + 1 })
      await licenses.dropAnchor('lease-1')
      expect(await licenses.readVersion()).toBe(before.version + 1)
    })
  })

  describe('holdState', () => {
    const hold = { jti: 'lease-1', boot: 'boot-1', uptime: 5000, wall: NOW, length: 10_000 }

    it('shows what is stored of the lease, stores what is granted, and grows neither version nor revision', async () => {
      const { licenses } = await open()
      const seen: unknown[] = []
      const grant = (next: typeof hold | null) => licenses.holdState('lease-1', (stored) => {
        seen.push(stored)
        return next
      })
      await grant(null)
      await grant(hold)
      await grant({ ...hold, boot: 'boot-2', length: 7000 })
      await grant(null)
      expect(seen.slice(0, 3)).toEqual([[], [], [hold]])
      expect(seen[3]).toHaveLength(2)
      expect(seen[3]).toEqual(expect.arrayContaining([hold, { ...hold, boot: 'boot-2', length: 7000 }]))
      expect(await licenses.read()).toMatchObject({ version: 0, revision: 0 })
    })

    it('forgets the lease before once another one is granted, and not sooner', async () => {
      const { licenses } = await open()
      const seen: number[] = []
      const look = (jti: string, next: typeof hold | null) => licenses.holdState(jti, (stored) => {
        seen.push(stored.length)
        return next
      })
      await look('lease-1', hold)
      await look('lease-2', null)
      await look('lease-1', null)
      await look('lease-2', { ...hold, jti: 'lease-2' })
      await look('lease-1', null)
      await look('lease-2', null)
      expect(seen).toEqual([0, 0, 1, 0, 0, 1])
    })

    it('stores nothing when the decision fails', async () => {
      const { licenses } = await open()
      await expect(licenses.holdState('lease-1', () => { throw new TypeError('defect') })).rejects.toThrow()
      const seen: unknown[] = []
      await licenses.holdState('lease-1', (stored) => {
        seen.push(...stored)
        return null
      })
      expect(seen).toEqual([])
    })
  })

  describe('the license before', () => {
    const kept: PreviousLicense = {
      method: 'airgapped', lease: 'a.lease.sig', jti: 'lease-0', secret: 'secret-0', maskedKey: 'nc_ag_••••••••abcd', activatedAt: NOW - 5, lastSuccessAt: NOW - 5,
      sub: 'lic_0', seq: 7, plan: 'enterprise', expiresAt: NOW + 9, replacedAt: NOW,
    }
    const replacing = (revision: number, previous?: PreviousLicense | null) =>
      ({ ...saveOf(revision), change: () => ({ license: licenseOf(), visible: true, ...(previous === undefined ? {} : { previous }) }) })

    it('is kept, all of it, until a change replaces or forgets it; a change that says nothing of it leaves it', async () => {
      const { licenses } = await open()
      const previousAfter = async (commit: Commit) => Object(await licenses.commit(commit)).previous
      expect(await previousAfter(replacing(0, kept))).toEqual(kept)
      expect((await licenses.read()).previous).toEqual(kept)
      expect(await previousAfter(replacing(1))).toEqual(kept)
      const bare = { ...kept, secret: null, maskedKey: null, lastSuccessAt: null }
      expect(await previousAfter(replacing(2, bare))).toEqual(bare)
      expect(await previousAfter(replacing(3, null))).toBeNull()
    })

    it('is forgotten by when it was replaced, and so never in place of a later one', async () => {
      const { licenses } = await open()
      await licenses.commit(replacing(0, kept))
      await licenses.forgetPrevious(NOW + 1)
      expect(await licenses.read()).toMatchObject({ previous: kept, version: 1 })
      await licenses.forgetPrevious(NOW)
      expect(await licenses.read()).toMatchObject({ previous: null, version: 2, revision: 1 })
    })
  })

  describe('notes', () => {
    it('stores trusted time without a new version', async () => {
      const { licenses } = await open()
      const record = { at: NOW + 1, uptime: 6000, boot: null, continuous: false }
      await licenses.saveTrustedTime(record)
      expect(await licenses.read()).toMatchObject({ trusted: record, version: 0, revision: 0 })
    })

    it('stores seats, last request, renewal attempt and digest, each growing version but not revision', async () => {
      const { licenses } = await open()
      const at = new Date(NOW).toISOString()
      const request = { at, method: 'POST', url: 'https://example.com/x', body: { a: ['b', 1] } }
      await licenses.saveSeatsUsed(12)
      await licenses.saveLastRequest(request)
      await licenses.saveRenewalAttempt(NOW)
      await licenses.saveProvisionedDigest('digest')
      expect(await licenses.read()).toMatchObject({
        seatsUsed: 12, lastRequest: request, renewalAttemptAt: NOW, provisionedDigest: 'digest', version: 4, revision: 0,
      })
      await licenses.saveProvisionedDigest(null)
      expect((await licenses.read()).provisionedDigest).toBeNull()
      expect(await licenses.readVersion()).toBe(5)
    })

    it('keeps a 0 apart from what was never told', async () => {
      const { licenses } = await open()
      await licenses.saveSeatsUsed(0)
      expect(await licenses.read()).toMatchObject({ seatsUsed: 0, renewalAttemptAt: null })
    })
  })
}
