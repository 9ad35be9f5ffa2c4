const UNITS = [['day', 86_400], ['hour', 3600], ['minute', 60]] as const

/**
 * A length of time in s in the largest unit of which there are (almost) two, or (almost) exactly one; below that, in smaller ones.
 * Hours are told to the half.
 */
export function durationPartsOf(seconds: number): { unit: 'day' | 'hour' | 'minute' | 'second', amount: number } {
  const [unit, length] = UNITS.find(([, each]) => seconds >= 1.75 * each || Math.abs(seconds - each) <= each / 30)
    ?? UNITS.find(([, each]) => seconds >= each) ?? (['second', 1] as const)
  const steps = unit === 'hour' ? 2 : 1
  return { unit, amount: Math.round(steps * seconds / length) / steps }
}

/** The same in words of a language (BCP 47), such as `3.5 hours`. */
export function durationText(seconds: number, language: string): string {
  const { unit, amount } = durationPartsOf(seconds)
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(amount)
}
