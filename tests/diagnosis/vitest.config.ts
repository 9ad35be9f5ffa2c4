import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/* One injection after the other: they share the machine's DNS, firewall and browser. */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  oxc: Object({ tsconfig: false }),
  test: {
    name: 'diagnosis',
    include: ['tests/diagnosis/**/*.test.ts'],
    environment: 'node',
    maxWorkers: 1,
    retry: 0,
    testTimeout: 180_000,
    hookTimeout: 120_000,
    reporters: ['verbose'],
  },
})
