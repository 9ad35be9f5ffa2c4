import { isWell } from '~/license/well'
import type { CheckInDay, LicenseView } from '#shared/contracts'
import { rulesOf } from '#shared/method-rules'

/** Whether a license that checks in is in force and needs nothing: its check-ins are then one row beside the status. */
export function isSettled(view: LicenseView): boolean {
  return view.state === 'active' && rulesOf(view.method)?.checksIn === true && isWell(view)
}

/** What the strip of check-ins is told of a license. */
export function stripOf(view: LicenseView, days: CheckInDay[]) {
  return {
    days, today: view.serverTime.slice(0, 10), since: view.activatedAt, verdictAt: view.verdictAt, nextAt: view.checkIn?.nextAt ?? null,
  }
}
