import { createVendorClock } from './clock.ts'
import type { VendorClock } from './clock.ts'
import { createFaultQueue } from './fault-queue.ts'
import type { FaultQueue } from './fault-queue.ts'
import { createForkWatch } from './forks.ts'
import type { ForkWatch } from './forks.ts'
import { createLicenseBook } from './license-book.ts'
import type { LicenseBook } from './license-book.ts'
import { createRequestLog } from './request-log.ts'
import type { RequestLog } from './request-log.ts'

/** Everything that a sandbox license server remembers. Each part keeps apart what belongs to different installations and licenses. */
export interface SandboxParts {
  clock: VendorClock
  licenses: LicenseBook
  forks: ForkWatch
  faults: FaultQueue
  requests: RequestLog
}

/** Creates the parts of a server that runs by the clock of `machine`, ms since 1970. */
export function createSandboxParts(machine?: () => number): SandboxParts {
  const clock = createVendorClock(machine)
  return { clock, licenses: createLicenseBook(clock), forks: createForkWatch(), faults: createFaultQueue(), requests: createRequestLog() }
}
