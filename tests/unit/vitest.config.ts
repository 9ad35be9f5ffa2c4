import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/*
 * The unit tests as mutation testing runs them. Without what is about the browser, the build or the house; without long simulations,
 * which find nothing in a mutant that the others do not; and a time zone can only be changed in a process of its own.
 */
const LEFT_OUT = ['app/**/*', 'build/*', 'house/*', 'license/history', 'license/late-answer', 'license/calendar', 'faults/regex']

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['tests/unit/**/*.test.ts'],
    exclude: LEFT_OUT.map(name => `tests/unit/${name}.test.ts`),
    environment: 'node',
    testTimeout: 20_000,
    isolate: false,
  },
})
