import type { Figures } from './figures.ts'

/* What the License page must reach. */

const PERFORMANCE: Record<string, number> = { mobile: 95, desktop: 100 }

/** A sentence for each threshold that a preset's figures miss. */
export function missedBy(preset: string, figures: Figures): string[] {
  const wanted: [string, number, number][] = [
    ['Accessibility', figures.accessibility, 100],
    ['Best practices', figures.bestPractices, 100],
    ['Performance', figures.performance, PERFORMANCE[preset] ?? 0],
  ]
  const missed = wanted.filter(([, got, least]) => got < least)
    .map(([what, got, least]) => `${what} on ${preset} is ${got}; it must be at least ${least}.`)
  return figures.cls === 0 ? missed : [...missed, `The layout shift on ${preset} is ${figures.cls}; it must be 0.`]
}
