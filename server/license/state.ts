import type { ErrorCode } from '../../shared/errors.ts'
import type { CheckedInLease, LeaseClaims } from './claims.ts'
import type { LicenseState } from '../../shared/contracts.ts'
import type { Lease, Verdict } from './token.ts'

/** What the installation holds: nothing, something that does not verify, or a lease with at most one verdict against it. */
export type Holding =
  | { kind: 'none' }
  /** `lease` is set if the lease itself is genuine and something else about the row is wrong. */
  | { kind: 'invalid', code: ErrorCode, lease: Lease | null }
  | { kind: 'lease', lease: Lease, verdict: Verdict | null }

const ENTITLED: ReadonlySet<LicenseState> = new Set(['grace', 'active'])
/** States that only the passing of time brings about. */
const BY_TIME: ReadonlySet<LicenseState> = new Set(['expired', 'paused'])

/** The one state that holds on this installation at effective time `now` (ms). First match wins. */
export function stateOf(holding: Holding, instanceId: string, now: number): LicenseState {
  if (holding.kind === 'none') return 'unlicensed'
  if (holding.kind === 'invalid') return 'invalid'
  const { claims } = holding.lease
  const verdict = holding.verdict?.claims.verdict
  if (claims.instance_id !== instanceId || verdict === 'bound_elsewhere') return 'mismatch'
  if (verdict) return verdict
  if (now >= expiryOf(claims)) return 'expired'
  if (now >= pausesAt(claims)) return 'paused'
  if (now >= checkInDueAt(claims)) return 'grace'
  return 'active'
}

/** Whether enterprise features are on in this state. */
export function isEntitled(state: LicenseState): boolean {
  return ENTITLED.has(state)
}

/** Whether this state follows from the time alone, so that a wrong clock could be to blame. */
export function isByTime(state: LicenseState): boolean {
  return BY_TIME.has(state)
}

/** End of the licensed term, ms. */
export function expiryOf(claims: LeaseClaims): number {
  return claims.exp * 1000
}

/** Whether the lease has to be swapped for a fresh one. Only some methods have such a claim, and only here is it looked for. */
export function isCheckedIn(claims: LeaseClaims): claims is CheckedInLease {
  return 'check_in' in claims
}

/** Whether the subscription renews by itself; null if the lease does not say. */
export function renewsByItself(claims: LeaseClaims): boolean | null {
  return 'renews' in claims ? claims.renews : null
}

/** When the lease has to be swapped for a fresh one, ms; Infinity if never. */
export function checkInDueAt(claims: LeaseClaims): number {
  return isCheckedIn(claims) ? (claims.iat + claims.check_in.every) * 1000 : Infinity
}

/** When enterprise features pause if no check-in succeeds, ms; Infinity if never. */
export function pausesAt(claims: LeaseClaims): number {
  return isCheckedIn(claims) ? checkInDueAt(claims) + claims.check_in.grace * 1000 : Infinity
}

/** The moments (ms) at which the state changes by itself, in order. */
export function bordersOf(claims: LeaseClaims): number[] {
  return [checkInDueAt(claims), pausesAt(claims), expiryOf(claims)].filter(Number.isFinite).sort((a, b) => a - b)
}
