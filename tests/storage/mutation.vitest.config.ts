import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { QuickestFirst } from '../support/quickest-first.ts'

/*
 * The tests of storage as mutation testing runs them, with one PostgreSQL for all files: without a failover, a killed process and a
 * million rows. What is the same on both databases is tried on SQLite alone, and what takes PostgreSQL longest is left out: every mutant
 * that survives would wait for it.
 */

const LEFT_OUT = ['sqlite-crash', 'sqlite-million-events', 'postgres', 'postgres-failover', 'postgres-only']

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['tests/unit/storage/*.test.ts', 'tests/storage/*.test.ts'],
    exclude: LEFT_OUT.map(name => `tests/storage/${name}.test.ts`),
    environment: 'node',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    isolate: false,
    sequence: { sequencer: QuickestFirst },
    setupFiles: ['tests/support/fresh-modules.ts'],
    globalSetup: ['tests/storage/ready-postgres.ts'],
  },
})
