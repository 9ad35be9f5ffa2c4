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
