import type { LicenseService } from '../license/service.ts'
import type { SandboxTime } from './time.ts'

const SECOND = 1000
const HOUR = 3_600_000

type Schedule = Pick<LicenseService, 'tick' | 'whenIdle'>

/**
 * Lets `ms` milliseconds pass, from one moment at which something is due to the next, and resolves when all of it has been done.
 * Calls to the license server take as long as they take; no time passes meanwhile.
 */
export async function advance(license: Schedule, time: SandboxTime, ms: number, sessions: boolean): Promise<void> {
  // What recurs without a date, as telling the vendor about a removal does, comes some two hundred times on the way.
  const longest = Math.min(Math.max(ms / 200, SECOND), HOUR)
  let left = ms
  for (;;) {
    const wait = await doWhatIsDue(license, longest)
    if (left <= 0) return
    const step = Math.min(left, Math.max(wait, 1))
    time.advance(step, sessions)
    left -= step
  }
}

/** Resolves to the wait until something is due again, ms. */
async function doWhatIsDue(license: Schedule, longest: number): Promise<number> {
  for (;;) {
    const wait = await license.tick(longest)
    if (!await license.whenIdle()) return wait
  }
}
