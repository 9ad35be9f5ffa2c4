import type { ErrorCode } from '../../shared/errors.ts'
import type { FindingFacts, Finding, Seen } from '../../shared/findings.ts'
import { findingOf, seen } from '../../shared/findings.ts'
import { METHOD_RULES } from '../../shared/method-rules.ts'
import type { LicenseHolder } from './license-holder.ts'
import type { Moment } from './license-memory.ts'
import { runInForce } from './record.ts'
import { expiryOf } from './state.ts'
import { CLOCK_TOLERANCE, clockTrouble, isoTime } from './warnings.ts'

/* Of all that is wrong with the license, the one thing to deal with first. */

/** A verdict, and what it is called. */
const VERDICTS = { revoked: 'LICENSE_REVOKED', suspended: 'LICENSE_SUSPENDED', bound_elsewhere: 'BOUND_TO_DIFFERENT_INSTALLATION' } as const

/** The finding that matters now, or null if all is well. `storage`: what is wrong with the database, and since when (ms). */
export function currentFinding(holder: LicenseHolder, moment: Moment, storage: { seen: Seen, since: number } | null): Finding | null {
  if (storage) return findingOf(storage.seen, storage.since)
  return ofState(holder, moment) ?? ofCheckIn(holder) ?? ofClock(moment)
}

function ofState(holder: LicenseHolder, moment: Moment): Finding | null {
  const { holding, instanceId, snapshot } = holder
  if (holding.kind === 'none') return null
  if (holding.kind === 'invalid') {
    return findingOf(seenOfInvalid(holding.code), moment.effective)
  }
  const { claims } = holding.lease
  const run = runInForce(holding, snapshot.license)
  if (moment.state === 'mismatch' && !run) {
    return findingOf(seen('BOUND_TO_DIFFERENT_INSTALLATION', 'other_installation', { expected: instanceId, found: claims.instance_id }), moment.effective)
  }
  if (run && (moment.state === 'revoked' || moment.state === 'suspended' || moment.state === 'mismatch')) {
    const { verdict: name, since } = run
    return findingOf(seen(VERDICTS[name], name, name === 'bound_elsewhere' ? { instanceId } : {}), since)
  }
  if (moment.state !== 'expired') return null
  const expiresAt = isoTime(expiryOf(claims))
  return findingOf(endedByClock(moment, expiryOf(claims)) ?? seen('LICENSE_EXPIRED', 'ended', { expiresAt, setting: 'stored' }), expiryOf(claims))
}

/** What is wrong with a stored license that cannot be used. */
function seenOfInvalid(code: ErrorCode): Seen {
  switch (code) {
    case 'TOKEN_UNKNOWN_SIGNER': return seen(code, 'unknown_signer')
    case 'TOKEN_OLDER_THAN_CURRENT': return seen(code, 'row_edited', { setting: 'older' })
    case 'TOKEN_WRONG_KIND': case 'TOKEN_CLAIMS_INVALID': return seen(code, 'row_edited', { setting: 'unfit' })
    default: return seen(code, 'row_edited')
  }
}

/** After the machine was off, the clock may be this far ahead of the last trusted time and right. */
const WORTH_A_DOUBT = 86_400_000

/**
 * That the license has ended, or is being judged to have, only by a clock which trusted time contradicts. After the machine was off
 * for an unknown time the clock may be right, so that the license has ended as far as anybody knows, and the clock is only
 * in doubt. `ended`: the end of its term, ms.
 */
export function endedByClock(moment: Moment, ended: number, code: 'CLOCK_AHEAD' | 'LICENSE_EXPIRED' = 'CLOCK_AHEAD'): Seen | null {
  const { wall, trusted, continuous } = moment
  if (trusted === null || trusted >= ended || wall < ended) return null
  if (wall - trusted <= (continuous ? CLOCK_TOLERANCE : WORTH_A_DOUBT)) return null
  const facts: FindingFacts = { difference: Math.round((wall - trusted) / 1000), clock: isoTime(wall), trusted: isoTime(trusted) }
  const setting = continuous ? null : 'perhaps'
  return seen(continuous ? code : 'LICENSE_EXPIRED', 'clock_ahead', { ...facts, expiresAt: isoTime(ended), setting })
}

/** What the last check-in found, while check-ins fail. A renewal on request that failed has been told to whoever asked for it. */
function ofCheckIn({ snapshot: { license } }: LicenseHolder): Finding | null {
  return license && METHOD_RULES[license.method].checksIn && license.consecutiveFailures > 0 ? license.lastFinding : null
}

function ofClock(moment: Moment): Finding | null {
  const what = seenOfClock(moment)
  return what && findingOf(what, moment.effective)
}

/** How this server's clock is wrong, if it is known to be. */
export function seenOfClock(moment: Pick<Moment, 'wall' | 'trusted' | 'continuous'>): Seen | null {
  const warning = clockTrouble(moment)
  if (warning?.code !== 'CLOCK_AHEAD' && warning?.code !== 'CLOCK_BEHIND') return null
  const facts: FindingFacts = { difference: warning.seconds, clock: warning.wallTime, trusted: warning.trustedTime }
  return seen(warning.code, warning.code === 'CLOCK_AHEAD' ? 'clock_ahead' : 'clock_behind', facts)
}
