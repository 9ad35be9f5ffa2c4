import { describe, expect, it } from 'vitest'
import { LicenseError } from '../../../server/license/errors.ts'
import { toStorageError } from '../../../server/storage/storage-error.ts'

/** As node:sqlite throws it. */
function sqliteError(errcode: number): Error {
  return Object.assign(new Error(`SQLite error ${errcode}`), { code: 'ERR_SQLITE_ERROR', errcode, errstr: 'as SQLite words it' })
}

/** Result codes (sqlite.org/rescode.html): the low byte is the primary one, the rest says what exactly happened. */
const TROUBLE: [string, number][] = [
  ['IOERR', 10], ['IOERR_READ', 266], ['IOERR_SHORT_READ', 522], ['IOERR_WRITE', 778], ['IOERR_FSYNC', 1034], ['IOERR_DIR_FSYNC', 1290],
  ['IOERR_TRUNCATE', 1546], ['IOERR_FSTAT', 1802], ['IOERR_LOCK', 3850], ['IOERR_CLOSE', 4106], ['IOERR_SHMOPEN', 4618], ['IOERR_SHMSIZE', 4874],
  ['IOERR_SHMMAP', 5386], ['IOERR_DATA', 8202], ['IOERR_CORRUPTFS', 8458], ['IOERR_IN_PAGE', 8714],
  ['FULL', 13],
  ['READONLY', 8], ['READONLY_RECOVERY', 264], ['READONLY_CANTLOCK', 520], ['READONLY_ROLLBACK', 776], ['READONLY_DBMOVED', 1032],
  ['READONLY_CANTINIT', 1288], ['READONLY_DIRECTORY', 1544],
  ['CANTOPEN', 14], ['PERM', 3], ['NOMEM', 7],
]
const LOCKS: [string, number][] = [['BUSY', 5], ['BUSY_RECOVERY', 261], ['BUSY_SNAPSHOT', 517], ['LOCKED', 6], ['PROTOCOL', 15]]
const MISTAKES: [string, number][] = [
  ['ERROR', 1], ['ERROR_MISSING_COLLSEQ', 257], ['CONSTRAINT_CHECK', 275], ['CONSTRAINT_UNIQUE', 2067], ['MISMATCH', 20], ['MISUSE', 21], ['RANGE', 25],
]

describe('what SQLite throws', () => {
  it.each(TROUBLE)('F62: SQLITE_%s (%i) is STORAGE_UNAVAILABLE, with its cause for the log', (_, errcode) => {
    const cause = sqliteError(errcode)
    const error = toStorageError(cause)
    expect(error).toBeInstanceOf(LicenseError)
    expect(error).toMatchObject({ code: 'STORAGE_UNAVAILABLE', cause })
  })

  it.each(LOCKS)('F67: SQLITE_%s (%i) is STORAGE_UNAVAILABLE', (_, errcode) => {
    expect(toStorageError(sqliteError(errcode))).toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
  })

  it.each(MISTAKES)('SQLITE_%s (%i), a mistake in this program, stays what it is', (_, errcode) => {
    const cause = sqliteError(errcode)
    expect(toStorageError(cause)).toBe(cause)
  })
})
