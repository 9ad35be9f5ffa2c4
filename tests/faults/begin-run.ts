import { rmSync } from 'node:fs'
import { beginRun, RESULTS, UNIT_REPORT, VITEST_REPORT } from '../support/results.ts'

/** `npm test` begins with the unit tests: the table at its end says nothing of an older run. */
export default function beginVitestRun(): void {
  if (VITEST_REPORT === UNIT_REPORT) rmSync(RESULTS, { recursive: true, force: true })
  beginRun(VITEST_REPORT)
}
