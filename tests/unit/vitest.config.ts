import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { QuickestFirst } from '../support/quickest-first.ts'

/*
 * The unit tests alone, as mutation testing runs them: the long simulations find nothing in a mutant that these do not, some are
 * about other things, and a time zone can only be changed in a process of its own. With ROOM, those of one room alone, and of the routes with `http`.
 */
const LEFT_OUT = [
  'license/history', 'license/late-answer', 'license/what-if-lived', 'license/calendar', 'license/edited-rows', 'license/edited-time',
  'license/check-in-claim-explored', 'faults/regex', 'app/**/*', 'house/*',
]

const ROOM = process.env.ROOM || '**'

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: [`tests/unit/${ROOM === 'http' ? '{http,api}' : ROOM}/*.test.ts`],
    exclude: LEFT_OUT.map(name => `tests/unit/${name}.test.ts`),
    environment: 'node',
    // Whoever hangs is ended sooner, by the mutation test itself.
    testTimeout: 120_000,
    isolate: false,
    sequence: { sequencer: QuickestFirst },
  },
})
