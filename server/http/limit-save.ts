import { METHOD_RULES } from '../../shared/method-rules.ts'
import type { LicenseService } from '../license/service.ts'
import type { RateLimits } from './rate-limits.ts'

/**
 * Counts a save of whoever `key` names. Only a key that would really be sent reaches the license server and counts there; a
 * token costs a signature check. Throws RATE_LIMITED.
 */
export async function limitSave(limits: RateLimits, license: LicenseService, key: string, pasted: string): Promise<void> {
  const method = license.methodOf(pasted)
  if (method === null || license.managedByEnv) return
  await limits.use(METHOD_RULES[method].saveLimit, key)
}
