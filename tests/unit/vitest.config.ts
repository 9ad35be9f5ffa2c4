import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/* The unit tests alone, as mutation testing runs them: the long simulations find nothing in a mutant that these do not. */
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['tests/unit/**/*.test.ts'],
    exclude: ['tests/unit/history.test.ts', 'tests/unit/late-answer.test.ts', 'tests/unit/memory-store.test.ts'],
    environment: 'node',
    testTimeout: 20_000,
    isolate: false,
  },
})
