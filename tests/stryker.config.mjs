/** Mutation testing of the domain and of the license server's client: `npx stryker run tests/stryker.config.mjs`. */
export default {
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'tests/unit/vitest.config.ts', related: false },
  mutate: ['server/license/**/*.ts', '!server/license/ports.ts', 'server/license-server/**/*.ts'],
  // The TypeScript configuration of .nuxt stays: the transform reads it.
  ignorePatterns: ['/.*', '!/.nuxt', '/.nuxt/*', '!/.nuxt/tsconfig*.json', '/app', '/tests/e2e', '/tests/bench', '/coverage', '/test-results'],
  coverageAnalysis: 'perTest',
  ignoreStatic: true,
  concurrency: 2,
  timeoutMS: 10_000,
  reporters: ['clear-text', 'progress'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  thresholds: { high: 95, low: 90, break: 85 },
  tempDirName: '.stryker-tmp',
}
