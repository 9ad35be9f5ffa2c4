import { describe, expect, it } from 'vitest'
import { LicenseError } from '../../../server/license/errors.ts'
import { FileGoneError, WaitedError } from '../../../server/storage/storage-cause.ts'
import { isConnectionTrouble, StorageOpenError, toStorageError, unavailable } from '../../../server/storage/storage-error.ts'

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

/** As PostgreSQL says it, through pg. */
const postgres = (code: string) => Object.assign(new Error('as PostgreSQL words it'), { code, severity: 'ERROR' })

describe('what PostgreSQL says', () => {
  it.each([
    '08006', '28000', '28P01', '3D000', '3F000', '40001', '40P01', '53100', '53300', '57014', '57P01', '58030', 'XX000', 'XX001',
    '25006', '25P03', '25P04', '42501', '55P03', '42P01',
  ])('%s is STORAGE_UNAVAILABLE; whether the connection is lost is for the driver to say', (code) => {
    const cause = postgres(code)
    expect(toStorageError(cause)).toMatchObject({ code: 'STORAGE_UNAVAILABLE', cause })
    expect(isConnectionTrouble(cause)).toBe(false)
  })

  it.each(['22001', '23505', '25001', '42601', '42703', '55000'])('%s, a mistake in this program, stays what it is', (code) => {
    const cause = postgres(code)
    expect(toStorageError(cause)).toBe(cause)
  })
})

describe('what comes without a word of PostgreSQL', () => {
  it.each<[string, Error]>([
    ['an answer of the system', Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' })],
    ['TLS that is not spoken', Object.assign(new Error('wrong version number'), { code: 'EPROTO' })],
    ['a certificate of another name', Object.assign(new Error('altnames'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })],
    ['a handshake that fails', Object.assign(new Error('alert'), { code: 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA' })],
    ['a connection that ended', new Error('Connection terminated unexpectedly')], ['no answer', new Error('Query read timeout')],
    ['one that was closed', new Error('Client was closed and is not queryable')],
    ['one that failed', new Error('Client has encountered a connection error and is not queryable')],
    ['none in time', new Error('timeout exceeded when trying to connect')], ['a pool that is closed', new Error('Cannot use a pool after calling end on the pool')],
  ])('%s is STORAGE_UNAVAILABLE, and the connection is not used again', (_, cause) => {
    expect(isConnectionTrouble(cause)).toBe(true)
    expect(toStorageError(cause)).toMatchObject({ code: 'STORAGE_UNAVAILABLE', cause })
  })

  it.each<[string, unknown]>([
    ['an error of ours', new TypeError('x is not a function')], ['one with a code of Node\'s own', Object.assign(new Error('no'), { code: 'ERR_INVALID_ARG_TYPE' })],
    ['one that only mentions TLS', Object.assign(new Error('no'), { code: 'NOT_ERR_TLS' })], ['a code alone', Object.assign(new Error('no'), { code: 'ECONNREFUSED' })],
    ['a call alone', Object.assign(new Error('no'), { syscall: 'connect' })], ['a code that is a number', Object.assign(new Error('no'), { code: 7 })],
    ['what is no error', 'Connection terminated'],
  ])('%s stays what it is', (_, cause) => {
    expect(isConnectionTrouble(cause)).toBe(false)
    expect(toStorageError(cause)).toBe(cause)
  })

  it.each([new WaitedError('an answer', 1500, 'unreachable'), new FileGoneError('/data/license.db')])('%s is STORAGE_UNAVAILABLE', (cause) => {
    expect(toStorageError(cause)).toMatchObject({ code: 'STORAGE_UNAVAILABLE', cause })
  })
})

it('what has been translated stays as it is', () => {
  const translated = [new LicenseError('STORAGE_UNAVAILABLE'), new StorageOpenError('It cannot be opened.')]
  for (const error of translated) expect(toStorageError(error)).toBe(error)
  expect(String(translated[1])).toBe('StorageOpenError: It cannot be opened.')
})

it('a word for the caller is told only where there is one', () => {
  expect(unavailable('why', 'locked')).toMatchObject({ cause: 'why', details: { cause: 'locked' } })
  expect(unavailable('why').details).toEqual(new LicenseError('STORAGE_UNAVAILABLE').details)
})
