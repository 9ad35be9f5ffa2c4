const UNITS = [['day', 86_400], ['hour', 3600], ['minute', 60]] as const

/** A length of time in s in the largest unit of which there are (almost) two, or (almost) exactly one; below that, in smaller ones. */
export function durationPartsOf(seconds: number): { unit: 'day' | 'hour' | 'minute' | 'second', amount: number } {
  const [unit, length] = UNITS.find(([, each]) => seconds >= 1.75 * each || Math.abs(seconds - each) <= each / 30)
    ?? UNITS.find(([, each]) => seconds >= each) ?? (['second', 1] as const)
  return { unit, amount: Math.round(seconds / length) }
}
