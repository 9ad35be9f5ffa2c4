import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/* The tests of storage that need no server, no killed process and no million rows, as mutation testing runs them. */

const LEFT_OUT = ['sqlite-crash', 'sqlite-million-events', 'postgres', 'postgres-only', 'postgres-failover']

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['tests/unit/storage/*.test.ts', 'tests/storage/*.test.ts'],
    exclude: LEFT_OUT.map(name => `tests/storage/${name}.test.ts`),
    environment: 'node',
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
