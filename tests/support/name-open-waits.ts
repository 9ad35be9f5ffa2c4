import { afterEach } from 'vitest'
import { openWaits } from './open-waits.ts'

/* Run before every test file: a test that ran out of time says what it was still waiting for. */

afterEach(({ task }) => {
  const [error] = task.result?.errors ?? []
  const waits = openWaits()
  if (error && /timed out/.test(error.message) && waits.length > 0) error.message += `\n${waits.join('\n')}`
})
