import { LicenseError } from '../license/errors.ts'
import { FileGoneError, getSqliteCode, getSqlState, isMissingTable, WaitedError, type StorageCause } from './storage-cause.ts'

/** Why a database cannot be used until an operator acts; `message` is one sentence for them. Nothing was changed. */
export class StorageOpenError extends Error {
  override readonly name = 'StorageOpenError'
}

/** Primary result codes (sqlite.org/rescode.html) that speak of the file, the disk or another process. */
const SQLITE_UNAVAILABLE = new Set([
  3, // PERM
  5, // BUSY
  6, // LOCKED
  7, // NOMEM
  8, // READONLY
  10, // IOERR
  11, // CORRUPT
  13, // FULL
  14, // CANTOPEN
  15, // PROTOCOL
  26, // NOTADB
])

/**
 * SQLSTATE classes and codes (PostgreSQL appendix A): connection, authorization, missing database or schema, standby that
 * takes no writes, transaction rolled back, resources, operator intervention, system and internal errors; lock and privilege.
 */
const POSTGRES_UNAVAILABLE = /^(?:08|28|3D|3F|40|53|57|58|XX)|^(?:25006|25P03|25P04|42501|55P03)$/
/** Messages of pg and pg-pool that come without a code. */
const CONNECTION_TROUBLE =
  /^(?:Connection terminated|Query read timeout|Client (?:was closed|has encountered)|timeout e|Cannot use a pool)/

/** Whether the connection is lost or unusable, so that nothing else may be sent on it. */
export function isConnectionTrouble(error: unknown): boolean {
  if (!(error instanceof Error) || getSqlState(error) !== undefined) return false
  return CONNECTION_TROUBLE.test(error.message) || ('syscall' in error && 'code' in error) || isTlsError(error)
}

function isTlsError(error: Error): boolean {
  return 'code' in error && typeof error.code === 'string' && /^(?:ERR_TLS|ERR_SSL|EPROTO)/.test(error.code)
}

/**
 * Translates what a database call threw: `STORAGE_UNAVAILABLE`, with the error as its cause, if the database cannot be reached,
 * written or waited for any longer. Anything else is a mistake in this program, and stays as it is.
 */
export function toStorageError(error: unknown): unknown {
  if (error instanceof LicenseError || error instanceof StorageOpenError) return error
  // Migrations have created every table, so a missing one has been dropped, or the search path leads elsewhere.
  if (error instanceof WaitedError || error instanceof FileGoneError || isMissingTable(error)) return unavailable(error)
  const sqlite = getSqliteCode(error)
  if (sqlite !== undefined) return SQLITE_UNAVAILABLE.has(sqlite & 0xff) ? unavailable(error) : error
  const state = getSqlState(error)
  if (state !== undefined) return POSTGRES_UNAVAILABLE.test(state) ? unavailable(error) : error
  return isConnectionTrouble(error) ? unavailable(error) : error
}

/** `STORAGE_UNAVAILABLE` with a driver's error as its cause, and `word` for the caller if given. */
export function unavailable(cause: unknown, word?: StorageCause): LicenseError {
  return new LicenseError('STORAGE_UNAVAILABLE', { cause, ...(word === undefined ? {} : { details: { cause: word } }) })
}
