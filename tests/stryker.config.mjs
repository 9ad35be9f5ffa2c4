/*
 * Mutation testing by room: `npm run mutation -- storage http`, or the domain and the license server's client without a word.
 * A mutant that survives is a change that no test minds.
 */

const UNIT = 'tests/unit/vitest.config.ts'

/** What is changed in each room, and which tests have to notice. */
export const ROOMS = {
  'license': { mutate: ['server/license/**/*.ts', '!server/license/ports.ts'], tests: UNIT },
  'license-server': { mutate: ['server/license-server/**/*.ts'], tests: UNIT },
  'accounts': { mutate: ['server/accounts/**/*.ts', '!server/accounts/ports.ts'], tests: UNIT },
  'http': { mutate: ['server/http/**/*.ts'], tests: UNIT },
  // On SQLite and in memory: a PostgreSQL server for every mutant would take a day.
  'storage': {
    mutate: ['server/storage/**/*.ts', '!server/storage/schema.ts', '!server/storage/open-postgres.ts', '!server/storage/postgres-pool.ts'],
    tests: 'tests/storage/mutation.vitest.config.ts',
  },
}

const asked = (process.env.MUTATION_ROOMS ?? 'license license-server').split(' ').filter(Boolean)
const rooms = asked.map((name) => {
  if (!Object.hasOwn(ROOMS, name)) throw new Error(`no room is called ${name}: ${Object.keys(ROOMS).join(', ')}`)
  return ROOMS[name]
})
const [tests, ...others] = new Set(rooms.map(room => room.tests))
if (others.length > 0) throw new Error('these rooms have tests of their own: one run each')

export default {
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: tests, related: false },
  mutate: rooms.flatMap(room => room.mutate),
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
