import type { ErrorCode } from '../../shared/errors.ts'
import { ERRORS } from '../../shared/errors.ts'
import type { Finding } from '../../shared/findings.ts'
import type { Warning } from '../../shared/contracts.ts'
import { METHOD_RULES } from '../../shared/method-rules.ts'
import type { Moment } from './license-memory.ts'
import type { StoredLicense } from './stored-records.ts'
import type { Holding } from './state.ts'
import { expiryOf, renewsByItself } from './state.ts'

const DAY = 86_400_000
const SOON = 30 * DAY
/** The clocks of well-kept machines differ by seconds; more than this is worth a warning. */
export const CLOCK_TOLERANCE = 5 * 60_000

/** The code, and what was found, with which applying the provisioned credential failed; null while all is well. */
export type ProvisioningTrouble = { error: ErrorCode | null, finding?: Finding | null } | null

export interface WarningsInput {
  holding: Holding
  license: StoredLicense | null
  moment: Moment
  seatsUsed: number | null
  provisioning: ProvisioningTrouble
  sandbox: boolean
}

/** What the administrator should know besides the state. */
export function warningsOf({ holding, license, moment, seatsUsed, provisioning, sandbox }: WarningsInput): Warning[] {
  const found: (Warning | null)[] = [
    holding.kind === 'lease' ? expiresSoon(holding, license, moment) : null,
    checkInFailing(license),
    clockTrouble(moment),
    holding.kind === 'lease' ? seatsExceeded(holding.lease.claims.seats, seatsUsed) : null,
    provisioning && {
      code: 'ENV_DIFFERS', error: provisioning.error, reference: provisioning.error && ERRORS[provisioning.error].reference,
    },
    sandbox ? { code: 'SANDBOX_BUILD' } : null,
  ]
  return found.filter(warning => warning !== null)
}

type Held = Extract<Holding, { kind: 'lease' }>

function expiresSoon({ lease: { claims } }: Held, license: StoredLicense | null, { effective, state }: Moment): Warning | null {
  const left = expiryOf(claims) - effective
  const renewsItself = renewsByItself(claims) && license?.consecutiveFailures === 0
  const concerns = state === 'active' || state === 'grace' || state === 'paused'
  if (!concerns || renewsItself || left > SOON) return null
  return { code: 'EXPIRES_SOON', expiresAt: isoTime(expiryOf(claims)), days: Math.max(0, Math.floor(left / DAY)) }
}

function checkInFailing(license: StoredLicense | null): Warning | null {
  if (!license || !METHOD_RULES[license.method].checksIn || license.consecutiveFailures === 0 || license.failingSince === null) return null
  const { lastError, lastAttemptAt, failingSince, consecutiveFailures } = license
  return {
    code: 'CHECK_IN_FAILING', since: isoTime(failingSince), failures: consecutiveFailures,
    lastError: lastError && { code: lastError, reference: ERRORS[lastError].reference, at: isoTime(lastAttemptAt ?? failingSince) },
  }
}

/** A wall clock that is ahead proves nothing after a gap of unknown length (machine off) in trusted time. */
export function clockTrouble({ wall, trusted, continuous }: Pick<Moment, 'wall' | 'trusted' | 'continuous'>): Warning | null {
  if (trusted === null) return null
  const off = wall - trusted
  if (Math.abs(off) <= CLOCK_TOLERANCE) return null
  const times = { seconds: Math.round(Math.abs(off) / 1000), wallTime: isoTime(wall), trustedTime: isoTime(trusted) }
  if (off < 0) return { code: 'CLOCK_BEHIND', ...times }
  return continuous ? { code: 'CLOCK_AHEAD', ...times } : null
}

function seatsExceeded(seats: number | null, used: number | null): Warning | null {
  return seats !== null && used !== null && used > seats ? { code: 'SEATS_EXCEEDED', seats, used } : null
}

const MINUTE = 60_000
const MOST_MINUTES = 100
/** How the times of the minutes told lately begin: an answer tells the same few again and again. */
const beginnings = new Map<number, string>()

/** Formats milliseconds since 1970 as ISO 8601, UTC. Throws RangeError for what no calendar has. */
export function isoTime(ms: number): string {
  const whole = Math.trunc(ms)
  const minute = Math.floor(whole / MINUTE)
  // Five digits: seconds and milliseconds.
  const rest = String(100_000 + whole - minute * MINUTE)
  return `${beginnings.get(minute) ?? beginningOf(minute)}${rest.slice(1, 3)}.${rest.slice(3)}Z`
}

function beginningOf(minute: number): string {
  const beginning = new Date(minute * MINUTE).toISOString().slice(0, -'00.000Z'.length)
  if (beginnings.size === MOST_MINUTES) beginnings.clear()
  beginnings.set(minute, beginning)
  return beginning
}
