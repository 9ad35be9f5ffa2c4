import { afterEach } from 'vitest'
import { nameOpenWaits } from './open-waits.ts'

/* Runs before every test file. */

afterEach(({ task }) => {
  for (const error of task.result?.errors ?? []) nameOpenWaits(error)
})
