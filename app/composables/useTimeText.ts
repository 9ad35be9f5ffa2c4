import { useI18n, useNuxtApp, useState } from '#imports'
import { shallowRef } from 'vue'
import { useNow } from '~/stores/now'
import { daysApart, formatterOf } from '~/words/formatters'
import { useTextCookie } from './useTextCookie'

const UNITS = [
  // A few days short of a year is "1 year" too, rather than "12 months" in one place and "1 year" in another.
  ['year', 365 * 86_400], ['month', 30 * 86_400], ['week', 7 * 86_400], ['day', 86_400], ['hour', 3600],
  ['minute', 60], ['second', 1],
] as const

/** English with the day before the month; Arabic in Latin digits, like the counts and IDs beside it, and the Gregorian calendar. */
const TAGS: Record<string, string> = { en: 'en-GB', ar: 'ar-u-nu-latn-ca-gregory' }

/** The canonical spelling of a time zone's name; undefined if there is no such zone. */
function zoneOf(name: string | undefined): string | undefined {
  if (!name) return undefined
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone
  }
  catch {
    return undefined
  }
}

/** The time zone that times are shown in: the browser's, remembered in a cookie for the server. UTC on the very first page. */
export function useZone() {
  const seen = useTextCookie('nc-zone')
  return useState('zone', () => zoneOf(seen.value ?? undefined) ?? 'UTC')
}

/** Sets the zone to the browser's and remembers it for the server. Call once after mount, in the root component. */
export function useZoneFollower() {
  const zone = useZone()
  const seen = useTextCookie('nc-zone')
  return function follow() {
    zone.value = new Intl.DateTimeFormat().resolvedOptions().timeZone
    seen.value = zone.value
  }
}

/**
 * Reuses what the server formatted while the page hydrates: the browser's locale data may differ, down to the kind of space
 * used.
 */
function useFormatted() {
  const nuxt = useNuxtApp()
  const formatted = useState<Record<string, string>>('formatted', () => shallowRef({}))
  return (key: string, make: () => string) => {
    if (import.meta.server) return formatted.value[key] ??= make()
    return (nuxt.isHydrating ? formatted.value[key] : undefined) ?? make()
  }
}

/** Formats times, absolute with their zone or relative to the server's clock, and counts, by the rules of the page's language. */
export function useTimeText() {
  const { locale } = useI18n()
  const now = useNow()
  const zone = useZone()
  const formatted = useFormatted()
  const tag = () => TAGS[locale.value] ?? locale.value

  function format(iso: string, options: Intl.DateTimeFormatOptions) {
    const key = [iso, zone.value, ...Object.keys(options)].join(' ')
    // A no-break space keeps the zone on the same line as the time.
    return formatted(key, () => formatterOf(tag(), { ...options, timeZone: zone.value, hourCycle: 'h23' }).format(new Date(iso))
      .replace(options.timeZoneName ? / (?=\S+$)/ : /$^/, '\u00A0'))
  }
  const date = (iso: string) => format(iso, { day: 'numeric', month: 'short', year: 'numeric' })
  /** The day of a moment in the zone in use, in full. */
  const fullDate = (iso: string) => format(iso, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })
  /** A calendar day, the same in every zone. */
  const day = (iso: string) => formatted(`${iso} day`, () => formatterOf(tag(), { day: 'numeric', month: 'short', timeZone: 'UTC' }).format(new Date(iso)))
  const clock = (iso: string) => format(iso, { hour: '2-digit', minute: '2-digit', timeZoneName: 'short' })
  const absolute = (iso: string) => format(iso, {
    day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', timeZoneName: 'short',
  })
  const exact = (iso: string) => format(iso, {
    day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', timeZoneName: 'short',
  })
  const relative = (iso: string) => apart(Date.parse(iso), now.value)
  /** The first moment as seen from the second, both by a clock of their own. */
  const relativeTo = (iso: string, from: string) => apart(Date.parse(iso), Date.parse(from))
  function apart(moment: number, from: number) {
    const seconds = (moment - from) / 1000
    const size = Math.abs(seconds)
    // "in 14 days" says more than "in 2 weeks", so weeks are skipped and months begin at 60 days.
    const [unit, length] = UNITS.find(([name, unitLength]) =>
      name !== 'week' && size >= (name === 'month' ? 60 * 86_400 : name === 'year' ? 350 * 86_400 : unitLength)) ?? ['second', 1]
    const amount = Math.round(size / length) * (seconds < 0 ? -1 : 1)
    // "yesterday" is clear where it is the day before; "next year" is not.
    const isNamed = unit === 'day' ? daysApart(zone.value, moment, from) === amount : unit !== 'year' && unit !== 'month'
    return formatted(`${moment} ${from}`, () =>
      new Intl.RelativeTimeFormat(tag(), { numeric: isNamed ? 'auto' : 'always' }).format(amount, unit))
  }
  function both(iso: string) {
    return `${absolute(iso)} (${relative(iso)})`
  }
  const count = (value: number) => formatted(String(value), () => new Intl.NumberFormat(tag()).format(value))
  return { date, fullDate, day, clock, absolute, exact, relative, relativeTo, both, count, now, zone }
}
