import { describe, expect, it } from 'vitest'
import type { Finding } from '../../shared/findings.ts'
import { findingOf, seen } from '../../shared/findings.ts'
import type { Bench } from './contract.ts'
import { diagnosticsOf, eventOf, failureOf, freshLeaseOf, HOUR, licenseOf, markOf, NOW, saveOf, silenceOf, verdictOf } from './samples.ts'

const refusalOf = (n: number): Finding => findingOf(seen('KEY_UNKNOWN', 'key_unknown', { host: `license-${n}.example` }), NOW + n)

/** What was found lately, with the attempt that found it, and in the activity log. */
export function describeFindings({ open }: Bench): void {
  describe('findings', () => {
    it('are none at first', async () => {
      const { licenses } = await open()
      expect(await licenses.listFindings()).toEqual([])
    })

    it('are listed newest first, equal ones each by itself, and grow neither version nor revision', async () => {
      const { licenses } = await open()
      for (const n of [1, 2, 2]) await licenses.saveFinding(refusalOf(n))
      expect(await licenses.listFindings()).toEqual([refusalOf(2), refusalOf(2), refusalOf(1)])
      expect(await licenses.read()).toMatchObject({ version: 0, revision: 0 })
    })

    it('are kept up to ten, those of failed check-ins among them', async () => {
      const { licenses } = await open()
      await licenses.commit(saveOf(0))
      for (let n = 1; n <= 10; n++) await licenses.saveFinding(refusalOf(n))
      expect(await licenses.listFindings()).toHaveLength(10)
      await licenses.commit(failureOf(NOW + HOUR))
      expect(await licenses.listFindings()).toEqual([silenceOf(NOW + HOUR), ...[10, 9, 8, 7, 6, 5, 4, 3, 2].map(refusalOf)])
      for (let n = 11; n <= 33; n++) await licenses.saveFinding(refusalOf(n))
      expect(await licenses.listFindings()).toEqual([33, 32, 31, 30, 29, 28, 27, 26, 25, 24].map(refusalOf))
    })

    it('are not those of what was dropped', async () => {
      const { licenses } = await open()
      await licenses.commit(saveOf(0))
      expect(await licenses.commit(failureOf(NOW + HOUR, 'lease-0'))).toBe('stale')
      expect(await licenses.listFindings()).toEqual([])
    })

    it('keep facts of any script, and numbers as numbers', async () => {
      const { licenses } = await open()
      const finding = findingOf(seen('NET_CAPTIVE_PORTAL', 'web_page', { title: 'Żółć “” \\ \' \u0000 🔑 名', status: 302, port: 443, bytes: 0 }), NOW)
      await licenses.saveFinding(finding)
      expect(await licenses.listFindings()).toEqual([finding])
    })
  })

  describe('what the last attempt found', () => {
    it('is stored with it, and the next takes its place', async () => {
      const { licenses } = await open()
      await licenses.commit(saveOf(0))
      const written = await licenses.commit(failureOf(NOW + HOUR))
      expect(written).toMatchObject({ license: { lastError: 'NET_TIMEOUT', lastFinding: silenceOf(NOW + HOUR) } })
      expect(await licenses.read()).toEqual(written)
      const refusal = refusalOf(2 * HOUR)
      await licenses.commit(failureOf(NOW + 2 * HOUR, 'lease-1', refusal))
      expect((await licenses.read()).license).toMatchObject({ lastError: 'KEY_UNKNOWN', lastFinding: refusal, consecutiveFailures: 2 })
    })

    it.each([
      ['a fresh lease', freshLeaseOf()], ['a verdict', verdictOf()],
      ['another license', saveOf(1, { license: licenseOf({ jti: 'lease-2' }), seq: markOf(2) })],
    ])('is forgotten with %s', async (_, commit) => {
      const { licenses } = await open()
      await licenses.commit(saveOf(0))
      await licenses.commit(failureOf(NOW + HOUR))
      expect(await licenses.commit(commit)).not.toBe('stale')
      expect((await licenses.read()).license).toMatchObject({ lastError: null, lastFinding: null })
    })
  })

  describe('an entry of the activity log', () => {
    const failed = (at: number, finding: Finding | null, details = {}) =>
      eventOf({ kind: 'check_in_failed', at, actor: 'system', actorEmail: null, address: null, details, finding })

    it('holds what was found', async () => {
      const { licenses } = await open()
      await licenses.appendEvent(failed(NOW, silenceOf(NOW)))
      await licenses.appendEvent(eventOf())
      expect((await licenses.listEvents({ limit: 9 })).map(({ finding }) => finding)).toEqual([null, silenceOf(NOW)])
      expect(await licenses.listFindings()).toEqual([silenceOf(NOW)])
    })

    it('that stands for several holds what the last of them found, and every one of them is kept', async () => {
      const { licenses } = await open()
      const [first, second] = [silenceOf(NOW, { seconds: 10 }), silenceOf(NOW + HOUR, { seconds: 11 })]
      await licenses.appendEvent(failed(NOW, first))
      await licenses.appendEvent(failed(NOW + HOUR, second))
      expect(await licenses.listEvents({ limit: 9 })).toEqual([{ ...failed(NOW + HOUR, second), id: 1, firstAt: NOW, count: 2 }])
      expect(await licenses.listFindings()).toEqual([second, first])
      await licenses.appendEvent(failed(NOW + 2 * HOUR, null))
      expect(await licenses.listEvents({ limit: 9 })).toMatchObject([{ count: 3, finding: null }])
    })

    it('does not stand for failures of two causes, which its details tell apart', async () => {
      const { licenses } = await open()
      await licenses.commit(saveOf(0))
      await licenses.commit(failureOf(NOW + HOUR))
      await licenses.commit(failureOf(NOW + 2 * HOUR, 'lease-1', refusalOf(1)))
      await licenses.commit(failureOf(NOW + 3 * HOUR, 'lease-1', refusalOf(2)))
      expect(await licenses.listEvents({ limit: 2 })).toMatchObject([
        { count: 2, details: { cause: 'key_unknown' }, finding: refusalOf(2) }, { count: 1, details: { cause: 'no_answer' }, finding: silenceOf(NOW + HOUR) },
      ])
    })
  })

  describe('the last run of diagnostics', () => {
    it('is kept, the next in its place, and grows neither version nor revision', async () => {
      const { licenses } = await open()
      expect(await licenses.readDiagnostics()).toBeNull()
      await licenses.saveDiagnostics(diagnosticsOf(NOW))
      expect(await licenses.readDiagnostics()).toEqual(diagnosticsOf(NOW))
      const next = { ...diagnosticsOf(NOW + HOUR), ok: true, verdict: 'reachable' as const }
      await licenses.saveDiagnostics(next)
      expect(await licenses.readDiagnostics()).toEqual(next)
      expect(await licenses.read()).toMatchObject({ version: 0, revision: 0 })
      expect(await licenses.listFindings()).toEqual([])
    })
  })
}
