const MOST = 200
const formatters = new Map<string, Intl.DateTimeFormat>()

/** Returns a cached formatter: creating one costs more than using it a hundred times. */
export function formatterOf(tag: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = tag + JSON.stringify(options)
  const known = formatters.get(key)
  if (known) return known
  // The zone comes from a cookie and can be spelt in thousands of ways, so the cache needs a limit.
  if (formatters.size >= MOST) formatters.clear()
  const made = new Intl.DateTimeFormat(tag, options)
  formatters.set(key, made)
  return made
}

/** The calendar day of a moment (ms) in a zone, as `YYYY-MM-DD`. */
export function dayIn(zone: string, at: number): string {
  // Swedish writes it so.
  return formatterOf('sv-u-ca-gregory-nu-latn', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(at)
}

/** How many calendar days one moment (ms) is after another in a zone; negative if it is before. */
export function daysApart(zone: string, moment: number, from: number): number {
  return Math.round((Date.parse(dayIn(zone, moment)) - Date.parse(dayIn(zone, from))) / 86_400_000)
}
