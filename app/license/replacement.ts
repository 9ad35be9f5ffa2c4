import type { LicenseView, Preview } from '#shared/contracts'
import type { Credential } from '#shared/credential'
import { maskKey } from '#shared/credential'

/* What is at stake when a license is saved over another one. */

type Difference = NonNullable<Preview['difference']>
/** Something that gets less. Times are ISO 8601; a number that is null is unlimited. */
export type Loss =
  | { kind: 'ends', current: string, next: string }
  | { kind: 'features', names: string[] }
  | { kind: 'seats', current: number | null, next: number }
  | { kind: 'limit', name: string, current: number | null, next: number }

/** Terms are counted in days, and begin when they are issued; only more than half a day is earlier, ms. */
const NOTICED = 43_200_000

/** Whether a save would replace something: a license that works, or will again by itself. */
export function isInForce({ entitled, state }: Pick<LicenseView, 'entitled' | 'state'>): boolean {
  return entitled || state === 'paused'
}

/** Whether this is the license of a key, as far as can be told: only the ends of its key are known. */
export function isLicenseOfKey({ method, maskedKey }: Pick<LicenseView, 'method' | 'maskedKey'>, key: Extract<Credential, { key: unknown }>): boolean {
  return method === key.method && maskedKey === maskKey(key.key)
}

export function endsEarlier(next: string, current: string): boolean {
  return Date.parse(next) < Date.parse(current) - NOTICED
}

/** What is written as a list in a difference. */
export function namesIn(list: string | null): string[] {
  return list === null || list === '' ? [] : list.split(', ')
}

/** `limit_editor 10, limit_workspace unlimited`, by name. */
export function limitsIn(list: string | null): Map<string, number | null> {
  return new Map(namesIn(list).map((each) => {
    const [name = '', limit] = each.split(' ')
    return [name, limit === 'unlimited' ? null : Number(limit)]
  }))
}

/** What the next license has less of than the current one, and whether it ends earlier, which comes first. */
export function lossesOf(difference: Difference): Loss[] {
  // Nothing is lost where there was no license; an unlimited number is null too.
  if (difference.some(({ field, current }) => field === 'method' && current === null)) return []
  const found = difference.flatMap(lossesIn)
  return [...found.filter(({ kind }) => kind === 'ends'), ...found.filter(({ kind }) => kind !== 'ends')]
}

function lossesIn({ field, current, next }: Difference[number]): Loss[] {
  if (field === 'expiresAt') return current !== null && next !== null && endsEarlier(next, current) ? [{ kind: 'ends', current, next }] : []
  if (field === 'features') {
    const names = namesIn(current).filter(name => !namesIn(next).includes(name))
    return names.length > 0 ? [{ kind: 'features', names }] : []
  }
  if (field === 'seats') {
    const [before, after] = [numberIn(current), numberIn(next)]
    return isLess(after, before) ? [{ kind: 'seats', current: before, next: after }] : []
  }
  return field === 'limits' ? lowerLimits(limitsIn(current), limitsIn(next)) : []
}

function lowerLimits(before: Map<string, number | null>, after: Map<string, number | null>): Loss[] {
  return [...after].flatMap(([name, next]) => {
    // A limit that was not there is one that did not limit.
    const current = before.get(name) ?? null
    return isLess(next, current) ? [{ kind: 'limit', name, current, next }] : []
  })
}

const numberIn = (text: string | null) => text === null ? null : Number(text)

function isLess(next: number | null, current: number | null): next is number {
  return next !== null && (current === null || next < current)
}
