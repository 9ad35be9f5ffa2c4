import { METHOD_RULES } from '../../shared/method-rules.ts'
import { createHash } from 'node:crypto'
import { LicenseError } from '../license/errors.ts'
import type { LicenseService } from '../license/service.ts'
import type { WindowCounter } from './window-counter.ts'
import { createWindowCounter } from './window-counter.ts'

/* Counted per process: with several replicas a limit is that much higher, which still stops guessing and storms. */

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
   * Counts one use of whoever `key` names. Throws RATE_LIMITED with `retryAfterSeconds` when there were too many. The function
   * it resolves to gives the use back: what succeeded was no guess, nor was what never came to be judged.
   */
  use(limit: Limit, key: string): Promise<() => void>
}

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

/** A digest of what a visitor typed: every key takes the same room, and no e-mail stays in memory. */
function short(key: string): string {
  return createHash('sha256').update(key).digest('base64url').slice(0, 22)
}

/**
 * Counts a save of whoever `key` names. Only a key that would really be sent reaches the license server and counts there; a
 * token costs a signature check. Throws RATE_LIMITED.
 */
export async function limitSave(limits: RateLimits, license: LicenseService, key: string, pasted: string): Promise<void> {
  const method = license.methodOf(pasted)
  if (method === null || license.managedByEnv) return
  await limits.use(METHOD_RULES[method].saveLimit, key)
}
