const UNITS = [
  ['year', 365 * 86_400], ['month', 30 * 86_400], ['week', 7 * 86_400], ['day', 86_400], ['hour', 3600],
  ['minute', 60], ['second', 1],
] as const

/** Milliseconds of the server's clock; moves after mount. Equal on both sides while hydrating. */
export function useNow() {
  return useState('now', () => 0)
}

/** The zone that times are shown in: UTC from the server, the browser's own after mount. */
export function useZone() {
  return useState('zone', () => 'UTC')
}

/** Dates in words: absolute with time zone, and relative to the server's clock. */
export function useTimeText() {
  const { locale } = useI18n()
  const now = useNow()
  const zone = useZone()

  function parts(iso: string, options: Intl.DateTimeFormatOptions) {
    const found: Record<string, string> = {}
    const format = new Intl.DateTimeFormat(locale.value, { ...options, timeZone: zone.value, hourCycle: 'h23' })
    for (const { type, value } of format.formatToParts(new Date(iso))) found[type] = value
    return found
  }
  // Put together here, because Node's and the browser's locale data may differ in white space.
  function date(iso: string) {
    const part = parts(iso, { day: 'numeric', month: 'short', year: 'numeric' })
    return `${part.day} ${part.month} ${part.year}`
  }
  function absolute(iso: string) {
    const part = parts(iso, { hour: '2-digit', minute: '2-digit', timeZoneName: 'short' })
    return `${date(iso)}, ${part.hour}:${part.minute} ${part.timeZoneName}`
  }
  function relative(iso: string) {
    const seconds = (Date.parse(iso) - now.value) / 1000
    const size = Math.abs(seconds)
    // "in 14 days" says more than "in 2 weeks"; weeks are left out, months begin at 60 days.
    const [unit, length] = UNITS.find(([name, unitLength]) =>
      name !== 'week' && size >= (name === 'month' ? 60 * 86_400 : unitLength)) ?? ['second', 1]
    const amount = Math.round(size / length)
    // "yesterday" is clear, "next year" is not.
    const numeric = unit === 'year' || unit === 'month' ? 'always' : 'auto'
    return new Intl.RelativeTimeFormat(locale.value, { numeric }).format(seconds < 0 ? -amount : amount, unit)
  }
  function both(iso: string) {
    return `${absolute(iso)} (${relative(iso)})`
  }
  return { date, absolute, relative, both, now, zone }
}
