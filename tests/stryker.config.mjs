/** What is mutated, room by room: `npm run mutation`, or `npm run mutation -- accounts` for one of them. */
const ROOMS = {
  'license': ['server/license/**/*.ts', '!server/license/ports.ts', '!server/license/stored-records.ts'],
  'license-server': ['server/license-server/**/*.ts'],
  'accounts': ['server/accounts/**/*.ts', '!server/accounts/ports.ts'],
  'http': ['server/http/**/*.ts', '!server/http/starting-page.ts', '!server/http/openapi.ts'],
  // Without what opens PostgreSQL: most of its tests take too long to be run for every mutant.
  'storage': ['server/storage/**/*.ts', '!server/storage/schema.ts', '!server/storage/open-postgres.ts', '!server/storage/postgres-pool.ts'],
}
/** The room whose tests are no unit tests, hence a run of its own. */
const { storage: _, ...UNITS } = ROOMS
const { ROOM } = process.env
if (ROOM && !Object.hasOwn(ROOMS, ROOM)) throw new Error(`${ROOM} is none of ${Object.keys(ROOMS).join(', ')}`)

export default {
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: ROOM === 'storage' ? 'tests/storage/mutation.vitest.config.ts' : 'tests/unit/vitest.config.ts', related: false },
  mutate: ROOM ? ROOMS[ROOM] : Object.values(UNITS).flat(),
  // The TypeScript configuration of .nuxt stays: the transform reads it.
  ignorePatterns: ['/.*', '!/.nuxt', '/.nuxt/*', '!/.nuxt/tsconfig*.json', '/tests/e2e', '/tests/bench', '/coverage', '/test-results'],
  coverageAnalysis: 'perTest',
  ignoreStatic: true,
  concurrency: 2,
  timeoutMS: 10_000,
  reporters: ['clear-text', 'progress'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  thresholds: { high: 95, low: 90, break: 85 },
  tempDirName: '.stryker-tmp',
}
