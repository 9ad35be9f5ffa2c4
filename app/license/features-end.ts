import type { LicenseView } from '#shared/contracts'

/** When Enterprise features stop unless a check-in works before: at the end of grace, or of the term if that comes first. */
export function featuresEndAt({ graceEndsAt, expiresAt }: Pick<LicenseView, 'graceEndsAt' | 'expiresAt'>): string | null {
  // All are in UTC and of one length, so their order is that of the letters.
  return [graceEndsAt, expiresAt].filter(at => at !== null).toSorted()[0] ?? null
}
