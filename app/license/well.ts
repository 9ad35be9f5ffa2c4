import type { LicenseView, Warning } from '#shared/contracts'

/** Whether a warning is about something to deal with. That of a sandbox build is on a strip of its own on every page. */
export function isMatter({ code }: Warning): boolean {
  return code !== 'SANDBOX_BUILD'
}

/** Whether nothing is the matter with the license: nothing was found, and nothing is warned of. */
export function isWell({ finding, warnings }: Pick<LicenseView, 'finding' | 'warnings'>): boolean {
  return !finding && !warnings.some(isMatter)
}
