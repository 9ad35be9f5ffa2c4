import type { Log } from '../license/ports.ts'
import { openPostgres } from './open-postgres.ts'
import { openSqlite, openSqliteInMemory } from './open-sqlite.ts'
import type { Storage } from './storage.ts'
import { StorageOpenError } from './storage-error.ts'

export type { Storage } from './storage.ts'
export type { StorageCause } from './storage-cause.ts'
export { causeOf, codeOf, isStorageCause } from './storage-cause.ts'
export type { RateWindows } from './rate-windows.ts'
export type { Replica, Replicas } from './replicas.ts'
export type { StorageHealth } from './storage-health.ts'
export { peekMethod } from './peek.ts'
export { postgresRemedy } from './postgres-remedy.ts'
export { StorageOpenError } from './storage-error.ts'

/** The address of a database that ends with the process. */
export const IN_MEMORY = 'file::memory:'

export interface StorageOptions { url: string, baseDir: string, log?: Log, version?: string }

/**
 * Opens the database of a `file:` (relative to `baseDir`, or `IN_MEMORY`) or `postgres:` URL and brings its tables up to date. Rejects with
 * `StorageOpenError` (one sentence for the operator; nothing was changed) or, if trying again can help, with
 * `STORAGE_UNAVAILABLE`. Later trouble is reported to `log`. `version`: of this product, to be told from newer ones.
 */
export async function openStorage({ url, baseDir, log, version }: StorageOptions): Promise<Storage> {
  if (url === IN_MEMORY) return openSqliteInMemory({ log })
  if (url.startsWith('file:')) return openSqlite({ url, baseDir, log, version })
  if (/^postgres(?:ql)?:\/\//.test(url)) return openPostgres({ url, log, version })
  throw new StorageOpenError('The database address must start with file: or postgres://.')
}
