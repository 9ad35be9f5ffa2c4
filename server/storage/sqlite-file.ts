import { accessSync, closeSync, constants, existsSync, fstatSync, mkdirSync, openSync, readSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FileGoneError } from './storage-cause.ts'
import { StorageOpenError } from './storage-error.ts'

/** Stands in the header of every database file of ours (sqlite.org/fileformat.html, offset 68): "NCLA". */
export const APPLICATION_ID = 0x4e434c41
const MAGIC = 'SQLite format 3\0'
const HEADER_LENGTH = 100
const PAGE_SIZE_OFFSET = 16
const WRITE_VERSION_OFFSET = 18
const WRITE_AHEAD_LOG = 2
const APPLICATION_ID_OFFSET = 68
const RESERVED_OFFSET = 72
const RESERVED_LENGTH = 20
/** More than the longest save writes. */
const TRIAL_SIZE = 262_144

/** Takes a `file:` URL, relative ones to `baseDir`; returns the absolute path. */
export function toDatabasePath(url: string, baseDir: string): string {
  const path = url.slice('file:'.length)
  if (path === '' || path.endsWith('/') || /[?#\0]/.test(path)) {
    throw new StorageOpenError('The database address must be file: followed by the path of a file, without parameters.')
  }
  try {
    return path.startsWith('//') ? fileURLToPath(url) : resolve(baseDir, decodeURIComponent(path))
  } catch (cause) {
    throw new StorageOpenError('The database address is not a file: URL that names a path on this machine.', { cause })
  }
}

/** Makes the file, empty and readable by nobody else, and its folder, if there is none; returns whether it did. */
export function createIfMissing(path: string): boolean {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    // Not by SQLite: its mode would follow the umask, and another start must not take it for its own.
    closeSync(openSync(path, 'wx', 0o600))
    return true
  } catch (cause) {
    if (isCode(cause, 'EEXIST')) return false
    throw new StorageOpenError(`The database file ${path} cannot be created (${describe(cause)}).`, { cause })
  }
}

/**
 * Looks at the file's first bytes, without SQLite, which might already change it. Returns whether it is empty, and whether
 * it is one with a write-ahead log; rejects with `StorageOpenError` unless it is empty or a database file of ours.
 */
export function requireOurFile(path: string): { empty: boolean, logged: boolean } {
  const { size, header } = readHeader(path)
  if (size === 0) return { empty: true, logged: false }
  if (header.length < HEADER_LENGTH || header.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    throw new StorageOpenError(`The file ${path} is not a database, or a damaged one; it was left as it is.`)
  }
  if (header.readUInt32BE(APPLICATION_ID_OFFSET) !== APPLICATION_ID) {
    throw new StorageOpenError(`The database file ${path} belongs to another program; it was left as it is.`)
  }
  // SQLite looks neither at these, which are zero in a sound header, nor at a last page that was cut short. While there
  // is a log or a journal, though, that page may be whole in it (the disk filled up while it was copied).
  const reserved = header.subarray(RESERVED_OFFSET, RESERVED_OFFSET + RESERVED_LENGTH)
  const cut = size % toPageSize(header.readUInt16BE(PAGE_SIZE_OFFSET)) !== 0
    && !existsSync(`${path}-wal`) && !existsSync(`${path}-journal`)
  if (cut || reserved.some(byte => byte !== 0)) throw damaged(path)
  return { empty: false, logged: header[WRITE_VERSION_OFFSET] === WRITE_AHEAD_LOG }
}

/** 65,536 does not fit the header's two bytes and is written as 1. Anything but a power of two is left to SQLite. */
function toPageSize(field: number): number {
  return field === 1 ? 65_536 : Math.max(field, 1)
}

function readHeader(path: string): { size: number, header: Buffer } {
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    const stat = fstatSync(file)
    if (!stat.isFile()) throw new StorageOpenError(`The database file ${path} is not a file.`)
    const header = Buffer.alloc(HEADER_LENGTH)
    return { size: stat.size, header: header.subarray(0, readSync(file, header, 0, HEADER_LENGTH, 0)) }
  } catch (cause) {
    if (cause instanceof StorageOpenError) throw cause
    throw new StorageOpenError(`The database file ${path} cannot be read (${describe(cause)}).`, { cause })
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

export function damaged(path: string, cause?: unknown): StorageOpenError {
  return new StorageOpenError(
    `The database file ${path} is damaged; it was left as it is: restore it from a backup.`, { cause },
  )
}

export function withoutItsLog(path: string): StorageOpenError {
  return new StorageOpenError(
    `The database file ${path} was copied without ${path}-wal, where everything was that had been stored, and was left as it is: `
    + 'restore both files, copied while the server was stopped, or delete it if nothing was ever activated on it.',
  )
}

/** Whether a few saves have room on the disk of that file: tried, for a quota shows in no figure. */
export function hasRoomBeside(path: string): boolean {
  const trial = `${path}-room`
  try {
    writeFileSync(trial, Buffer.alloc(TRIAL_SIZE), { mode: 0o600 })
    return true
  } catch {
    return false
  } finally {
    rmSync(trial, { force: true })
  }
}

/** Whether the file is there and may only be read: its disk was mounted anew, say. */
export function isReadOnlyFile(path: string): boolean {
  try {
    accessSync(path, constants.R_OK)
  } catch {
    return false
  }
  try {
    accessSync(path, constants.W_OK)
    return false
  } catch {
    return true
  }
}

/**
 * Keeps in mind which file the path leads to now, right after it was opened; the check throws `FileGoneError` when it leads
 * to none or to another. An open file keeps its number, so no other can have it.
 */
export function rememberFile(path: string): () => void {
  const opened = identify(path)
  return () => {
    const found = identify(path)
    if (found !== opened && found !== UNKNOWN && opened !== UNKNOWN) throw new FileGoneError(path)
  }
}

const UNKNOWN = 'unknown'

/** Without opening it: closing it again would drop the locks that SQLite holds in this process. */
function identify(path: string): string {
  try {
    const { dev, ino } = statSync(path, { bigint: true })
    return `${dev}:${ino}`
  } catch (error) {
    return isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR') ? 'none' : UNKNOWN
  }
}

/** A system error in few words, for the operator. */
export function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
