import { expect, it } from 'vitest'
import { causeOf, codeOf, FileGoneError, getSqliteCode, getSqlState, isStorageCause, STORAGE_CAUSES, WaitedError } from '../../../server/storage/storage-cause.ts'

/* What an operator is told of what a driver threw. */

const sqlite = (errcode: number) => Object.assign(new Error(`SQLite error ${errcode}`), { code: 'ERR_SQLITE_ERROR', errcode })
const postgres = (code: string, message = 'as PostgreSQL words it') => Object.assign(new Error(message), { code, severity: 'FATAL' })
const system = (code: string) => Object.assign(new Error(code), { code, syscall: 'connect' })

it.each<[string, unknown, string]>([
  ['a full disk', sqlite(13), 'disk_full'], ['a full disk', postgres('53100'), 'disk_full'],
  ['a file that may only be read', sqlite(8), 'read_only'], ['a folder that may not be written', sqlite(1544), 'read_only'],
  ['a standby', postgres('25006'), 'read_only'],
  ['a lock', sqlite(5), 'locked'], ['a lock during recovery', sqlite(261), 'locked'], ['a lock', postgres('55P03'), 'locked'],
  ['a wait for one\'s turn', new WaitedError('a turn', 5, 'locked'), 'locked'],
  ['a disk that fails', sqlite(266), 'unreachable'], ['nobody who listens', system('ECONNREFUSED'), 'unreachable'],
  ['a server that stops', postgres('57P01'), 'unreachable'], ['a name that is not found', system('ENOTFOUND'), 'unreachable'],
  ['a wrong password', postgres('28P01'), 'login_refused'], ['an address that is not let in', postgres('28000'), 'login_refused'],
  ['a right that is missing', postgres('42501'), 'no_right'],
  ['a database that is not there', postgres('3D000'), 'schema_missing'], ['a schema that is not there', postgres('3F000'), 'schema_missing'],
  ['a table that is not there', postgres('42P01'), 'schema_missing'],
  ['a table that is not there', Object.assign(sqlite(1), { message: 'no such table: users' }), 'schema_missing'],
  ['a page that is no page', sqlite(11), 'damaged'], ['an index that fits no table', sqlite(779), 'damaged'],
  ['a file that is no database any more', sqlite(26), 'damaged'],
  ['a block that fits no checksum', postgres('XX001'), 'damaged'], ['an index that fits no table', postgres('XX002'), 'damaged'],
  ['an error within the server', postgres('XX000'), 'unreachable'],
  ['a file that is not there any more', new FileGoneError('/a'), 'file_gone'], ['a file that was moved', sqlite(1032), 'file_gone'],
  ['too many connections', postgres('53300'), 'connection_limit'],
  ['too many connections of a pooler', postgres('08P01', 'no more connections allowed (max_client_conn)'), 'connection_limit'],
  ['a password that is missing', new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string'), 'login_refused'],
  ['a user that a pooler does not know', postgres('08P01', 'no such user: nobody'), 'login_refused'],
  ['a database that a pooler does not know', postgres('08P01', 'no such database: none'), 'schema_missing'],
  ['a mistake in a statement', Object.assign(sqlite(1), { message: 'no such column: x' }), 'unreachable'],
  ['words about a table alone', new Error('no such table: users'), 'unreachable'],
])('F89: %s (%s) is %s', (_what, error, cause) => {
  expect(causeOf(error)).toBe(cause)
})

it('F89: the code for the log is the driver\'s own', () => {
  expect([sqlite(1544), postgres('53100'), system('ECONNREFUSED'), new Error('?')].map(codeOf)).toEqual(['SQLITE_1544', '53100', 'ECONNREFUSED', null])
})

it('F89: a code that is no text, and what is no error, have none', () => {
  expect([Object.assign(new Error('?'), { code: 7 }), { code: '53100' }, 'EIO', null].map(codeOf)).toEqual([null, null, null, null])
})

it('a driver\'s code is taken from an error of that driver alone', () => {
  expect([sqlite(13), { errcode: 13 }, Object.assign(new Error('?'), { errcode: '13' }), new Error('?'), undefined].map(getSqliteCode))
    .toEqual([13, undefined, undefined, undefined, undefined])
  const without = (code: unknown) => Object.assign(new Error('?'), { code })
  expect([postgres('53100'), { code: '53100', severity: 'FATAL' }, without('EPIPE'), without(53_100), postgres('ECONNREFUSED'), new Error('?'), undefined].map(getSqlState))
    .toEqual(['53100', undefined, undefined, undefined, undefined, undefined, undefined])
})

it('a cause is one of a closed list', () => {
  expect(STORAGE_CAUSES.map(isStorageCause)).toEqual(STORAGE_CAUSES.map(() => true))
  expect(['', 'full', undefined, 7].map(isStorageCause)).toEqual([false, false, false, false])
})

it('what happened has a name and a sentence', () => {
  expect(String(new WaitedError('an answer', 1499.6, 'unreachable'))).toBe('WaitedError: waited 1500 ms for an answer')
  expect(String(new FileGoneError('/data/license.db')))
    .toBe('FileGoneError: /data/license.db has been deleted, moved or replaced; put the same file back, or restart to go on with what is there')
})
