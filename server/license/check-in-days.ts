import type { CheckInDay } from '../../shared/contracts.ts'
import { METHOD_RULES } from '../../shared/method-rules.ts'
import type { LicenseHolder } from './license-holder.ts'
import { dayOf, runInForce } from './record.ts'
import type { CountedDay } from './stored-records.ts'

const DAY = 86_400_000

/** Since when a verdict has kept off a license that checks in, ms; null if none does. */
export function offSince({ holding, snapshot: { license } }: Pick<LicenseHolder, 'holding' | 'snapshot'>): number | null {
  return license && METHOD_RULES[license.method].checksIn ? runInForce(holding, license)?.since ?? null : null
}

/**
 * The days that had check-ins, oldest first, and every day since the verdict, whether or not anybody was asked on it. `from` and
 * `to`: the first and the last moment asked for; `since`: what `offSince` says; ms.
 */
export function checkInDaysOf(
  counted: readonly CountedDay[], { from, to, since }: { from: number, to: number, since: number | null },
): CheckInDay[] {
  const days = new Map(counted.map(each => [each.day, each]))
  for (const day of since === null ? [] : daysBetween(Math.max(from, since), to)) {
    if (!days.has(day)) days.set(day, { day, good: 0, failed: 0 })
  }
  return [...days.values()].toSorted((a, b) => a.day < b.day ? -1 : 1)
    .map(each => ({ ...each, off: since !== null && each.day >= dayOf(since) }))
}

function daysBetween(from: number, to: number): string[] {
  const first = Math.floor(from / DAY)
  return Array.from({ length: Math.max(0, Math.floor(to / DAY) - first + 1) }, (_, index) => dayOf((first + index) * DAY))
}
