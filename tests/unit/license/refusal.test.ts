import { describe, expect, it } from 'vitest'
import { activationError, checkInError } from '../../../server/license/refusal.ts'
import { INSTANCE } from '../../support/claims.ts'
import { createSimulatedClock } from '../../support/simulated-clock.ts'
import { createSimulatedVendor, failure, refused } from '../../support/simulated-vendor.ts'

const vendor = createSimulatedVendor(createSimulatedClock())
const HOURS = 3_600_000

describe.each([
  ['an activation', (wait: number | null) => activationError(failure('SERVER_ERROR', { retryAfterMs: wait }), INSTANCE, vendor)],
  ['an activation that came too often', (wait: number | null) => activationError({ ...refused('rate_limited'), retryAfterMs: wait }, INSTANCE, vendor)],
  ['a check-in', (wait: number | null) => checkInError(failure('SERVER_ERROR', { retryAfterMs: wait }), vendor)],
  ['a check-in that was refused', (wait: number | null) => checkInError({ ...refused('bad_request'), retryAfterMs: wait }, vendor)],
])('the error of %s', (_, errorOf) => {
  it.each([[0, 0], [1, 1], [7000, 7], [7001, 8], [6 * HOURS, 21_600], [6 * HOURS + 1, 21_600], [9000 * HOURS, 21_600]])(
    'says to wait as long as it was told, in whole seconds and for six hours at most: %i ms', (wait, seconds) => {
      expect(errorOf(wait).details).toMatchObject({ host: vendor.host, retryAfterSeconds: seconds })
    })

  it('says nothing of waiting if it was not told to', () => {
    expect(errorOf(null).details).not.toHaveProperty('retryAfterSeconds')
  })
})
