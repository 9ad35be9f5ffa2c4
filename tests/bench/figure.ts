/* One row of the table: something of ours beside something fixed, measured in the same run. */

export interface Figure {
  /** `B2`, say. */
  id: string
  what: string
  ours: number
  reference: number
  unit: string
  /** `at most` or `at least` this many times the reference; null for a figure that is reported only. */
  budget: { most: number } | { least: number } | null
  /** What the reader must know to judge it, such as which side was the limit. */
  note?: string
}

export const ratioOf = ({ ours, reference }: Figure): number => ours / reference

/** Whether the budget is kept; undefined where there is none. */
export function isKept(figure: Figure): boolean | undefined {
  const { budget } = figure
  if (!budget) return undefined
  return 'most' in budget ? ratioOf(figure) <= budget.most : ratioOf(figure) >= budget.least
}

const HEAD = ['', 'what', 'ours', 'reference', 'ratio', 'budget', '', 'note']

/** The table as Markdown. */
export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map(figure => [
    figure.id, figure.what, numberOf(figure.ours, figure.unit), numberOf(figure.reference, figure.unit), ratioOf(figure).toFixed(2), budgetOf(figure),
    { true: 'pass', false: 'MISSED', undefined: 'reported' }[String(isKept(figure))] ?? '', figure.note ?? '',
  ])
  return [HEAD, HEAD.map(() => '---'), ...rows].map(row => `| ${row.join(' | ')} |`).join('\n')
}

function budgetOf({ budget }: Figure): string {
  if (!budget) return '–'
  return 'most' in budget ? `≤ ${budget.most}` : `≥ ${budget.least}`
}

function numberOf(value: number, unit: string): string {
  return `${value.toLocaleString('en', { maximumSignificantDigits: value < 1000 ? 3 : 6 })} ${unit}`
}

/** The value of which `share` of all are no greater. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? NaN
}

export const medianOf = (values: readonly number[]) => quantile(values, 0.5)
