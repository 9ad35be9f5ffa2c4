import { describe, expect, it, vi } from 'vitest'
import { START } from '../../support/simulated-clock.ts'
import type { Answer } from '../../support/vendor-door.ts'
import { startDoor } from '../../support/vendor-door.ts'
import { failedOf, outline, pong, stageOf, stagesTo, startTcp } from './diagnosing.ts'

vi.setConfig({ testTimeout: 60_000 })

const MINUTE = 60_000

describe('the HTTP stage', () => {
  it.each<[string, Answer, string, string]>([
    ['F35: a portal', { body: '<html>', headers: { 'content-type': 'text/html' } }, 'NET_CAPTIVE_PORTAL', 'checkPortal'],
    ['F36: an error', { status: 500 }, 'SERVER_ERROR', 'checkServer'], ['F36: a limit', { status: 429 }, 'SERVER_RATE_LIMITED', 'checkServer'],
    ['F37: nonsense', { body: '{}' }, 'SERVER_RESPONSE_INVALID', 'checkPortal'], ['F33: a proxy in between', { status: 407 }, 'NET_PROXY', 'checkProxy'],
  ])('%s', async (_what, answer, code, remedy) => {
    const stages = await stagesTo((await startDoor(answer)).url)
    expect(outline(stages)).toBe('ok sk sk ok sk fa sk')
    expect(failedOf(stages)).toMatchObject({ stage: 'http', code, remedy, facts: {} })
  })

  it('F31: fails on silence', async () => {
    const failed = failedOf(await stagesTo(`http://127.0.0.1:${await startTcp()}`, { patience: 2000 }))
    expect(failed).toMatchObject({ stage: 'http', code: 'NET_TIMEOUT', remedy: 'checkFirewall' })
  })
})

describe('the clock stage', () => {
  const clockOf = async (time: unknown, now = START) => stageOf(await stagesTo((await startDoor(pong(time))).url, { now }), 'clock')

  it.each([
    [0, 'ok'], [5 * MINUTE, 'ok'], [-5 * MINUTE, 'ok'], [5 * MINUTE + 1000, 'failed'], [-5 * MINUTE - 1000, 'failed'],
  ])('%i ms apart: %s', async (apart, result) => {
    const clock = await clockOf(new Date(START).toISOString(), START + apart)
    expect(clock).toMatchObject({ result, code: null, remedy: result === 'ok' ? null : 'checkClock', facts: { skewSeconds: apart / 1000, serverTime: new Date(START).toISOString() } })
  })

  it.each([START, START / 1000])('understands %d as well', async (time) => {
    expect(await clockOf(time)).toMatchObject({ result: 'ok', facts: { skewSeconds: 0 } })
  })

  it('says nothing if the server\'s time is not a time', async () => {
    expect(await clockOf('noon')).toMatchObject({ result: 'skipped', milliseconds: null })
  })
})
