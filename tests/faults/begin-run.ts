import { rmSync } from 'node:fs'
import { beginRun, RESULTS } from '../support/results.ts'

/** Before `npm test`: the table at its end says nothing of an older run. */
export default function beginWholeRun(): void {
  rmSync(RESULTS, { recursive: true, force: true })
  beginRun('vitest.json')
}
