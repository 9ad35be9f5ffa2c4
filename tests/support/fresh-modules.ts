import { vi } from 'vitest'

/* For test files that share a process: each evaluates our modules anew, so that none sees what another left in them. */

vi.resetModules()
