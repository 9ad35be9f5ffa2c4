import type { Base } from '../runtime/app.ts'
import { getApp, requireBase } from '../runtime/app.ts'
import type { Config } from '../runtime/config.ts'
import type { BearerTokens } from './bearer.ts'
import { createBearerTokens } from './bearer.ts'
import type { RateLimits } from './rate-limits.ts'
import { createRateLimits, UNLIMITED } from './rate-limits.ts'
import type { RefusedTokens } from './refused-tokens.ts'
import { createRefusedTokens } from './refused-tokens.ts'

/** What guards the routes; one set per process. */
export interface Guards {
  limits: RateLimits
  bearerTokens: BearerTokens
  refusedTokens: RefusedTokens
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
/** Keyed by configuration, because a base and the app built on it share that object. */
const made = new WeakMap<Config, Guards>()

function createGuards({ config, log, jobs, limited }: Base): Guards {
  const refusedTokens = createRefusedTokens(log)
  jobs.every(MINUTE, refusedTokens.flush)
  const windows = () => getApp()?.storage.windows ?? null
  jobs.every(MINUTE, () => windows()?.prune(HOUR))
  return { limits: limited ? createRateLimits(windows) : UNLIMITED, bearerTokens: createBearerTokens(config), refusedTokens }
}

/** Creates the guards on first use. */
export function guardsOf(base: Base): Guards {
  const known = made.get(base.config)
  if (known) return known
  const guards = createGuards(base)
  made.set(base.config, guards)
  return guards
}

/** The guards of this process. Throws TypeError before the start plugin has run. */
export function requireGuards(): Guards {
  return guardsOf(requireBase())
}
