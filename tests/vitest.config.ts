import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { vueFiles } from './support/app/vue-files.ts'
import { VITEST_REPORT } from './support/results.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const setupFiles = ['tests/support/explain-failures.ts']
/** Files share their processes, which take longer to start than most tests, but no module of ours. */
const SHARED = { isolate: false, setupFiles: ['tests/support/fresh-modules.ts', ...setupFiles] }
/** Ms: only what hangs takes as long, also on a machine that does much else; setupFiles say for what it waits. */
const LONGEST = { testTimeout: 180_000, hookTimeout: 180_000, expect: { poll: { timeout: 60_000 } } }

const pathOf = (file: string) => fileURLToPath(new URL(file, import.meta.url))
const APP = {
  plugins: [vueFiles()],
  define: { 'import.meta.client': 'true', 'import.meta.server': 'false' },
  resolve: {
    alias: [
      { find: '#imports', replacement: pathOf('support/app/nuxt-imports.ts') },
      { find: '#build/words', replacement: pathOf('support/app/build-words.ts') },
      { find: /^#shared\//, replacement: pathOf('../shared/') },
      { find: /^~\//, replacement: pathOf('../app/') },
    ],
  },
}

export default defineConfig({
  root,
  // The root tsconfig refers to files that `nuxt prepare` makes; tests need none of them.
  oxc: Object({ tsconfig: false }),
  test: {
    // Many of these tests wait, for a process or for time to pass.
    maxWorkers: 4,
    // No test gets a second try: one that fails now and then is a defect.
    retry: 0,
    globalSetup: ['tests/faults/begin-run.ts'],
    // Read at the end by tests/faults/report.ts.
    reporters: ['default', ['json', { outputFile: `tests/faults/.results/${VITEST_REPORT}` }]],
    projects: [
      // Stores, composables and components of app/ run without Nuxt, whose imports are stood in for.
      { root, ...APP, test: { name: 'unit', ...SHARED, include: ['tests/unit/**/*.test.ts', 'tests/license-server/*.test.ts'], environment: 'node', ...LONGEST } },
      { root, test: { name: 'storage', setupFiles, include: ['tests/storage/**/*.test.ts'], environment: 'node', ...LONGEST } },
      { root, test: { name: 'api', ...SHARED, setupFiles: [...SHARED.setupFiles, 'tests/support/hold-answers-to-document.ts'], include: ['tests/api/**/*.test.ts'], environment: 'node', ...LONGEST } },
    ],
    coverage: {
      provider: 'v8',
      include: ['server/license/**/*.ts'],
      exclude: ['server/license/ports.ts', 'server/license/stored-records.ts'],
      reporter: ['text', 'json-summary'],
      thresholds: { statements: 99 },
    },
  },
})
