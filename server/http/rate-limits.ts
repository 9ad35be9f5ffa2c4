import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { METHOD_RULES } from '../../shared/method-rules.ts'
import { LicenseError } from '../license/errors.ts'
import type { LicenseService } from '../license/service.ts'
import type { RateWindows } from '../storage/open.ts'
import type { WindowCounter } from './window-counter.ts'
import { createWindowCounter } from './window-counter.ts'

/*
 * Limits are counted by each process, and on PostgreSQL by all replicas together. Whoever is over the limit of one process costs the
 * database nothing, and whoever is over that of all is looked up there once a second.
 */

const MINUTE = 60_000
const PER_MINUTE = { points: 10, duration: MINUTE }
const LIMITS = {
  /** Per account and address together. */
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
   * Counts one use for `key`. Throws RATE_LIMITED with `retryAfterSeconds` if the limit is exceeded. The function it resolves to
   * takes the use back: a try that succeeded, or was never judged, was no guess.
   */
  use(limit: Limit, key: string): Promise<() => void>
}

const LOOKED_UP_EVERY = 1_000
const MOST_REFUSED = 20_000

/** A token is judged here, and costs no more than counting it elsewhere would. */
const COUNTED_HERE: ReadonlySet<Limit> = new Set<Limit>(['token'])

/** `shared` is what all replicas count together, if there is such a thing, and once it can be reached. */
export function createRateLimits(shared: () => RateWindows | null = () => null): RateLimits {
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
  /** Uses that all replicas together have just refused, with the end of the wait (ms of `performance.now`). */
  const refused = new LRUCache<string, number>({ max: MOST_REFUSED, ttl: LOOKED_UP_EVERY, ttlResolution: 0 })

  return {
    async use(limit, key) {
      const name = `${limit} ${short(key)}`
      const over = refused.get(name)
      if (over !== undefined) throw limited(over - performance.now())
      const { wait, giveBack } = counters[limit].use(short(key))
      if (wait !== null) throw limited(wait)
      const windows = COUNTED_HERE.has(limit) ? null : shared()
      try {
        const counted = await windows?.use(limit, short(key), LIMITS[limit]).catch(orUncounted)
        if (!windows || !counted) return giveBack
        if ('wait' in counted) {
          refused.set(name, performance.now() + counted.wait, { ttl: Math.min(LOOKED_UP_EVERY, Math.max(1, counted.wait)) })
          throw limited(counted.wait)
        }
        return () => {
          giveBack()
          void windows.giveBack(limit, short(key), counted.began).catch(() => undefined)
        }
      }
      catch (error) {
        // Or whoever waits as long as they were told would then have to wait for this process as well.
        giveBack()
        throw error
      }
    },
  }
}

function limited(wait: number): LicenseError {
  return new LicenseError('RATE_LIMITED', { details: { retryAfterSeconds: Math.max(1, Math.ceil(wait / 1000)) } })
}

/** Without the database, the limit of this process has to do. */
function orUncounted(error: unknown): null {
  if (error instanceof LicenseError && error.code === 'STORAGE_UNAVAILABLE') return null
  throw error
}

/** For a sandbox whose tests sign in as often as they like. */
export const UNLIMITED: RateLimits = { use: async () => () => undefined }

/** Hashes a key, so that all take the same space and no e-mail address stays in memory. */
function short(key: string): string {
  return createHash('sha256').update(key).digest('base64url').slice(0, 22)
}

/**
 * Counts a save for `key` by what it costs: a key calls the license server, a token takes a signature check. Text that is
 * neither, or is refused because NC_LICENSE_KEY is set, counts nowhere. Throws RATE_LIMITED.
 */
export async function limitSave(limits: RateLimits, license: LicenseService, key: string, pasted: string): Promise<void> {
  const method = license.methodOf(pasted)
  if (method === null || license.managedByEnv) return
  await limits.use(METHOD_RULES[method].saveLimit, key)
}
