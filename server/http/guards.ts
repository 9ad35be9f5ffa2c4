import type { Base } from '../runtime/app.ts'
import { requireBase } from '../runtime/app.ts'
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
let guards: Guards | undefined

function createGuards({ config, log, jobs }: Base): Guards {
  const refusedTokens = createRefusedTokens(log)
  jobs.every(MINUTE, refusedTokens.flush)
  return { limits: createRateLimits(), bearerTokens: createBearerTokens(config), refusedTokens }
}

/** Made with the first request, and once. */
export function requireGuards(): Guards {
  return guards ??= createGuards(requireBase())
}

/** Undefined before the first request. */
export function getGuards(): Guards | undefined {
  return guards
}
