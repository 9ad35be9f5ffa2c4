import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { concludeDiagnostics } from '../../../server/license-server/diagnostics.ts'
import type { DiagnosticStage } from '../../../shared/contracts.ts'
import { DIAGNOSTIC_STAGES } from '../../../shared/contracts.ts'
import { seen } from '../../../shared/findings.ts'
import { START } from '../../support/simulated-clock.ts'
import { startDoor } from '../../support/vendor-door.ts'
import type { Given } from './diagnosing.ts'
import { failedOf, foundIn, outline, pong, stageOf, stagesTo } from './diagnosing.ts'

/* What diagnostics test besides the way: the database, the clock of a license that makes no calls, and what they may claim. */

vi.setConfig({ testTimeout: 60_000 })

const clock = new Date(START).toISOString()
const NOWHERE = 'http://license-server.invalid'
const FULL = seen('STORAGE_UNAVAILABLE', 'disk_full', { location: '/data' })
const AHEAD = seen('CLOCK_AHEAD', 'clock_ahead', { difference: 7200, clock, trusted: '2026-03-01T10:00:00.000Z' })

describe('the stage of the database', () => {
  it('comes first, and says where it is', async () => {
    const { url } = await startDoor(pong())
    const stages = await stagesTo(url, { checkStorage: async () => ({ location: '/data/license.db' }) })
    expect(outline(stages)).toBe('ok ok sk sk ok sk ok ok')
    expect(stages[0]).toEqual({
      stage: 'storage', result: 'ok', milliseconds: expect.any(Number), code: null, remedy: null, finding: null, because: null,
      facts: { location: '/data/license.db' },
    })
  })

  it('takes none of the time of the stages after it', async () => {
    const { url } = await startDoor(pong())
    const checkStorage = () => sleep(3500, { location: '/data/license.db' })
    expect(outline(await stagesTo(url, { stepTimeout: 3000, checkStorage }))).toBe('ok ok sk sk ok sk ok ok')
  })

  it('keeps no other from being tried where it fails', async () => {
    const { url } = await startDoor(pong())
    const stages = await stagesTo(url, { checkStorage: async () => FULL })
    expect(outline(stages)).toBe('fa ok sk sk ok sk ok ok')
    expect(foundIn(stages)).toEqual({
      code: 'STORAGE_UNAVAILABLE', reference: 'NCL-315', cause: 'disk_full', stage: 'storage', facts: { location: '/data' }, at: clock,
    })
  })

  it('is tried for an offline license, too', async () => {
    expect(outline(await stagesTo(NOWHERE, { silent: true, checkStorage: async () => FULL }))).toBe('fa sk sk sk sk sk sk sk')
  })
})

describe('the stage of the clock, where the license server has told no time', () => {
  it.each<[string, string, Omit<Given, 'baseUrl'>]>([
    ['nobody answered', NOWHERE, {}], ['nobody was asked', NOWHERE, { silent: true }],
  ])('fails by trusted time where %s', async (_what, url, given) => {
    const stages = await stagesTo(url, { ...given, checkClock: () => AHEAD })
    expect(stageOf(stages, 'clock')).toMatchObject({
      result: 'failed', code: 'CLOCK_AHEAD', remedy: 'mend clock_ahead', because: null,
      finding: { reference: 'NCL-401', cause: 'clock_ahead', stage: 'clock', facts: AHEAD.facts },
    })
  })

  it.each<[string, Omit<Given, 'baseUrl'>]>([
    ['nobody answered', {}], ['nobody was asked', { silent: true }],
  ])('passes by trusted time where %s', async (_what, given) => {
    expect(stageOf(await stagesTo(NOWHERE, { ...given, checkClock: () => null }), 'clock')).toMatchObject({ result: 'ok', facts: { clock } })
  })

  it.each<[string, Omit<Given, 'baseUrl'>]>([
    ['not_reached', {}], ['no_calls', { silent: true }],
  ])('is skipped where there is no trusted time: %s', async (because, given) => {
    expect(stageOf(await stagesTo(NOWHERE, { ...given, checkClock: () => undefined }), 'clock')).toMatchObject({ result: 'skipped', because })
  })

  it('does not ask trusted time where the license server has told the time', async () => {
    const stages = await stagesTo((await startDoor(pong())).url, { checkClock: () => AHEAD })
    expect(stageOf(stages, 'clock')).toMatchObject({ result: 'ok', facts: { skewSeconds: 0, serverTime: clock } })
  })

  it('asks trusted time where what the license server has told is no time', async () => {
    const stages = await stagesTo((await startDoor(pong('noon'))).url, { checkClock: () => AHEAD })
    expect(failedOf(stages)).toMatchObject({ stage: 'clock', code: 'CLOCK_AHEAD' })
  })
})

describe('what a run may claim', () => {
  const stagesOf = (results: Partial<Record<DiagnosticStage['stage'], DiagnosticStage['result']>>): DiagnosticStage[] => DIAGNOSTIC_STAGES.map(stage => ({
    stage, result: results[stage] ?? 'skipped', milliseconds: null, code: null, remedy: null, finding: null, because: null, facts: {},
  }))

  it.each([
    ['reachable', true, { configuration: 'ok', tcp: 'ok', http: 'ok', clock: 'ok' }], ['reachable', true, { http: 'ok' }],
    ['problem', false, { http: 'ok', clock: 'failed' }], ['problem', false, { storage: 'failed', http: 'ok' }], ['problem', false, { dns: 'failed' }],
    ['nothing_tested', true, { storage: 'ok', configuration: 'ok', clock: 'ok' }], ['nothing_tested', true, {}],
  ] as const)('%s (ok: %s) from %j', (verdict, ok, results) => {
    const stages = stagesOf(results)
    expect(concludeDiagnostics(stages, START)).toEqual({ ok, verdict, ranAt: clock, stages })
  })
})
