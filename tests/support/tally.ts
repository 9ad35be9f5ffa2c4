import { appendFileSync, mkdirSync } from 'node:fs'
import { RESULTS } from './results.ts'

export const TALLIES = `${RESULTS}/tallies.ndjson`

export interface Tally {
  /** A row of tests/faults/README.md, such as F14. */
  row: string
  /** Cases tried. */
  tried: number
  /** Forged or wrong ones that were accepted. */
  accepted?: number
  /** Acknowledged changes that were gone. */
  lost?: number
  /** Processes that ended, and 5xx responses other than the documented ones. */
  crashed?: number
}

/** Records how many cases of a row of tests/faults/README.md a test tried, and their outcome. */
export function tally(counts: Tally): void {
  mkdirSync(RESULTS, { recursive: true })
  appendFileSync(TALLIES, `${JSON.stringify(counts)}\n`)
}
