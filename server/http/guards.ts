import type { Base } from '../runtime/app.ts'
import { requireBase } from '../runtime/app.ts'
import type { Config } from '../runtime/config.ts'
import type { BearerTokens } from './bearer.ts'
import { createBearerTokens } from './bearer.ts'
import type { RateLimits } from './rate-limits.ts'
import { createRateLimits } from './rate-limits.ts'
import type { RefusedTokens } from './refused-tokens.ts'
import { createRefusedTokens } from './refused-tokens.ts'

/** What the front door of this process remembers. */
export interface Guards {
  limits: RateLimits
  bearerTokens: BearerTokens
  refusedTokens: RefusedTokens
}

const MINUTE = 60_000
/** By configuration, which a base and the app made of it share. */
const made = new WeakMap<Config, Guards>()

function createGuards({ config, log, jobs }: Base): Guards {
  const refusedTokens = createRefusedTokens(log)
  jobs.every(MINUTE, refusedTokens.flush)
  return { limits: createRateLimits(), bearerTokens: createBearerTokens(config), refusedTokens }
}

/** Made at the first call. */
export function guardsOf(base: Base): Guards {
  const guards = made.get(base.config) ?? createGuards(base)
  made.set(base.config, guards)
  return guards
}

/** For whatever runs after the start plugin. */
export function requireGuards(): Guards {
  return guardsOf(requireBase())
}
