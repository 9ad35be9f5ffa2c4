import { createHealthMonitor, type HealthMonitor } from '../../server/storage/storage-health.ts'

/** The health of a database that a test opens by itself, told to nobody. */
export function unwatched(): HealthMonitor {
  return createHealthMonitor({ log: undefined, waitMeans: 'locked', quickMs: 250 })
}
