import { expect } from 'vitest'
import type { ErrorCode } from '../../shared/errors.ts'
import { ERRORS } from '../../shared/errors.ts'
import type { LicenseView } from '../../shared/contracts.ts'
import type { ApiClient } from './api-client.ts'
import { expectError } from './expect-error.ts'

/* "The last good state is kept; a failed check-in counts toward the grace period and nothing else." */

/** The license, without what a failed check-in may change. */
function kept({ checkIn: _checkIn, warnings: _warnings, finding: _finding, serverTime: _serverTime, ...view }: LicenseView) {
  return { ...view, lastSuccessAt: _checkIn?.lastSuccessAt }
}

/** Saves a key, and expects that to fail with the code and leave the license unchanged. */
export async function expectFailedSave(client: ApiClient, code: ErrorCode): Promise<void> {
  const before = await client.license()
  expectError(await client.save('nc_ag_demo_airgapped'), code)
  const unchanged = await client.license()
  expect(unchanged).toEqual({ ...before, serverTime: unchanged.serverTime })
}

/** Checks in, and expects that to fail with the code and only be counted. Resolves to the number of failures it added. */
export async function expectFailedCheckIn(client: ApiClient, code: ErrorCode): Promise<number> {
  const before = await client.license()
  expectError(await client.checkIn(), code)
  const after = await client.license()
  expect(kept(after)).toEqual(kept(before))
  expect(after.checkIn?.lastError?.code).toBe(code)
  expect(after.finding).toMatchObject({ code, reference: ERRORS[code].reference, at: after.checkIn?.lastAttemptAt })
  return (after.checkIn?.consecutiveFailures ?? 0) - (before.checkIn?.consecutiveFailures ?? 0)
}
