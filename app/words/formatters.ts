const MOST = 200
const formatters = new Map<string, Intl.DateTimeFormat>()

/** Making a formatter costs more than using it a hundred times: those in use are kept, and no more than can be in use. */
export function formatterOf(tag: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = tag + JSON.stringify(options)
  const known = formatters.get(key)
  if (known) return known
  // The zone comes from a cookie, and can be spelt in thousands of ways.
  if (formatters.size >= MOST) formatters.clear()
  const made = new Intl.DateTimeFormat(tag, options)
  formatters.set(key, made)
  return made
}
