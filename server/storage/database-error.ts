/* What drivers throw, read without believing that it is what it looks like. */

const SQLSTATE = /^[0-9A-Z]{5}$/
const SQLITE_ERROR = 1

/** The SQLite result code of what a driver threw, with the extended bits, if it has one. */
export function getSqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined
  return typeof error.errcode === 'number' ? error.errcode : undefined
}

/** The SQLSTATE of what a driver threw, if the PostgreSQL server sent one. */
export function getSqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' && SQLSTATE.test(error.code) && 'severity' in error ? error.code : undefined
}

/** Whether a table is not there that a migration has made. */
export function isMissingTable(error: unknown): boolean {
  if (getSqlState(error) === '42P01') return true
  return getSqliteCode(error) === SQLITE_ERROR && error instanceof Error && error.message.startsWith('no such table')
}
