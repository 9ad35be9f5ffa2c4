import { afterEach, beforeEach } from 'vitest'
import { nameOpenWaits } from './open-waits.ts'
import { forgetRefusals, nameRefusal } from './refusals.ts'

/* Runs before every test file. */

beforeEach(forgetRefusals)

afterEach(({ task }) => {
  for (const error of task.result?.errors ?? []) {
    nameOpenWaits(error)
    nameRefusal(error)
  }
})
