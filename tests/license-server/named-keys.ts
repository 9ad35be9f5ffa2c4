import type { RefusalCode } from '../../server/license-server/protocol.ts'
import type { LicenseStatus } from '../support/vendor/control-protocol.ts'
import type { Signer } from '../support/vendor/control-protocol.ts'

export const DEFAULT_FEATURES: readonly string[] = ['sso', 'scim', 'audit-log', 'white-label', 'teams']
export const DEFAULT_ORGANIZATION = 'Acme Robotics'
export const DEFAULT_EMAIL = 'license@acme.example'
export const DEFAULT_PLAN = 'enterprise'
export const DEFAULT_SEATS = 25
export const DEFAULT_DAYS = 365
/** Check-in period and grace period of the real license server, in seconds. */
export const DEFAULT_EVERY = 21_600
export const DEFAULT_GRACE = 604_800

export interface NamedKey {
  method: 'standard' | 'airgapped'
  days: number
  every?: number
  grace?: number
  renews?: boolean
  status?: LicenseStatus
  signer?: Signer
  /** Activation is always refused with this. */
  refuses?: RefusalCode
}

/** Keys that work without being created, on any number of installations. `days` counts from the end of today, UTC. */
export const NAMED_KEYS: Readonly<Record<string, NamedKey>> = {
  nc_demo_standard: { method: 'standard', days: DEFAULT_DAYS, renews: true },
  nc_demo_short: { method: 'standard', days: DEFAULT_DAYS, renews: true, every: 2, grace: 5 },
  nc_demo_expiring: { method: 'standard', days: 20, renews: false },
  nc_demo_expired: { method: 'standard', days: -30, status: 'expired' },
  nc_demo_revoked: { method: 'standard', days: DEFAULT_DAYS, status: 'revoked' },
  nc_demo_suspended: { method: 'standard', days: DEFAULT_DAYS, status: 'suspended' },
  nc_demo_bound_elsewhere: { method: 'standard', days: DEFAULT_DAYS, status: 'bound_elsewhere' },
  nc_demo_wrong_signer: { method: 'standard', days: DEFAULT_DAYS, signer: 'stranger' },
  nc_demo_method_not_in_plan: { method: 'standard', days: DEFAULT_DAYS, refuses: 'method_not_in_plan' },
  nc_demo_rate_limited: { method: 'standard', days: DEFAULT_DAYS, refuses: 'rate_limited' },
  nc_ag_demo_airgapped: { method: 'airgapped', days: DEFAULT_DAYS },
  nc_ag_demo_expiring: { method: 'airgapped', days: 20 },
  nc_ag_demo_expired: { method: 'airgapped', days: -30, status: 'expired' },
  nc_ag_demo_method_not_in_plan: { method: 'airgapped', days: DEFAULT_DAYS, refuses: 'method_not_in_plan' },
}
