import { beforeEach, describe, expect, it } from 'vitest'
import { REFUSAL_CODES } from '../../server/license-server/protocol.ts'
import { verifySynchronously } from '../support/signing.ts'
import { liveThirtyDays } from './thirty-days/live.ts'
import { SPOILT } from './thirty-days/script.ts'
import { tally } from '../support/tally.ts'

const SEED = Number(process.env.SEED ?? Date.now() % 2 ** 31)
const SEEDS = Number(process.env.SEEDS ?? 1000)
const NETWORK_CODES = [
  'NET_DNS', 'NET_CONNECT', 'NET_TIMEOUT', 'NET_TLS', 'NET_PROXY', 'NET_CAPTIVE_PORTAL', 'SERVER_ERROR', 'SERVER_RATE_LIMITED', 'SERVER_RESPONSE_INVALID',
  'SERVER_NOT_A_LICENSE_SERVER', 'SERVER_REFUSED',
]

beforeEach(verifySynchronously)

describe('thirty days of random outages', () => {
  it('F42: never pause before seven full days of missed check-ins, never leave features on after, and never keep them off once the server answers', async () => {
    const counts = { pausedTooEarly: 0, entitledTooLate: 0, stuck: 0 }
    const wrong: string[] = []
    const states = new Map<string, number>()
    const seen = new Set<string>()
    let looks = 0
    for (let seed = SEED; seed < SEED + SEEDS; seed++) {
      const life = await liveThirtyDays(seed)
      looks += life.looks
      counts.pausedTooEarly += life.wrongfulPauses.length
      counts.entitledTooLate += life.wrongfulEntitlements.length
      counts.stuck += life.stuck.length
      for (const problem of [...life.wrongfulPauses.slice(0, 2), ...life.wrongfulEntitlements.slice(0, 2), ...life.stuck.slice(0, 2)]) wrong.push(`SEED=${seed} SEEDS=1: ${problem}`)
      for (const state of life.states.keys()) states.set(state, (states.get(state) ?? 0) + 1)
      for (const trouble of life.seen.keys()) seen.add(trouble)
    }
    console.log(`F42: ${SEEDS} seeds from ${SEED}, ${looks} looks, lives with ${JSON.stringify(Object.fromEntries(states))}`)
    tally({ row: 'F42', tried: SEEDS, accepted: counts.entitledTooLate, lost: counts.pausedTooEarly + counts.stuck })
    expect(wrong.slice(0, 10)).toEqual([])
    expect(counts).toEqual({ pausedTooEarly: 0, entitledTooLate: 0, stuck: 0 })
    // It would mean nothing if the outages had never been long enough, or of few kinds.
    if (SEEDS < 20) return
    expect([...states.keys()].sort()).toEqual(['active', 'grace', 'paused'])
    expect(states.get('paused')).toBeGreaterThan(SEEDS / 4)
    expect([...NETWORK_CODES, ...REFUSAL_CODES, ...SPOILT, 'hangs', 'slow', 'lost', 'none'].filter(each => !seen.has(each))).toEqual([])
  })
})
