import type { LicenseView } from '../../../shared/contracts.ts'

const CHECK_IN = {
  lastSuccessAt: '2026-03-01T00:00:00.000Z', lastAttemptAt: '2026-03-01T00:00:00.000Z', nextAt: '2026-03-02T00:00:00.000Z',
  consecutiveFailures: 0, lastError: null,
}

/** The check-ins of such a license; `changes` replace members. */
export const checkInsOf = (changes: Partial<NonNullable<LicenseView['checkIn']>>): LicenseView['checkIn'] => ({ ...CHECK_IN, ...changes })
export const nextCheckIn = (nextAt: string) => checkInsOf({ nextAt })

/** What the API says of a standard license in force; `changes` replace members. */
export function viewOf(changes: Partial<LicenseView> = {}): LicenseView {
  return {
    state: 'active', entitled: true, method: 'standard', plan: 'enterprise', features: ['sso'], limits: {}, seats: 50, seatsUsed: 10,
    licensee: { organization: 'Acme', email: 'license@acme.example' }, licenseId: 'lic_1', maskedKey: 'nc_…abcd',
    issuedAt: '2026-01-01T00:00:00.000Z', expiresAt: '2026-12-31T00:00:00.000Z', activatedAt: '2026-01-01T00:00:00.000Z',
    graceEndsAt: '2026-03-08T00:00:00.000Z', renews: false, deactivation: null,
    checkIn: CHECK_IN,
    instanceId: '0123456789abcdef0123456789abcdef', boundTo: null, reason: null, verdictAt: null, invalidBecause: null, finding: null,
    managedByEnv: false, previous: null, warnings: [], revision: 7, serverTime: '2026-03-01T12:00:00.000Z', ...changes,
  }
}
