import type { Figures, Lost } from './figures.ts'

export interface Row {
  name: string
  figures: Figures
  /** The performance score of every run. */
  scores: readonly number[]
}

const HEAD = [
  'preset', 'performance', 'accessibility', 'best practices', 'FCP', 'LCP', 'TBT', 'CLS', 'Speed Index',
  'KiB', 'JS', 'CSS', 'document', 'requests',
]

const ms = (value: number) => `${Math.round(value)} ms`
const kib = (bytes: number) => (bytes / 1024).toFixed(1)

/** One row for each preset, sizes in KiB on the wire. */
export function figuresTable(rows: readonly Row[]): string {
  return table(HEAD, rows.map(({ name, figures, scores }) => [
    name, `${figures.performance} (${scores.join(', ')})`, figures.accessibility, figures.bestPractices,
    ms(figures.fcp), ms(figures.lcp), ms(figures.tbt), figures.cls, ms(figures.speedIndex),
    kib(figures.bytes.total), kib(figures.bytes.js), kib(figures.bytes.css), kib(figures.bytes.document), figures.requests,
  ]))
}

/** The audits as a list under a heading, a line each. */
export function auditList(heading: string, audits: readonly Lost[]): string {
  if (audits.length === 0) return `${heading}: none\n`
  const lines = audits.map(({ id, title, detail }) => `  ${id}: ${title}${detail ? ` (${detail})` : ''}`)
  return `${heading}:\n${lines.join('\n')}\n`
}

/** Head and rows in aligned columns. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const all = [head, head.map(() => ''), ...rows].map(row => row.map(String))
  const widths = head.map((_, column) => Math.max(...all.map(row => row[column]?.length ?? 0)))
  return all.map((row, index) => {
    const cells = widths.map((width, column) => index === 1 ? '-'.repeat(width) : (row[column] ?? '').padEnd(width))
    return `| ${cells.join(' | ')} |\n`
  }).join('')
}
