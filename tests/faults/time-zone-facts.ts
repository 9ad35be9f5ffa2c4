import { MAX_TERM } from '../../server/license/claims.ts'
import type { CheckedInLease } from '../../server/license/claims.ts'
import { nextAfterLease, nextAtStart } from '../../server/license/check-in-policy.ts'
import { stateOf } from '../../server/license/state.ts'
import { isoTime } from '../../server/license/warnings.ts'

/* Run as a process of its own, with `TZ` set: prints what the domain makes of the hours around every change of the clocks in a year. */

const HOUR = 3_600_000
const SWITCHES = ['2026-03-08T07:00:00Z', '2026-03-29T01:00:00Z', '2026-04-04T15:00:00Z', '2026-10-25T01:00:00Z', '2026-11-01T06:00:00Z', '2026-12-31T23:59:60Z', '2027-01-01T00:00:00Z']

const facts = SWITCHES.filter(each => Number.isFinite(Date.parse(each))).flatMap((each) => {
  const middle = Date.parse(each)
  return [-3, -2, -1, 0, 1, 2, 3].map((hours) => {
    const now = middle + hours * HOUR
    const iat = Math.floor(middle / 1000) - 21_600
    const claims: CheckedInLease = {
      iss: 'https://app.nocodb.com', aud: 'nocodb-self-hosted', sub: 'lic_1', jti: 'jti-1', iat, exp: iat + MAX_TERM, seq: 1,
      instance_id: 'a1'.repeat(16), method: 'standard', plan: 'enterprise', licensee: { organization: 'Acme' }, features: [], seats: null,
      check_in: { every: 21_600, grace: 7200 }, renews: true, nonce: 'n'.repeat(32),
    }
    const state = stateOf({ kind: 'lease', lease: { jws: '', claims }, verdict: null }, claims.instance_id, now)
    return [isoTime(now), state, nextAfterLease(claims, now, 0.5), nextAtStart(claims, now + HOUR, false, now)]
  })
})

/** Proof that the time zone is in force: the local hour, which is not part of what is compared. */
const localHours = SWITCHES.map(each => new Date(each).getHours())
process.stdout.write(JSON.stringify({ facts, localHours }))
