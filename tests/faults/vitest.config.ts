import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/* The long ones: minutes of generated cases, killed processes and shifted clocks. */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  oxc: Object({ tsconfig: false }),
  test: {
    name: 'long',
    include: ['tests/faults/**/*.test.ts'],
    environment: 'node',
    globalSetup: ['tests/faults/begin-long-run.ts'],
    maxWorkers: 2,
    testTimeout: 1_800_000,
    hookTimeout: 60_000,
    reporters: ['default', ['json', { outputFile: 'tests/faults/.results/vitest-long.json' }]],
  },
})
