/** How a cell begins that a spreadsheet may take for a formula, in its own form or the full-width one. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/

/**
 * One record with its line break (RFC 4180); null is an empty cell. A text that a spreadsheet might run as a formula gets an
 * apostrophe before it.
 */
export function csvRecord(cells: readonly (string | number | null)[]): string {
  return `${cells.map(cell => typeof cell === 'string' ? csvText(cell) : String(cell ?? '')).join(',')}\r\n`
}

function csvText(text: string): string {
  const harmless = FORMULA.test(text) ? `'${text}` : text
  // Semicolons and tabs too: some spreadsheets separate cells by them, whatever the file does.
  return /[",;\t\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
