/** Why a database cannot be used: a closed list, for the log, the readiness check, metrics and the screen. */
export const STORAGE_CAUSES = [
  'disk_full', 'read_only', 'locked', 'unreachable', 'login_refused', 'no_right', 'schema_missing', 'connection_limit', 'row_edited',
  'damaged', 'file_gone',
] as const
export type StorageCause = typeof STORAGE_CAUSES[number]

export function isStorageCause(value: unknown): value is StorageCause {
  return STORAGE_CAUSES.some(cause => cause === value)
}

/** A wait that timed out; all that is known is what it was for. */
export class WaitedError extends Error {
  override readonly name = 'WaitedError'
  readonly storageCause: StorageCause
  constructor(what: string, ms: number, storageCause: StorageCause) {
    super(`waited ${Math.round(ms)} ms for ${what}`)
    this.storageCause = storageCause
  }
}

/** The path no longer leads to the file that is open, so writes would be lost. */
export class FileGoneError extends Error {
  override readonly name = 'FileGoneError'
  constructor(path: string) {
    super(`${path} has been deleted, moved or replaced; put the same file back, or restart to go on with what is there`)
  }
}

/** SQLite's own code for that, used only where there is no write-ahead log. */
const SQLITE_READONLY_DBMOVED = 1032

/** Primary result codes (sqlite.org/rescode.html). A code that is not listed is not the fault of the file's surroundings. */
const SQLITE: Readonly<Record<number, StorageCause>> = {
  3: 'no_right', // PERM
  5: 'locked', // BUSY
  6: 'locked', // LOCKED
  8: 'read_only', // READONLY
  11: 'damaged', // CORRUPT
  13: 'disk_full', // FULL
  15: 'locked', // PROTOCOL
  26: 'damaged', // NOTADB
}

/** SQLSTATEs and their classes (PostgreSQL appendix A); the longer one wins. */
const POSTGRES: Readonly<Record<string, StorageCause>> = {
  '25006': 'read_only', '28': 'login_refused', '3D': 'schema_missing', '3F': 'schema_missing', '42P01': 'schema_missing',
  '40': 'locked', '42501': 'no_right', '53100': 'disk_full', '53300': 'connection_limit', '55P03': 'locked',
  'XX001': 'damaged', 'XX002': 'damaged',
}
/** What poolers in front of PostgreSQL say when they are full, under a code that says nothing. */
export const POOLER_IS_FULL = /no more connections allowed|too many (?:clients|connections)/i
/** The driver's word for a password that is missing, and poolers' for a user or a password that is wrong. */
const LOGIN_REFUSED = /^SASL: .*password must be|^(?:no such user|SASL authentication failed|password authentication failed)/
const DATABASE_MISSING = /^no such database|^database ".*" does not exist/

/** Names the cause of a driver's error, in terms of what an operator can mend. */
export function causeOf(error: unknown): StorageCause {
  if (error instanceof WaitedError) return error.storageCause
  if (error instanceof FileGoneError || getSqliteCode(error) === SQLITE_READONLY_DBMOVED) return 'file_gone'
  if (isMissingTable(error)) return 'schema_missing'
  const sqlite = getSqliteCode(error)
  if (sqlite !== undefined) return SQLITE[sqlite & 0xff] ?? 'unreachable'
  if (error instanceof Error && POOLER_IS_FULL.test(error.message)) return 'connection_limit'
  if (error instanceof Error && LOGIN_REFUSED.test(error.message)) return 'login_refused'
  if (error instanceof Error && DATABASE_MISSING.test(error.message)) return 'schema_missing'
  const state = getSqlState(error) ?? ''
  return POSTGRES[state] ?? POSTGRES[state.slice(0, 2)] ?? 'unreachable'
}

/** The driver's own code, for the log: SQLite's result code, an SQLSTATE or an errno. */
export function codeOf(error: unknown): string | null {
  const sqlite = getSqliteCode(error)
  if (sqlite !== undefined) return `SQLITE_${sqlite}`
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null
}

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

/** Whether the error says that a table is missing. */
export function isMissingTable(error: unknown): boolean {
  if (getSqlState(error) === '42P01') return true
  return getSqliteCode(error) === SQLITE_ERROR && error instanceof Error && error.message.startsWith('no such table')
}
