import { rmSync } from 'node:fs'
import { RESULTS } from '../support/tally.ts'

/** Runs before a whole run, so that the table at its end says nothing of an older one. */
export default function clearResults(): void {
  rmSync(RESULTS, { recursive: true, force: true })
}
