import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { QuickestFirst } from '../support/quickest-first.ts'

/*
 * The unit tests as mutation testing runs them. Left out are long simulations, which would take most of the time and find a few mutants
 * that these do not; tests that are about other things; and what changes the time zone, which takes a process of its own. With ROOM,
 * those of one room alone, and of the routes with `http`.
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
    // For a busy machine. Stryker has a limit of its own for what hangs.
    testTimeout: 120_000,
    isolate: false,
    sequence: { sequencer: QuickestFirst },
  },
})
