import { appendFileSync, mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const RESULTS = fileURLToPath(new URL('../faults/.results', import.meta.url))
export const TALLIES = `${RESULTS}/tallies.ndjson`

export interface Tally {
  /** Rows of README.md, such as F14. */
  row: string
  /** Cases tried. */
  tried: number
  /** Forged or wrong ones that were accepted. */
  accepted?: number
  /** Acknowledged changes that were gone. */
  lost?: number
  /** Processes that ended, answers of 5xx that are none of the documented ones. */
  crashed?: number
}

/** Notes how many cases a test tried of a row, and what became of them, for the table at the end of a run. */
export function tally(counts: Tally): void {
  mkdirSync(RESULTS, { recursive: true })
  appendFileSync(TALLIES, `${JSON.stringify(counts)}\n`)
}
