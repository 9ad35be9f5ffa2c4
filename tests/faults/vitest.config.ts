import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import type { TestSpecification } from 'vitest/node'
import { BaseSequencer } from 'vitest/node'

/** What takes longest, longest first: begun last, it would go on alone at the end. */
const LONGEST = [
  'crash', 'sockets', 'thirty-days', 'testing-kit', 'visitor', 'replicas', 'replica-years', 'clock-extremes', 'clock', 'postgres-as-run',
  'held-state', 'flood', 'network-silence', 'disk', 'hostile-requests',
]

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const placeOf = ({ moduleId }: TestSpecification) => {
      const place = LONGEST.indexOf(basename(moduleId, '.test.ts'))
      return place === -1 ? LONGEST.length : place
    }
    return files.toSorted((a, b) => placeOf(a) - placeOf(b))
  }
}

/* The long ones: minutes of generated cases, killed processes and shifted clocks. */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  oxc: Object({ tsconfig: false }),
  test: {
    name: 'long',
    include: ['tests/faults/**/*.test.ts'],
    environment: 'node',
    globalSetup: ['tests/faults/begin-long-run.ts'],
    // One of them spends five minutes waiting for a time-out of Node.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    testTimeout: 1_800_000,
    hookTimeout: 60_000,
    reporters: ['default', ['json', { outputFile: 'tests/faults/.results/vitest-long.json' }]],
  },
})
