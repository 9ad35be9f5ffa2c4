import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/* What each place said about each injection, and the share of those that said enough. */

export const COLUMNS = ['1440', '390', 'reference', 'diagnostics', 'bundle', 'log'] as const
export type Column = (typeof COLUMNS)[number]
/** Passed or not, or null where the place does not apply to the cause. */
export type Row = Record<Column, boolean | null> & {
  name: string
  cause: string
  deed: string
  /** What the page says was found. */
  words: string
  /** Which places name another cause, or null. */
  contradicts: string | null
}

/** The least share of each column, in percent. */
export const LEAST: Readonly<Record<Column, number>> = { 1440: 97, 390: 97, reference: 95, diagnostics: 95, bundle: 95, log: 95 }

export function shareOf(rows: readonly Row[], column: Column): number {
  const counted = rows.filter(row => row[column] !== null)
  return counted.length === 0 ? 100 : Math.floor(1000 * counted.filter(row => row[column]).length / counted.length) / 10
}

/** Keeps the table in the project, as a page to read. */
export function writeTable(rows: readonly Row[], leftOut: readonly string[]): void {
  const mark = (value: boolean | null) => value === null ? '–' : value ? '✓' : '✗'
  const line = (cells: readonly string[]) => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
  const text = [
    '# What each place says',
    '',
    'Written by `npm run diagnosis`: every cause but `empty`, really injected, and whether each place then names it and what helps:',
    'the first screenful at 1440 × 900 and 390 × 844, the entry of its reference, diagnostics, the support bundle (by',
    '`npm run explain`) and the log. – where a place does not apply.',
    '',
    line(['injection', 'cause', 'while', ...COLUMNS]), line(['---', '---', '---', ...COLUMNS.map(() => '---')]),
    ...rows.map(row => line([row.name, `\`${row.cause}\``, row.deed, ...COLUMNS.map(column => mark(row[column]))])),
    line([`**${rows.length} injections**`, '', '', ...COLUMNS.map(column => `**${shareOf(rows, column)} %**`)]),
    '',
    ...(leftOut.length > 0 ? [`Left out on this machine: ${leftOut.join('; ')}.`, ''] : []),
    '## The words of what was found, at 1440',
    '',
    ...rows.flatMap(row => [`- ${row.name}, ${row.deed}: ${row.words}`]),
    '',
  ]
  writeFileSync(fileURLToPath(new URL('table.md', import.meta.url)), text.join('\n'))
}
