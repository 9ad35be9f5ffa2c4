import { beginRun } from '../support/results.ts'

export default function beginLongRun(): void {
  beginRun('vitest-long.json')
}
