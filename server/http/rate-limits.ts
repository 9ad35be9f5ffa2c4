import { createHash } from 'node:crypto'
import { LicenseError } from '../license/errors.ts'
import type { WindowCounter } from './window-counter.ts'
import { createWindowCounter } from './window-counter.ts'

/* Per process: with several replicas a limit is that much higher, which still stops guessing and storms. */

const MINUTE = 60_000
const PER_MINUTE = { points: 10, duration: MINUTE }
const LIMITS = {
  /** Of one account from one address. */
  login: { points: 5, duration: MINUTE },
  loginAddress: PER_MINUTE,
  setup: PER_MINUTE,
  password: PER_MINUTE,
  activate: PER_MINUTE,
  checkIn: PER_MINUTE,
  diagnostics: PER_MINUTE,
  token: { points: 100, duration: 1_000 },
} as const
export type Limit = keyof typeof LIMITS

export interface RateLimits {
  /**
   * Counts one use of whoever `key` names; the answer gives it back, for what succeeded was no guess, nor was what never came
   * to be judged. Throws RATE_LIMITED with `retryAfterSeconds` when there were too many.
   */
  use(limit: Limit, key: string): Promise<() => void>
}

/** The limits of this process. */
export function createRateLimits(): RateLimits {
  const counters: Record<Limit, WindowCounter> = {
    login: createWindowCounter(LIMITS.login),
    loginAddress: createWindowCounter(LIMITS.loginAddress),
    setup: createWindowCounter(LIMITS.setup),
    password: createWindowCounter(LIMITS.password),
    activate: createWindowCounter(LIMITS.activate),
    checkIn: createWindowCounter(LIMITS.checkIn),
    diagnostics: createWindowCounter(LIMITS.diagnostics),
    token: createWindowCounter(LIMITS.token),
  }
  return {
    async use(limit, key) {
      const { wait, giveBack } = counters[limit].use(short(key))
      if (wait !== null) throw new LicenseError('RATE_LIMITED', { details: { retryAfterSeconds: Math.max(1, Math.ceil(wait / 1000)) } })
      return giveBack
    },
  }
}

/** What a visitor types is kept as a digest: every key takes the same room, and no e-mail stays in memory. */
function short(key: string): string {
  return createHash('sha256').update(key).digest('base64url').slice(0, 22)
}
