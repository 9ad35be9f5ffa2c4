import { describe, expect, it, vi } from 'vitest'
import { startTcp } from '../../support/network/routes.ts'
import { START } from '../../support/simulated-clock.ts'
import type { Answer } from '../../support/vendor-door.ts'
import { startDoor } from '../../support/vendor-door.ts'
import { failedOf, foundIn, outline, pong, stageOf, stagesTo } from './diagnosing.ts'

vi.setConfig({ testTimeout: 60_000 })

const MINUTE = 60_000

describe('the HTTP stage', () => {
  it.each<[string, Answer, string, string, string]>([
    ['F35: a portal', { body: '<html>', headers: { 'content-type': 'text/html' } }, 'NET_CAPTIVE_PORTAL', 'NCL-206', 'web_page'],
    ['F34: a redirect', { status: 302, headers: { location: 'https://portal.example/' } }, 'NET_CAPTIVE_PORTAL', 'NCL-206', 'redirect'],
    ['F36: an error', { status: 500 }, 'SERVER_ERROR', 'NCL-207', 'server_error_foreign'],
    ['F36: a gateway', { status: 503 }, 'SERVER_ERROR', 'NCL-207', 'gateway'],
    ['F36: a limit', { status: 429 }, 'SERVER_RATE_LIMITED', 'NCL-208', 'rate_limited'],
    ['F37: nonsense', { body: '{}' }, 'SERVER_RESPONSE_INVALID', 'NCL-209', 'unreadable_answer'],
    ['F36: somebody else', { status: 404 }, 'SERVER_NOT_A_LICENSE_SERVER', 'NCL-210', 'not_a_license_server'],
    ['F33: a proxy in between', { status: 407 }, 'NET_PROXY', 'NCL-205', 'proxy_login'],
  ])('%s', async (_what, answer, code, reference, cause) => {
    const stages = await stagesTo((await startDoor(answer)).url)
    expect(outline(stages)).toBe('sk ok sk sk ok sk fa sk')
    expect(foundIn(stages)).toMatchObject({ stage: 'http', code, reference, cause, facts: { host: '127.0.0.1', status: answer.status ?? 200 } })
  })

  it('F31: fails on silence', async () => {
    const stages = await stagesTo(`http://127.0.0.1:${await startTcp()}`, { patience: 2000 })
    expect(foundIn(stages)).toMatchObject({ stage: 'http', code: 'NET_TIMEOUT', reference: 'NCL-203', cause: 'no_answer' })
  })
})

describe('the clock stage', () => {
  const serverTime = new Date(START).toISOString()
  const runWith = async (time: unknown, now = START) => stagesTo((await startDoor(pong(time))).url, { now })

  it.each([0, 5 * MINUTE, -5 * MINUTE])('is content with a clock that is %i ms off', async (apart) => {
    const stages = await runWith(serverTime, START + apart)
    expect(stageOf(stages, 'clock')).toMatchObject({
      result: 'ok', code: null, remedy: null, finding: null, facts: { skewSeconds: apart / 1000, serverTime },
    })
  })

  it.each([
    [5 * MINUTE + 1000, 'CLOCK_AHEAD', 'NCL-401', 'clock_ahead'], [-5 * MINUTE - 1000, 'CLOCK_BEHIND', 'NCL-402', 'clock_behind'],
  ])('fails with one that is %i ms off: %s', async (apart, code, reference, cause) => {
    const stages = await runWith(serverTime, START + apart)
    expect(failedOf(stages)?.stage).toBe('clock')
    expect(foundIn(stages)).toEqual({
      code, reference, cause, stage: 'clock', at: new Date(START + apart).toISOString(),
      facts: { difference: 301, clock: new Date(START + apart).toISOString(), trusted: serverTime },
    })
  })

  it.each([START, START / 1000])('understands %d as well', async (time) => {
    expect(stageOf(await runWith(time), 'clock')).toMatchObject({ result: 'ok', facts: { skewSeconds: 0 } })
  })

  it('says nothing if the server\'s time is not a time, and nothing else is known', async () => {
    expect(stageOf(await runWith('noon'), 'clock')).toMatchObject({ result: 'skipped', milliseconds: null, because: 'not_needed' })
  })
})
