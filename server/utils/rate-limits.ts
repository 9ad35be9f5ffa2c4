import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { LicenseError } from '../license/errors.ts'

/* Per process: with several replicas a limit is that much higher, which still stops guessing and storms. */

const PER_MINUTE = { points: 10, duration: 60 }
const LIMITS = {
  login: PER_MINUTE,
  loginAddress: PER_MINUTE,
  setup: PER_MINUTE,
  password: PER_MINUTE,
  activate: PER_MINUTE,
  checkIn: PER_MINUTE,
  diagnostics: PER_MINUTE,
  token: { points: 100, duration: 1 },
} as const
export type Limit = keyof typeof LIMITS

export interface RateLimits {
  /** Takes a limit and whose it is; counts one use. Throws RATE_LIMITED with `retryAfterSeconds` when there were too many. */
  use(limit: Limit, key: string): Promise<void>
  /** Gives a use back: what succeeded was no guess. */
  giveBack(limit: Limit, key: string): Promise<void>
}

/** Takes nothing; returns the limits of this process. */
export function createRateLimits(): RateLimits {
  const limiters = new Map(Object.entries(LIMITS).map(([name, limit]) => [name, new RateLimiterMemory({ keyPrefix: name, ...limit })]))
  return {
    async use(limit, key) {
      try {
        await limiters.get(limit)?.consume(key)
      }
      catch (rejection) {
        if (!(rejection instanceof RateLimiterRes)) throw rejection
        throw new LicenseError('RATE_LIMITED', { details: { retryAfterSeconds: Math.max(1, Math.ceil(rejection.msBeforeNext / 1000)) } })
      }
    },
    async giveBack(limit, key) {
      await limiters.get(limit)?.reward(key)
    },
  }
}
